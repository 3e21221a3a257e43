//! What an agent does on a phone: registering, correcting, giving cards, serving. Each is a fact for the server.
//!
//! A [`Desk`] does one thing in one commit: it writes what was done ([`Record`]), the sealed packet for the server, the
//! reserved id that was used and the next sequence number together, so that a phone that dies at any moment has done all
//! of it or nothing. What the server answers is taken into the records by [`absorb`].

mod absorb;
mod cards;
mod correct;
mod desk;
mod draft;
mod pool;
mod record;
mod save;
mod serve;
#[cfg(test)]
mod tests;

pub use absorb::{Absorbed, absorb};
pub use cards::Replacement;
pub use desk::{Desk, RegisterError, handover};
pub use draft::{Draft, DraftError};
pub use pool::{codes_left, put_pool};
pub use record::{Record, records};
pub use save::Saved;
pub use serve::Serving;
