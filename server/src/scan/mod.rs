//! scan

pub mod command;
