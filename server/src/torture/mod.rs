//! Work without pause that says what is safe on the disk, for tests that crash the program, the machine or the power.

pub mod command;
mod people;
#[cfg(feature = "phone")]
mod phone;
