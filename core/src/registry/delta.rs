//! A delta: the cards revoked since a status list, or since the delta before it.
//!
//! ```text
//! signed (see `signed`), context "teranga/status-delta/v1"
//! body = [ version (1), number of the list, SHA-256 of the list, number of the delta (from 1 for each list),
//!          issued, next update (seconds since 1970-01-01), withdrawn keys, bits, count, prefixes: bstr ]
//! ```
//! Each card stands there as the first `bits` bits of SHA-256 of its token, ascending, as Golomb–Rice codes of the
//! distances. The server knows every card, so it chooses `bits` such that no other issued card begins like a revoked one,
//! and adds enough for the cards that it will issue before the next list: as many again collide once in 2^16 deltas.

use jiff::Timestamp;

use super::filter::Key;
use super::list::{ListHash, StatusList};
use super::rice;
use super::signed::{self, SignedError};
use super::withdrawn::{self, Withdrawn};
use crate::card::cbor::{CborError, Reader, Writer};
use crate::card::key::Context;
use crate::card::signing::{SignatureError, SigningKey};
use crate::card::trust::TrustList;

/// The longest signed delta, bytes: hundreds of thousands of cards.
pub const MAX_BYTES: usize = 4 << 20;

const VERSION: u64 = 1;

/// Extra bits for cards that are issued after the delta.
const MARGIN: u32 = 16;

/// The cards revoked since a list or since the delta before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    /// The list that the delta adds to.
    pub base: Base,
    /// Counts up from 1 for each list.
    pub number: u64,
    /// When it was signed, to the second.
    pub issued: Timestamp,
    /// When the next delta or list is due, to the second.
    pub next_update: Timestamp,
    /// Keys whose cards are revoked as a whole.
    pub withdrawn: Vec<Withdrawn>,
    /// The revoked cards.
    pub cards: Prefixes,
}

/// A list, by number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base {
    /// The list's number.
    pub number: u64,
    /// SHA-256 of the signed list.
    pub hash: ListHash,
}

impl Base {
    /// What a delta on this list names.
    pub fn of(list: &StatusList, hash: ListHash) -> Self {
        Self {
            number: list.number,
            hash,
        }
    }
}

/// Why a delta is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DeltaError {
    /// Not signed by the publisher.
    #[error("the delta is refused: {0}")]
    Signed(#[from] SignedError),
    /// Not the CBOR of a delta.
    #[error("this is not a delta: {0}")]
    Malformed(#[from] CborError),
    /// A value that no server writes.
    #[error("this is not a delta: its {0} is not valid")]
    Invalid(&'static str),
    /// Written in a later form.
    #[error("the delta is of version {0}, newer than this program; update the program")]
    FutureVersion(u64),
}

impl Delta {
    /// The signed delta.
    pub fn sign(&self, publisher: &SigningKey) -> Result<Vec<u8>, SignatureError> {
        signed::sign(publisher, Context::StatusDelta, &self.to_bytes())
    }

    /// Opens a signed delta.
    pub fn open(trust: &TrustList, bytes: &[u8]) -> Result<Self, DeltaError> {
        Self::from_bytes(signed::open(trust, Context::StatusDelta, bytes, MAX_BYTES)?)
    }

    /// The body, without the signature. The same delta always gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = Writer::new()
            .array(10)
            .unsigned(VERSION)
            .unsigned(self.base.number)
            .bytes(&self.base.hash)
            .unsigned(self.number)
            .integer(self.issued.as_second())
            .integer(self.next_update.as_second());
        let Prefixes { bits, prefixes } = &self.cards;
        withdrawn::write(writer, &self.withdrawn)
            .unsigned((*bits).into())
            .unsigned(prefixes.len() as u64)
            .bytes(&rice::encode(prefixes, *bits))
            .finish()
    }

    /// The delta of a body whose signature the caller has checked or does not need.
    pub fn from_bytes(body: &[u8]) -> Result<Self, DeltaError> {
        let mut reader = Reader::new(body);
        reader.array_of(10)?;
        match reader.unsigned()? {
            VERSION => {}
            version => return Err(DeltaError::FutureVersion(version)),
        }
        let delta = Self {
            base: Base {
                number: reader.unsigned()?,
                hash: reader.fixed()?,
            },
            number: reader.unsigned()?,
            issued: instant(&mut reader)?,
            next_update: instant(&mut reader)?,
            withdrawn: withdrawn::read(&mut reader)?.ok_or(DeltaError::Invalid("date"))?,
            cards: Prefixes::read(&mut reader)?,
        };
        reader.end()?;
        Ok(delta)
    }
}

fn instant(reader: &mut Reader<'_>) -> Result<Timestamp, DeltaError> {
    Timestamp::from_second(reader.integer()?).map_err(|_| DeltaError::Invalid("date"))
}

/// Cards by the first bits of their keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefixes {
    bits: u8,
    /// Strictly ascending.
    prefixes: Vec<u64>,
}

impl Prefixes {
    /// No card.
    pub const NONE: Self = Self {
        bits: 64,
        prefixes: Vec::new(),
    };

    /// Cards in as few bits as tell them from all other issued cards, which are shown one by one; see the module.
    pub fn of(revoked: &[Key], issued: impl IntoIterator<Item = Key>) -> Self {
        let mut own: Vec<Key> = revoked.to_vec();
        own.sort_unstable_by_key(|key| key.leading(64));
        own.dedup();
        let (mut cards, mut shared) = (0_u64, 0);
        for card in issued {
            cards += 1;
            let place = own.partition_point(|key| key.leading(64) < card.leading(64));
            let near = own[place.saturating_sub(1)..own.len().min(place + 2)].iter();
            let others = near.filter(|key| **key != card);
            shared = others
                .map(|key| (key.leading(64) ^ card.leading(64)).leading_zeros())
                .fold(shared, u32::max);
        }
        let chance = lg(own.len() as u64) + lg(cards) + MARGIN;
        let bits = chance.max(shared + 1).min(64) as u8;
        let mut prefixes: Vec<u64> = own.iter().map(|key| key.leading(bits)).collect();
        prefixes.dedup();
        Self { bits, prefixes }
    }

    /// Whether a card is among them.
    pub fn contain(&self, key: Key) -> bool {
        self.prefixes.binary_search(&key.leading(self.bits)).is_ok()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.prefixes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.prefixes.is_empty()
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DeltaError> {
        let invalid = DeltaError::Invalid("list of cards");
        let bits = u8::try_from(reader.unsigned()?).map_err(|_| invalid)?;
        let count = reader.unsigned_32()? as usize;
        let bytes = reader.bytes(MAX_BYTES)?;
        let prefixes = rice::decode(bytes, count, bits).ok_or(invalid)?;
        if (1..=64).contains(&bits) {
            Ok(Self { bits, prefixes })
        } else {
            Err(invalid)
        }
    }
}

/// The bits that tell so many things apart, rounded up.
fn lg(count: u64) -> u32 {
    count.max(1).next_power_of_two().ilog2()
}
