//! keys

pub mod command;
