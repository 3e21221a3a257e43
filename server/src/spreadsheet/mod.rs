//! Spreadsheets as people save them: any encoding, delimiter and line end, columns named in three languages.
//!
//! A file is [read](reading) row by row, so that its size does not matter; its [columns] are recognized by their usual
//! names ([roles]) or named by flags.

pub mod columns;
pub mod reading;
pub mod roles;
mod text;
