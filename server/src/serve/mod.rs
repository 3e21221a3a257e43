//! `teranga serve`, the server as a process, and `teranga worker`. It opens what it needs, listens, and stops without breaking a request off.

pub mod command;
mod connections;
mod first;
mod log;
pub mod migrate;
mod public;
mod share;
pub mod worker;

pub use command::start;
pub use first::FirstStart;
