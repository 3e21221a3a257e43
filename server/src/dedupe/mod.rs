//! Who is in this spreadsheet twice, or in both of two? For anyone with a CSV file, without a server.
//!
//! A [spreadsheet](crate::spreadsheet) is read whatever its encoding, delimiter and column names, each row becomes a
//! person or a [reported](rows) fault, and the matcher of the core says the rest.
//! Nothing leaves the machine.

pub mod command;
mod join;
mod output;
pub mod rows;
