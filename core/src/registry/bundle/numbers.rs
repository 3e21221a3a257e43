//! The ids part: cards by the number that was typed, because the QR code is damaged or has no signature.
//!
//! ```text
//! ids     = [ version (1), key: bstr .size 32, [ [kid: bstr .size 4, campaign / null] ... ], cards: bstr, handles: bstr ]
//! cards   = 22 bytes each: first 16 bytes of SHA-256 of the token, place of its issuer key (2),
//!           issued and expires (2 each, days since 1970-01-01)
//! handles = 12 bytes each, ascending: first 8 bytes of the handle's keyed hash, place of the card (4)
//! ```
//! Numbers are big-endian. The part does not repeat whether a card is revoked: that is asked of the status list and the
//! deltas, by the card's key, so that a typed number and a scanned code can never disagree. Eight bytes of hash leave one
//! chance in 10^14 that a number nobody has is found among 100,000.

use jiff::civil::Date;

use crate::card::cbor::{CborError, Reader, Writer};
use crate::card::key::Kid;
use crate::clock::{date_of_day, day_number};
use crate::registry::filter::Key;
use crate::registry::{Handle, Held, IdRecord, Ids};
use crate::sensitive::Secret;

/// The longest part, bytes when opened.
pub const MAX_BYTES: u64 = 256 << 20;

const VERSION: u64 = 1;
const CARD: usize = 22;
const HANDLE: usize = 12;
const MAX_KEYS: usize = 1 << 16;
const MAX_CAMPAIGN: usize = 64;

/// A card that can be found by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// The key of its token's hash.
    pub key: Key,
    /// The issuer key that signed it.
    pub kid: Kid,
    /// The campaign's prefix; none for a blank card without a holder.
    pub campaign: Option<String>,
    /// When it was issued.
    pub issued: Date,
    /// The first day on which it is no longer valid.
    pub expires: Date,
    /// The numbers under which it is found.
    pub handles: Vec<Handle>,
}

/// Why cards cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a card's dates must lie between 1970 and 2149, and there is room for {MAX_KEYS} issuer keys")]
pub struct Unwritable;

