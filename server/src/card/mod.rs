//! card

pub mod command;
