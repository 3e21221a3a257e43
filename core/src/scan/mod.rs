//! From a scanned or typed code to a verdict, with what the phone has on its disk and nothing else.
//!
//! [`Lists`] opens the signed part of the newest bundle, which may still be coming: trust and status are enough to scan
//! with. [`Eyes`] add what only this phone knows: cards that it bound, replaced or revoked and that no list names yet
//! ([`CardNote`]), and who was served in a round already. What was seen is logged without anything about a person.

mod cards;
mod lists;
mod log;
mod look;
mod served;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use cards::{CardKey, CardNote, CardState, note_of, put_note};
pub use lists::Lists;
pub use log::{LogEntry, MOST_LOGGED, log, logged};
pub use look::{Eyes, Seen};
pub use served::{ServedNote, put_served, served_before};
