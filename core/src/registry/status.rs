//! What the registry answers about a card, in whatever form it is held: status lists and deltas on a phone, a table on
//! the server, a map in a test.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::card::key::Kid;
use crate::card::token::TokenHash;

/// What is known of a card whose signature is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// A list covers it, and it is not revoked there nor in a later delta.
    Good,
    /// Revoked, alone or with its whole lot.
    Revoked {
        /// The day of the list or delta that says so: it was revoked on that day or before.
        by: Date,
    },
    /// Issued after the day that the newest list covers, or no list covers its key: only deltas were asked, and none
    /// names it.
    NewerThanList,
}

/// How old the knowledge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Freshness {
    /// When the newest list or delta was signed.
    pub as_of: Timestamp,
    /// When the next one was to be expected.
    pub next_update: Timestamp,
}

/// Whoever can say what became of a card.
pub trait Statuses {
    /// The status of a genuine card, by its token's hash, its date of issue and the key that signed it.
    fn status(&self, token: &TokenHash, issued: Date, kid: Kid) -> Status;

    /// How old the answers are; none when there is no list at all.
    fn freshness(&self) -> Option<Freshness>;
}
