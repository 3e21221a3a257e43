//! Reading a card's payload: any bytes, bounded, each fault by name.

use jiff::civil::Date;

use super::super::cbor::{CborError, Reader};
use super::super::key::Kid;
use super::super::token::Token;
use super::{Claims, SignedCard, sig_structure};
use crate::clock;

/// The longest payload that is looked at; a card has 111 bytes, a later one may hold more claims.
pub const MAX_BYTES: usize = 512;

/// The most headers or claims.
const MAX_ENTRIES: u64 = 16;

/// COSE's EdDSA.
const EDDSA: i64 = -8;

/// Why bytes are not a card's payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Not the expected CBOR.
    #[error("not a card's payload: {0}")]
    Malformed(#[from] CborError),
    /// Longer than any card.
    #[error("not a card's payload: longer than {MAX_BYTES} bytes")]
    TooLong,
    /// A header that must be understood and is not (RFC 9052 §3.1, `crit`).
    #[error("the card demands a feature that this program does not have; update the program")]
    UnknownCriticalHeader,
    /// Signed in another way than with EdDSA.
    #[error("the card is signed with algorithm {0}, which cards do not use; update the program")]
    UnsupportedAlgorithm(i64),
    /// A header or claim that every card has is not there.
    #[error("not a card's payload: it has no {0}")]
    Missing(&'static str),
    /// A date that is no midnight, out of range, or an expiry that is not after the issue.
    #[error("not a card's payload: its dates make no sense")]
    BadDates,
}

impl SignedCard {
    /// Reads a payload. The signature is not checked here; see [`SignedCard::verify`].
    pub fn parse(bytes: &[u8]) -> Result<Self, PayloadError> {
        if bytes.len() > MAX_BYTES {
            return Err(PayloadError::TooLong);
        }
        let mut reader = Reader::new(bytes);
        reader.array_of(4)?;
        let protected = reader.bytes(MAX_BYTES)?;
        let kid = read_protected(protected)?;
        read_unprotected(&mut reader)?;
        let payload = reader.bytes(MAX_BYTES)?;
        let claims = read_claims(payload)?;
        let signature = reader.fixed()?;
        reader.end()?;
        Ok(Self {
            kid,
            claims,
            sig_structure: sig_structure(protected, payload),
            signature,
        })
    }
}

fn read_protected(bytes: &[u8]) -> Result<Kid, PayloadError> {
    let mut reader = Reader::new(bytes);
    let mut keys = reader.map(MAX_ENTRIES)?;
    let (mut algorithm, mut kid) = (None, None);
    while let Some(key) = keys.next_integer(&mut reader)? {
        match key {
            1 => algorithm = Some(reader.integer()?),
            // Nothing that could be listed here is understood, and an empty list is not allowed.
            2 => return Err(PayloadError::UnknownCriticalHeader),
            4 => kid = Some(Kid(reader.fixed()?)),
            _ => reader.skip()?,
        }
    }
    reader.end()?;
    match algorithm.ok_or(PayloadError::Missing("algorithm"))? {
        EDDSA => kid.ok_or(PayloadError::Missing("key name")),
        other => Err(PayloadError::UnsupportedAlgorithm(other)),
    }
}

/// Unprotected headers count for nothing, but a `crit` or a second algorithm or key name among them is an attack.
fn read_unprotected(reader: &mut Reader<'_>) -> Result<(), PayloadError> {
    let mut keys = reader.map(MAX_ENTRIES)?;
    while let Some(key) = keys.next_integer(reader)? {
        match key {
            2 => return Err(PayloadError::UnknownCriticalHeader),
            1 | 4 => return Err(CborError::DuplicateKey.into()),
            _ => reader.skip()?,
        }
    }
    Ok(())
}

fn read_claims(bytes: &[u8]) -> Result<Claims, PayloadError> {
    let mut reader = Reader::new(bytes);
    let mut keys = reader.map(MAX_ENTRIES)?;
    let (mut expires, mut issued, mut token) = (None, None, None);
    while let Some(key) = keys.next_integer(&mut reader)? {
        match key {
            4 => expires = Some(read_midnight(&mut reader)?),
            6 => issued = Some(read_midnight(&mut reader)?),
            7 => token = Some(Token(reader.fixed()?)),
            _ => reader.skip()?,
        }
    }
    reader.end()?;
    let expires = expires.ok_or(PayloadError::Missing("expiry"))?;
    let issued = issued.ok_or(PayloadError::Missing("date of issue"))?;
    let token = token.ok_or(PayloadError::Missing("token"))?;
    if expires > issued {
        Ok(Claims {
            token,
            issued,
            expires,
        })
    } else {
        Err(PayloadError::BadDates)
    }
}

fn read_midnight(reader: &mut Reader<'_>) -> Result<Date, PayloadError> {
    let seconds = reader.integer()?;
    if seconds < 0 || seconds % clock::SECONDS_PER_DAY != 0 {
        return Err(PayloadError::BadDates);
    }
    clock::date_of_day(seconds / clock::SECONDS_PER_DAY).ok_or(PayloadError::BadDates)
}
