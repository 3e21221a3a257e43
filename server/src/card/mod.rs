//! Cards: single ones from the command line, made from given facts or taken apart, and the rows that the server keeps of
//! all cards: by the hashes of their tokens and codes, with what became of them. A batch is drawn by `teranga render`.

pub mod bind;
pub mod command;
mod import;
pub mod issue;
pub mod live;
mod make;
mod reason;
pub mod records;
mod revoke;
mod show;
mod standing;
pub mod store;

pub use reason::{NoReason, Reason};
pub use standing::{Day, Standing};

#[cfg(test)]
mod tests;
