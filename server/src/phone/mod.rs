//! A phone in the terminal: for pilots, and for trying everything without one. It is the engine that the apps run.
//!
//! [`command`] says what there is, [`open`] finds the phone's folder and its user, [`work`] does what an agent does, and
//! [`show`] says it in words or as JSON.

pub mod command;
mod open;
mod show;
mod work;
