//! ZIP archives of cards, written front to back: nothing is sought, nothing deflated again, and memory does not grow
//! with the number of entries.
//!
//! A PNG is compressed already, so entries are *stored*. Their size and checksum are known before they are written and
//! stand in front of the data, so that readers that take an archive as a stream understand it too (a data descriptor
//! behind a stored entry, which streaming libraries write, is refused by many). The central directory is spooled to a
//! nameless file until the end. ZIP64 records appear where the format needs them (APPNOTE 6.3.10, 4.3.14 and 4.5.3):
//! from 65,535 entries and from 4 GiB on.
//!
//! [`Archive`] writes entries; [`Names`] makes their names safe; [`Package`] is the archive of a batch, with its
//! spreadsheet and a manifest that `sha256sum -c` checks.

mod names;
mod package;
mod records;
#[cfg(test)]
mod tests;
mod writer;

pub use names::{Names, safe};
pub use package::Package;
pub use writer::{Archive, ZipError};
