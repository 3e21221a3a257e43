//! The manifest: which parts make up a bundle, and the keys to the sealed ones.
//!
//! ```text
//! signed (see `registry::signed`), context "teranga/bundle-manifest/v1"
//! body      = [ version (1), number, built (seconds since 1970-01-01), [ part ... ], [ recipient ... ] ]
//! part      = [ kind, version, bytes, SHA-256, bytes when opened ]          ascending by kind and version
//! recipient = [ vault: bstr .size 32, [ [ part's place, enc: bstr .size 32, key: bstr .size 48 ] ... ] ]
//! ```
//! Kinds: 1 trust, 2 status, 3 delta, 4 people, 5 ids, 6 pool.

use jiff::Timestamp;

use super::keys::SealedKey;
use crate::card::cbor::{CborError, Reader, Writer};
use crate::card::key::Context;
use crate::card::signing::{SignatureError, SigningKey};
use crate::card::trust::TrustList;
use crate::registry::signed::{self, SignedError};

/// The longest signed manifest, bytes.
pub const MAX_BYTES: usize = 8 << 20;

/// The most parts of a bundle.
pub const MAX_PARTS: usize = 1_000;

/// The most devices that one manifest is for.
pub const MAX_RECIPIENTS: usize = 20_000;

const VERSION: u64 = 1;

/// What a part holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The trust list.
    Trust,
    /// The status list.
    Status,
    /// A delta to the status list; its version is the delta's number.
    Delta,
    /// Whom the area knows.
    People,
    /// Cards by number.
    Ids,
    /// Reserved ids and blank cards.
    Pool,
}

impl Kind {
    /// Every kind, in the order of the number that stands for it (from 1).
    pub const ALL: [Self; 6] = [
        Self::Trust,
        Self::Status,
        Self::Delta,
        Self::People,
        Self::Ids,
        Self::Pool,
    ];

    /// The kind in one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trust => "trust",
            Self::Status => "status",
            Self::Delta => "delta",
            Self::People => "people",
            Self::Ids => "ids",
            Self::Pool => "pool",
        }
    }

    /// Whether parts of this kind are encrypted.
    pub const fn is_sealed(self) -> bool {
        matches!(self, Self::People | Self::Ids | Self::Pool)
    }

    /// The number that stands for it.
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }

    fn from_number(number: u64) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| u64::from(kind.number()) == number)
    }
}

/// One part, as the manifest names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What it holds.
    pub kind: Kind,
    /// Counts up with each build of the part.
    pub version: u64,
    /// Bytes as stored and sent.
    pub size: u64,
    /// SHA-256 of the bytes as stored and sent; the part's name in stores.
    pub hash: [u8; 32],
    /// Bytes when opened: never more is decompressed.
    pub opened_size: u64,
}

/// The keys to the sealed parts, for one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The public half of the device's vault key.
    pub vault: [u8; 32],
    /// Places of parts in the manifest, ascending, with their keys.
    pub keys: Vec<(usize, SealedKey)>,
}

/// Which parts make up a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Counts up with each build. A phone never goes back.
    pub number: u64,
    /// When it was built, to the second: the phone's clock is never believed to be before it.
    pub built: Timestamp,
    /// Ascending by kind and version.
    pub parts: Vec<Part>,
    /// The devices that may open the sealed parts.
    pub recipients: Vec<Recipient>,
}