/// Why bytes are not the ids part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NumbersError {
    /// Not the CBOR that was expected.
    #[error("this is not a list of numbers: {0}")]
    Malformed(#[from] CborError),
    /// A value that no server writes.
    #[error("this is not a list of numbers: its {0} is not valid")]
    Invalid(&'static str),
}

/// The part as it is held: looked up in place.
pub struct Numbers {
    key: Secret<32>,
    keys: Vec<(Kid, Option<String>)>,
    cards: Vec<[u8; CARD]>,
    handles: Vec<[u8; HANDLE]>,
}

impl Numbers {
    /// Brings cards into the form of the part.
    pub fn of(key: Secret<32>, cards: &[Numbered]) -> Result<Self, Unwritable> {
        let mut keys: Vec<(Kid, Option<String>)> = cards
            .iter()
            .map(|card| (card.kid, card.campaign.clone()))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        let (mut rows, mut handles) = (Vec::with_capacity(cards.len()), Vec::new());
        for (place, card) in cards.iter().enumerate() {
            rows.push(row(card, &keys).ok_or(Unwritable)?);
            let place = u32::try_from(place).map_err(|_| Unwritable)?.to_be_bytes();
            handles.extend(card.handles.iter().map(|handle| {
                let mut entry = [0; HANDLE];
                entry[..8].copy_from_slice(&handle.keyed_hash(&key)[..8]);
                entry[8..].copy_from_slice(&place);
                entry
            }));
        }
        handles.sort_unstable();
        handles.dedup();
        Ok(Self {
            key,
            keys,
            cards: rows,
            handles,
        })
    }

    /// The part's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = Writer::new()
            .array(5)
            .unsigned(VERSION)
            .bytes(self.key.reveal())
            .array(self.keys.len());
        let writer = self.keys.iter().fold(writer, |writer, (kid, campaign)| {
            let writer = writer.array(2).bytes(&kid.0);
            campaign
                .as_ref()
                .map_or_else(|| writer.clone().null(), |campaign| writer.clone().text(campaign))
        });
        writer
            .bytes(self.cards.as_flattened())
            .bytes(self.handles.as_flattened())
            .finish()
    }

    /// Reads the part's bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, NumbersError> {
        let mut reader = Reader::new(bytes);
        reader.array_of(5)?;
        if reader.unsigned()? != VERSION {
            return Err(NumbersError::Invalid("version"));
        }
        let key = Secret::take(&mut reader.fixed()?);
        let mut keys = Vec::new();
        for _ in 0..reader.array(MAX_KEYS)? {
            reader.array_of(2)?;
            let kid = Kid(reader.fixed()?);
            let campaign = if reader.null() {
                None
            } else {
                Some(reader.text(MAX_CAMPAIGN)?.to_owned())
            };
            keys.push((kid, campaign));
        }
        let (cards, odd) = reader.bytes(bytes.len())?.as_chunks::<CARD>();
        let (handles, odder) = reader.bytes(bytes.len())?.as_chunks::<HANDLE>();
        reader.end()?;
        if !odd.is_empty() || !odder.is_empty() || !handles.is_sorted() {
            return Err(NumbersError::Invalid("table"));
        }
        Ok(Self {
            key,
            keys,
            cards: cards.to_vec(),
            handles: handles.to_vec(),
        })
    }

    /// The numbers, answering with what is known of revocations.
    pub fn with<'a>(&'a self, statuses: &'a Held) -> impl Ids + 'a {
        Answering {
            numbers: self,
            statuses,
        }
    }

    /// The keyed hashes of everything under which a card is found, the number of its holder among them.
    pub fn handles_of(&self, key: Key) -> impl Iterator<Item = [u8; 8]> + '_ {
        let card = self.cards.iter().position(|card| card[..16] == key.to_bytes());
        let place = card.map(|place| (place as u32).to_be_bytes());
        let of_card =
            move |entry: &&[u8; HANDLE]| Some(&entry[8..]) == place.as_ref().map(|place| &place[..]);
        let hash = |entry: &[u8; HANDLE]| {
            let mut hash = [0; 8];
            hash.copy_from_slice(&entry[..8]);
            hash
        };
        self.handles.iter().filter(of_card).map(hash)
    }

    /// The keyed hashes of everything under which the cards of a handle are found.
    pub fn neighbors_of(&self, handle: &Handle) -> Vec<[u8; 8]> {
        let hash = self.hash_of(handle);
        let first = self.handles.partition_point(|entry| entry[..8] < hash[..]);
        let same = self.handles[first..]
            .iter()
            .take_while(|entry| entry[..8] == hash);
        let places: Vec<&[u8]> = same.map(|entry| &entry[8..]).collect();
        let beside = self.handles.iter().filter(|entry| places.contains(&&entry[8..]));
        let hash = |entry: &[u8; HANDLE]| {
            let mut hash = [0; 8];
            hash.copy_from_slice(&entry[..8]);
            hash
        };
        beside.map(hash).collect()
    }

    /// The keyed hash of a handle, as [`Numbers::handles_of`] gives it.
    pub fn hash_of(&self, handle: &Handle) -> [u8; 8] {
        let mut hash = [0; 8];
        hash.copy_from_slice(&handle.keyed_hash(&self.key)[..8]);
        hash
    }

    fn record(&self, place: u32, statuses: &Held) -> Option<IdRecord> {
        let card = self.cards.get(place as usize)?;
        let number = |at: usize| u16::from_be_bytes([card[at], card[at + 1]]);
        let (key, _) = card.split_first_chunk()?;
        let (kid, campaign) = self.keys.get(usize::from(number(16)))?;
        let (issued, expires) = (date_of_day(number(18).into())?, date_of_day(number(20).into())?);
        let status = statuses.status_of(Key::from_bytes(*key), issued, *kid);
        Some(IdRecord {
            campaign: campaign.clone(),
            issued,
            expires,
            status,
        })
    }
}

fn row(card: &Numbered, keys: &[(Kid, Option<String>)]) -> Option<[u8; CARD]> {
    let place = keys
        .iter()
        .position(|(kid, campaign)| *kid == card.kid && *campaign == card.campaign)?;
    let mut row = [0; CARD];
    row[..16].copy_from_slice(&card.key.to_bytes());
    let days = [day_number(card.issued), day_number(card.expires)];
    for (at, number) in [(16, place as i64), (18, days[0]), (20, days[1])] {
        row[at..at + 2].copy_from_slice(&u16::try_from(number).ok()?.to_be_bytes());
    }
    Some(row)
}

struct Answering<'a> {
    numbers: &'a Numbers,
    statuses: &'a Held,
}

