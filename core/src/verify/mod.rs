//! From a scanned text to a verdict, with no network: is the card genuine, not revoked, and for which campaign.
//!
//! [`scan()`] walks down the table of verdicts and stops at the first that applies; [`typed()`] gives the same verdicts for a
//! card code or an MPI id that was typed because the QR code is damaged. A [`Verdict`] says what was found and how old
//! the knowledge is ([`Knowledge`]); it never says who holds the card.

mod knowledge;
mod scan;
mod typed;
mod verdict;

pub use knowledge::{ClockFloor, Knowledge};
pub(crate) use scan::judge;
pub use scan::{Holders, Post, scan};
pub use typed::{TypedError, read_typed, typed};
pub(crate) use verdict::CARD_PURPOSE;
pub use verdict::{CheckOnline, Finding, ForeignOrStale, GenuineCard, Verdict};

#[cfg(test)]
mod tests;
