//! The status list: for every card issued before a midnight, revoked or not.
//!
//! ```text
//! signed (see `signed`), context "teranga/status-list/v1"
//! body = [ version (1), number, covers before (day since 1970-01-01), issued, next update (seconds since 1970-01-01),
//!          withdrawn keys, filter ]
//! ```
//! The server signs no card whose day of issue lies before a `covers_before` that it has published. A card issued on or
//! after it is not in the filter, which is then not asked. The list says *that* a card is revoked, not since when: a date
//! for each would cost more than the rest of it. Deltas carry the day.

use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::filter::{Filter, FilterError, Key};
use super::signed::{self, SignedError};
use super::withdrawn::{self, Withdrawn};
use crate::card::cbor::{CborError, Reader, Writer};
use crate::card::key::{Context, Kid};
use crate::card::signing::{SignatureError, SigningKey};
use crate::card::trust::TrustList;
use crate::clock::{date_of_day, day_number};

/// The longest signed list, bytes: far more than a billion cards of which one in a hundred is revoked.
pub const MAX_BYTES: usize = 64 << 20;

const VERSION: u64 = 1;

/// The status of every card issued before a midnight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    /// Counts up from 1 with each list.
    pub number: u64,
    /// The list speaks of the cards whose day of issue is before this one.
    pub covers_before: Date,
    /// When it was signed, to the second.
    pub issued: Timestamp,
    /// When the next one is due, to the second. A list past it still counts; only its age is said.
    pub next_update: Timestamp,
    /// Keys whose cards are revoked as a whole.
    pub withdrawn: Vec<Withdrawn>,
    /// Which of the other cards are revoked.
    pub filter: Filter,
}

/// Why a status list is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// Not signed by the publisher.
    #[error("the status list is refused: {0}")]
    Signed(#[from] SignedError),
    /// Not the CBOR of a list.
    #[error("this is not a status list: {0}")]
    Malformed(#[from] CborError),
    /// Its filter is damaged.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// A date that does not exist.
    #[error("this is not a status list: one of its dates does not exist")]
    Date,
    /// Written in a later form.
    #[error("the status list is of version {0}, newer than this program; update the program")]
    FutureVersion(u64),
}

/// The name of a signed list: the SHA-256 of all its bytes.
pub type ListHash = [u8; 32];

impl StatusList {
    /// Whether a card is revoked; none when the list does not speak of it.
    pub fn revoked(&self, kid: Kid, issued: Date, key: Key) -> Option<bool> {
        if issued < self.covers_before {
            self.filter.revoked(kid, key)
        } else {
            None
        }
    }

    /// The signed list.
    pub fn sign(&self, publisher: &SigningKey) -> Result<Vec<u8>, SignatureError> {
        signed::sign(publisher, Context::StatusList, &self.to_bytes())
    }

    /// Opens a signed list; gives its hash too, which deltas name.
    pub fn open(trust: &TrustList, bytes: &[u8]) -> Result<(Self, ListHash), ListError> {
        let body = signed::open(trust, Context::StatusList, bytes, MAX_BYTES)?;
        Ok((Self::from_bytes(body)?, Sha256::digest(bytes).into()))
    }

    /// The body, without the signature. The same list always gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = Writer::new()
            .array(7)
            .unsigned(VERSION)
            .unsigned(self.number)
            .integer(day_number(self.covers_before))
            .integer(self.issued.as_second())
            .integer(self.next_update.as_second());
        self.filter
            .write(withdrawn::write(writer, &self.withdrawn))
            .finish()
    }

    /// The list of a body whose signature the caller has checked or does not need.
    pub fn from_bytes(body: &[u8]) -> Result<Self, ListError> {
        let mut reader = Reader::new(body);
        reader.array_of(7)?;
        match reader.unsigned()? {
            VERSION => {}
            version => return Err(ListError::FutureVersion(version)),
        }
        let list = Self {
            number: reader.unsigned()?,
            covers_before: date_of_day(reader.integer()?).ok_or(ListError::Date)?,
            issued: instant(&mut reader)?,
            next_update: instant(&mut reader)?,
            withdrawn: withdrawn::read(&mut reader)?.ok_or(ListError::Date)?,
            filter: Filter::read(&mut reader)?,
        };
        reader.end()?;
        Ok(list)
    }
}

fn instant(reader: &mut Reader<'_>) -> Result<Timestamp, ListError> {
    Timestamp::from_second(reader.integer()?).map_err(|_| ListError::Date)
}
