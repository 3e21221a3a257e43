//! One file a benchmark.

pub mod decode;
pub mod dhis2;
pub mod febrl;
pub mod issue;
pub mod looks;
pub mod matching;
pub mod mpi;
pub mod names;
pub mod registry;
pub mod render;
pub mod store;
pub mod sync;
pub mod verify;
mod world;
