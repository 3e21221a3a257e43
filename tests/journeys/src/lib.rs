//! Journeys across the parts: phones and a server, each as it is shipped, over a real connection.
//!
//! [`office`] is a server on a port of its own, over either database; [`handset`] a phone with its files; [`kill`] lets both
//! work and ends them at random moments, as a power cut would.

pub mod handset;
pub mod kill;
pub mod office;
