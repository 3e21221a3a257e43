//! Pairs of which the matcher could not tell whether they are one person, for a person to decide.

pub mod command;
mod queue;

pub use queue::{Pair, list, merge, reject};
