//! dedupe

pub mod command;
