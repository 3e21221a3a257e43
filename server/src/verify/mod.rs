//! The verdict on a text from the command line, by the code that phones run.

pub mod command;
pub mod report;
pub mod source;
