//! Registering everyone of a spreadsheet: [the run](run()) itself, [on a terminal](command) and [over HTTP](routes).
//!
//! A row is registered in the transaction that writes down that it was, so a run that was cut off goes on where it stopped
//! and no row is registered twice. The same file, read with the same columns into the same program, is the same import.

pub mod command;
mod file;
pub mod routes;
mod run;

pub use file::{File, read};
pub use run::{Began, ImportError, Row, Tally, begin, foreseen, rows, run, tally};

#[cfg(test)]
mod tests;