/// Why a manifest is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not signed by the publisher.
    #[error("the bundle's manifest is refused: {0}")]
    Signed(#[from] SignedError),
    /// Not the CBOR of a manifest.
    #[error("this is not a bundle's manifest: {0}")]
    Malformed(#[from] CborError),
    /// A value that no server writes.
    #[error("this is not a bundle's manifest: its {0} is not valid")]
    Invalid(&'static str),
    /// Written in a later form.
    #[error("the bundle is of version {0}, newer than this program; update the program")]
    FutureVersion(u64),
}

impl Manifest {
    /// The signed manifest.
    pub fn sign(&self, publisher: &SigningKey) -> Result<Vec<u8>, SignatureError> {
        signed::sign(publisher, Context::BundleManifest, &self.to_bytes())
    }

    /// Opens a signed manifest.
    pub fn open(trust: &TrustList, bytes: &[u8]) -> Result<Self, ManifestError> {
        Self::from_bytes(signed::open(trust, Context::BundleManifest, bytes, MAX_BYTES)?)
    }

    /// What a manifest claims, unchecked: for finding the trust list that will check it, which the root signed.
    pub fn claimed(bytes: &[u8]) -> Result<Self, ManifestError> {
        Self::from_bytes(signed::split(bytes, MAX_BYTES)?.0)
    }

    /// The parts of a kind, with their places.
    pub fn parts_of(&self, kind: Kind) -> impl Iterator<Item = (usize, &Part)> {
        self.parts
            .iter()
            .enumerate()
            .filter(move |(_, part)| part.kind == kind)
    }

    /// The body, without the signature. The same manifest always gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = Writer::new()
            .array(5)
            .unsigned(VERSION)
            .unsigned(self.number)
            .integer(self.built.as_second())
            .array(self.parts.len());
        let writer = self
            .parts
            .iter()
            .fold(writer, write_part)
            .array(self.recipients.len());
        self.recipients.iter().fold(writer, write_recipient).finish()
    }

    /// The manifest of a body whose signature the caller has checked or does not need.
    pub fn from_bytes(body: &[u8]) -> Result<Self, ManifestError> {
        let mut reader = Reader::new(body);
        reader.array_of(5)?;
        match reader.unsigned()? {
            VERSION => {}
            version => return Err(ManifestError::FutureVersion(version)),
        }
        let number = reader.unsigned()?;
        let built = Timestamp::from_second(reader.integer()?);
        let built = built.map_err(|_| ManifestError::Invalid("date"))?;
        let parts = (0..reader.array(MAX_PARTS)?).map(|_| read_part(&mut reader));
        let parts: Vec<Part> = parts.collect::<Result<_, _>>()?;
        if !parts.is_sorted_by(|a, b| (a.kind, a.version) < (b.kind, b.version)) {
            return Err(ManifestError::Invalid("order of parts"));
        }
        let recipients = (0..reader.array(MAX_RECIPIENTS)?).map(|_| read_recipient(&mut reader, &parts));
        let recipients = recipients.collect::<Result<_, _>>()?;
        reader.end()?;
        Ok(Self {
            number,
            built,
            parts,
            recipients,
        })
    }
}

fn write_part(writer: Writer, part: &Part) -> Writer {
    let writer = writer
        .array(5)
        .unsigned(part.kind.number().into())
        .unsigned(part.version);
    writer
        .unsigned(part.size)
        .bytes(&part.hash)
        .unsigned(part.opened_size)
}

fn read_part(reader: &mut Reader<'_>) -> Result<Part, ManifestError> {
    reader.array_of(5)?;
    Ok(Part {
        kind: Kind::from_number(reader.unsigned()?).ok_or(ManifestError::Invalid("kind of part"))?,
        version: reader.unsigned()?,
        size: reader.unsigned()?,
        hash: reader.fixed()?,
        opened_size: reader.unsigned()?,
    })
}

fn write_recipient(writer: Writer, recipient: &Recipient) -> Writer {
    let writer = writer
        .array(2)
        .bytes(&recipient.vault)
        .array(recipient.keys.len());
    recipient.keys.iter().fold(writer, |writer, (place, key)| {
        writer
            .array(3)
            .unsigned(*place as u64)
            .bytes(&key.encapsulated)
            .bytes(&key.ciphertext)
    })
}

fn read_recipient(reader: &mut Reader<'_>, parts: &[Part]) -> Result<Recipient, ManifestError> {
    reader.array_of(2)?;
    let (vault, mut keys) = (reader.fixed()?, Vec::new());
    for _ in 0..reader.array(parts.len())? {
        reader.array_of(3)?;
        let place = reader.unsigned_32()? as usize;
        let ascending = keys.last().is_none_or(|(last, _)| *last < place);
        if !ascending || !parts.get(place).is_some_and(|part| part.kind.is_sealed()) {
            return Err(ManifestError::Invalid("table of keys"));
        }
        keys.push((
            place,
            SealedKey {
                encapsulated: reader.fixed()?,
                ciphertext: reader.fixed()?,
            },
        ));
    }
    Ok(Recipient { vault, keys })
}
