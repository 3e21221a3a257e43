//! Who is in this spreadsheet twice, or in both of two? For anyone with a CSV file, without a server.
//!
//! A file is [read](reading) whatever its encoding and delimiter, its [columns] are recognized by their usual names or
//! named by flags, each row becomes a person or a [reported](rows) fault, and the matcher of the core says the rest.
//! Nothing leaves the machine.

pub mod columns;
pub mod command;
mod join;
mod output;
pub mod reading;
pub mod rows;
