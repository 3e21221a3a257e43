//! bundle

pub mod command;
