//! The bundle that phones carry, from the command line: built from files, looked into, carried forward by deltas, checked.

mod build;
pub mod command;
mod delta;
mod inspect;
mod people;
mod store;
mod verify;

#[cfg(test)]
mod tests;
