//! Single cards from the command line: one made from given facts, one taken apart. Batches are a campaign's work.

pub mod command;
mod make;
mod show;
