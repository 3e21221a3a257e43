//! Pairs of which the matcher could not tell whether they are one person, for a person to decide.

pub mod command;
pub mod dto;
mod queue;
pub mod routes;

pub use queue::{Pair, list, merge, reject};
