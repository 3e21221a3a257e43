//! demo

pub mod command;
