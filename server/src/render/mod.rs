//! Cards from a spreadsheet: pictures, pages and archives, without a server or a database.
//!
//! The [design](design) is resolved once. Each row becomes [a person's card](people), signed with the campaign's key;
//! [threads](line) draw cards and [read their codes back](shop), and their work comes out in the order of the rows.
//! [Files](staging) appear in the folder when all are complete: a run that is interrupted leaves nothing behind, and may
//! be repeated.

pub mod command;
mod design;
pub mod flags;
pub mod line;
pub mod output;
pub mod people;
pub mod preview;
mod report;
pub mod shop;
pub mod staging;
