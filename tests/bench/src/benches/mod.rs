//! One file for each bench.

pub mod febrl;
pub mod registry;
pub mod verify;
mod world;
