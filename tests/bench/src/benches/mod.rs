//! One file for each bench.

pub mod registry;
pub mod verify;
mod world;