impl Ids for Answering<'_> {
    fn find(&self, handle: &Handle) -> Vec<IdRecord> {
        let hash = handle.keyed_hash(&self.numbers.key);
        let handles = &self.numbers.handles;
        let first = handles.partition_point(|entry| entry[..8] < hash[..8]);
        let same = handles[first..]
            .iter()
            .take_while(|entry| entry[..8] == hash[..8]);
        let places = same.map(|entry| u32::from_be_bytes([entry[8], entry[9], entry[10], entry[11]]));
        places
            .filter_map(|place| self.numbers.record(place, self.statuses))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::card::code::CardCode;
    use crate::person::MpiId;
    use crate::registry::Status;
    use crate::registry::filter::Build;
    use crate::registry::list::StatusList;

    const KID: Kid = Kid([1, 2, 3, 4]);

    fn key(byte: u8) -> Key {
        Key::from_bytes([byte; 16])
    }

    fn held() -> Held {
        let mut build = Build::new(&BTreeMap::from([(KID, 3)]), [(KID, key(1))]).unwrap();
        (1..=3).for_each(|card| build.offer(KID, key(card)).unwrap());
        let instant = "2026-03-01T00:00:00Z".parse().unwrap();
        let list = StatusList {
            number: 1,
            covers_before: date(2026, 3, 1),
            issued: instant,
            next_update: instant,
            withdrawn: Vec::new(),
            filter: build.finish().unwrap(),
        };
        Held::new((list, [0; 32]))
    }

    fn numbers() -> (Numbers, MpiId, CardCode) {
        let (mpi, code) = (
            MpiId::parse("SN-DKR-26-9XQ7LM2A").unwrap(),
            CardCode::generate(&mut crate::ids::OsRandom).unwrap(),
        );
        let card = |byte: u8, handles: Vec<Handle>| Numbered {
            key: key(byte),
            kid: KID,
            campaign: Some("POLIO26".to_owned()),
            issued: date(2026, 2, 1),
            expires: date(2027, 2, 1),
            handles,
        };
        let cards = [
            card(1, vec![Handle::Mpi(mpi)]),
            card(2, vec![Handle::Mpi(mpi), Handle::Code(code)]),
        ];
        (
            Numbers::of(Secret::take(&mut [7; 32]), &cards).unwrap(),
            mpi,
            code,
        )
    }

    #[test]
    fn a_typed_number_finds_its_cards_with_the_status_of_the_list() {
        let ((numbers, mpi, code), held) = (numbers(), held());
        let numbers = Numbers::from_bytes(&numbers.to_bytes()).unwrap();
        let ids = numbers.with(&held);
        let of_person: Vec<Status> = ids
            .find(&Handle::Mpi(mpi))
            .iter()
            .map(|card| card.status)
            .collect();
        assert_eq!(
            of_person,
            [Status::Revoked { by: date(2026, 3, 1) }, Status::Good]
        );
        let of_card = ids.find(&Handle::Code(code));
        assert_eq!(
            (of_card.len(), of_card[0].campaign.as_deref()),
            (1, Some("POLIO26"))
        );
        let nobody = MpiId::parse("SN-DKR-26-9XQ7LM2B").unwrap();
        assert!(ids.find(&Handle::Mpi(nobody)).is_empty());
    }

    #[test]
    fn the_holder_of_a_card_is_told_by_who_knows_the_numbers() {
        let mpi = MpiId::parse("SN-DKR-26-9XQ7LM2A").unwrap();
        let cards = [1, 2].map(|byte| Numbered {
            key: key(byte),
            kid: KID,
            campaign: None,
            issued: date(2026, 1, 1),
            expires: date(2027, 1, 1),
            handles: if byte == 1 {
                vec![Handle::Mpi(mpi)]
            } else {
                Vec::new()
            },
        });
        let numbers = Numbers::of(Secret::take(&mut [3; 32]), &cards).unwrap();
        let hashes: Vec<_> = numbers.handles_of(key(1)).collect();
        assert_eq!(hashes, [numbers.hash_of(&Handle::Mpi(mpi))]);
        assert_eq!(numbers.handles_of(key(2)).count(), 0);
        assert_eq!(numbers.handles_of(key(3)).count(), 0);
    }

    proptest! {
        #[test]
        fn a_damaged_part_is_refused_or_finds_wrong_cards_but_never_panics(at: usize, value: u8) {
            let ((numbers, mpi, _), held) = (numbers(), held());
            let mut bytes = numbers.to_bytes();
            let at = at % bytes.len();
            bytes[at] = value;
            if let Ok(numbers) = Numbers::from_bytes(&bytes) {
                numbers.with(&held).find(&Handle::Mpi(mpi));
            }
            prop_assert!(Numbers::from_bytes(&bytes[..at]).is_err());
        }
    }
}
