//! The trust list as bytes.
//!
//! ```text
//! signed = [ body: bstr, signature: bstr .size 64 ]      signature over "teranga/trust-list/v1" 00 body
//! body   = { 1: version (1), 2: number, 3: issued (day), 4: organisation (text),
//!            5: root public key (bstr .size 32), 6: [ entry ... by ascending kid ] }
//! entry  = [ kid (bstr .size 4), purpose, algorithm, public key (bstr .size 32),
//!            scope (null / [1, campaign] / [2, lot]), not before (day), not after (day), state ]
//! ```
//! Days count from 1970-01-01. Purposes, from 1: root, publisher, issuer, session, token, pass, sync, device.
//! States: 1 active, 2 retired, 3 compromised. Algorithms: COSE's -8 (EdDSA), 4 for X25519.

use jiff::civil::Date;

use super::cbor::{CborError, Keys, Reader, Writer};
use super::key::{Kid, Purpose};
use super::signing::{PublicKey, SignatureBytes};
use super::trust::{KeyState, MAX_BYTES, MAX_ENTRIES, Scope, TrustEntry, TrustList, TrustListError};
use crate::clock;

const VERSION: u64 = 1;
const MAX_NAME: usize = 64;

pub(super) fn envelope(body: &[u8], signature: &SignatureBytes) -> Vec<u8> {
    Writer::new().array(2).bytes(body).bytes(signature).finish()
}

pub(super) fn open_envelope(signed: &[u8]) -> Result<(&[u8], SignatureBytes), CborError> {
    let mut reader = Reader::new(signed);
    reader.array_of(2)?;
    let body = reader.bytes(MAX_BYTES)?;
    let signature = reader.fixed()?;
    reader.end()?;
    Ok((body, signature))
}

impl TrustList {
    /// The list's bytes, without the signature. The same list always gives the same bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let writer = Writer::new()
            .map(6)
            .unsigned(1)
            .unsigned(VERSION)
            .unsigned(2)
            .unsigned(self.number)
            .unsigned(3)
            .integer(clock::day_number(self.issued))
            .unsigned(4)
            .text(&self.organisation)
            .unsigned(5)
            .bytes(&self.root.0)
            .unsigned(6)
            .array(self.entries.len());
        self.entries.iter().fold(writer, write_entry).finish()
    }

    /// The list of the bytes, whose signature the caller has checked or does not need.
    pub fn from_bytes(body: &[u8]) -> Result<Self, TrustListError> {
        let mut reader = Reader::new(body);
        let mut keys = reader.map(6)?;
        field(&mut keys, &mut reader, 1)?;
        match reader.unsigned()? {
            VERSION => {}
            version => return Err(TrustListError::FutureVersion(version)),
        }
        field(&mut keys, &mut reader, 2)?;
        let number = reader.unsigned()?;
        field(&mut keys, &mut reader, 3)?;
        let issued = read_day(&mut reader)?;
        field(&mut keys, &mut reader, 4)?;
        let organisation = reader.text(MAX_NAME)?;
        field(&mut keys, &mut reader, 5)?;
        let root = PublicKey(reader.fixed()?);
        field(&mut keys, &mut reader, 6)?;
        let mut list = Self::new(number, issued, organisation, root);
        for _ in 0..reader.array(MAX_ENTRIES)? {
            let entry = read_entry(&mut reader)?;
            if list.entries.last().is_some_and(|last| last.kid >= entry.kid) || entry.kid == root.kid() {
                return Err(TrustListError::KidTaken(entry.kid));
            }
            list.entries.push(entry);
        }
        reader.end()?;
        Ok(list)
    }
}

/// Fails unless the next key of the body is the one that its version has there.
fn field<'a>(keys: &mut Keys<'a>, reader: &mut Reader<'a>, number: i64) -> Result<(), TrustListError> {
    match keys.next_integer(reader)? {
        Some(found) if found == number => Ok(()),
        _ => Err(TrustListError::Invalid("a field")),
    }
}

fn write_entry(writer: Writer, entry: &TrustEntry) -> Writer {
    let writer = writer
        .array(8)
        .bytes(&entry.kid.0)
        .unsigned(entry.purpose.number())
        .integer(entry.algorithm().cose())
        .bytes(&entry.public);
    let writer = match &entry.scope {
        Scope::Organisation => writer.null(),
        Scope::Campaign(prefix) => writer.array(2).unsigned(1).text(prefix),
        Scope::Lot(number) => writer.array(2).unsigned(2).text(number),
    };
    writer
        .integer(clock::day_number(entry.not_before))
        .integer(clock::day_number(entry.not_after))
        .unsigned(entry.state.number())
}

fn read_entry(reader: &mut Reader<'_>) -> Result<TrustEntry, TrustListError> {
    reader.array_of(8)?;
    let kid = Kid(reader.fixed()?);
    let purpose = Purpose::from_number(reader.unsigned()?).ok_or(TrustListError::Invalid("a purpose"))?;
    if reader.integer()? != purpose.algorithm().cose() {
        return Err(TrustListError::Invalid("an algorithm"));
    }
    let public = reader.fixed()?;
    let scope = read_scope(reader)?;
    let (not_before, not_after) = (read_day(reader)?, read_day(reader)?);
    let state = KeyState::from_number(reader.unsigned()?).ok_or(TrustListError::Invalid("a state"))?;
    Ok(TrustEntry {
        kid,
        purpose,
        public,
        scope,
        not_before,
        not_after,
        state,
    })
}

fn read_scope(reader: &mut Reader<'_>) -> Result<Scope, TrustListError> {
    if reader.null() {
        return Ok(Scope::Organisation);
    }
    reader.array_of(2)?;
    let kind = reader.unsigned()?;
    let name = reader.text(MAX_NAME)?.to_owned();
    match kind {
        1 => Ok(Scope::Campaign(name)),
        2 => Ok(Scope::Lot(name)),
        _ => Err(TrustListError::Invalid("a scope")),
    }
}

fn read_day(reader: &mut Reader<'_>) -> Result<Date, TrustListError> {
    clock::date_of_day(reader.integer()?).ok_or(TrustListError::Invalid("a date"))
}

impl KeyState {
    const fn number(self) -> u64 {
        match self {
            Self::Active => 1,
            Self::Retired => 2,
            Self::Compromised => 3,
        }
    }

    fn from_number(number: u64) -> Option<Self> {
        [Self::Active, Self::Retired, Self::Compromised]
            .into_iter()
            .find(|state| state.number() == number)
    }
}
