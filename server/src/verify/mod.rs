//! verify

pub mod command;
