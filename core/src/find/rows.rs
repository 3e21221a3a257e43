//! How the vault keeps a person of the area.
//!
//! ```text
//! key   = MPI id
//! value = length (2 bytes, big-endian), the person as compared (`matching::packed`), the person as the bundle brought them
//! ```
//! The first half may be of an older version of the tables of names; then it is made anew from the second.

use std::io::{self, Read};

use crate::matching::{PreparedPerson, packed};
use crate::person::{Demographics, ExternalId, MpiId};
use crate::registry::bundle::people::{self, IdentifierHash, Known};
use crate::sensitive::Secret;
use crate::store::{Change, Store, StoreError, Table};

/// The setting that holds the key of identifiers' hashes.
pub(super) const HASH_KEY: &str = "people_key";

/// The changes that put the people of a bundle's part in place of those before.
///
/// # Errors
/// When the part does not open or is not a people part; then nothing is changed.
pub fn people_changes(part: impl Read) -> io::Result<Vec<Change>> {
    let (key, everyone) = people::read(part)?;
    let mut changes = vec![
        Change::Clear(Table::People),
        Change::put(Table::Settings, HASH_KEY, *key.reveal()),
    ];
    for person in everyone {
        let person = person?;
        changes.push(Change::put(Table::People, person.mpi.as_str(), row(&person)));
    }
    Ok(changes)
}

/// The change that keeps a person of the area as the server corrected them.
pub fn person_change(
    store: &(impl Store + ?Sized),
    mpi: MpiId,
    person: &Demographics,
) -> Result<Change, StoreError> {
    let key = store.get(Table::Settings, HASH_KEY.as_bytes())?;
    // Without a people part there is no key and nobody to compare with: identifiers are left out.
    let (key, person) = match key.and_then(|key| Secret::from_slice(&key)) {
        Some(key) => (key, person.clone()),
        None => (
            Secret::take(&mut [0; 32]),
            Demographics {
                identifiers: Vec::new(),
                ..person.clone()
            },
        ),
    };
    let known = Known::of(mpi, &person, &key);
    Ok(Change::put(Table::People, mpi.as_str(), row(&known)))
}

fn row(person: &Known) -> Vec<u8> {
    let packed = packed::pack(&of_known(person));
    // A packed person has at most some thousand bytes; one that had more would be prepared anew when read.
    let length = u16::try_from(packed.len()).unwrap_or(0);
    let mut row = length.to_be_bytes().to_vec();
    row.extend(&packed[..length.into()]);
    row.extend(person.to_bytes());
    row
}

/// A person of the vault, as compared.
pub(super) fn read_prepared(row: &[u8]) -> Result<PreparedPerson, StoreError> {
    let (packed, _) = split(row)?;
    match packed::unpack(packed) {
        Some(prepared) => Ok(prepared),
        None => Ok(of_known(&read_known(row)?)),
    }
}

/// A person of the vault, as the bundle brought them.
pub(super) fn read_known(row: &[u8]) -> Result<Known, StoreError> {
    Known::from_bytes(split(row)?.1).ok_or(StoreError::Damaged)
}

fn split(row: &[u8]) -> Result<(&[u8], &[u8]), StoreError> {
    let (length, rest) = row.split_first_chunk().ok_or(StoreError::Damaged)?;
    rest.split_at_checked(u16::from_be_bytes(*length).into())
        .ok_or(StoreError::Damaged)
}

fn of_known(person: &Known) -> PreparedPerson {
    let identifiers = person.identifiers.iter();
    let hashed = |(system, hash): &(String, IdentifierHash)| hashed(system, hash);
    PreparedPerson::new(&Demographics {
        given: person.given.clone(),
        family: person.family.clone(),
        birth: person.birth,
        sex: person.sex,
        place: person.place.clone(),
        identifiers: identifiers.map(hashed).collect(),
        ..Demographics::default()
    })
}

fn hashed(system: &str, hash: &IdentifierHash) -> ExternalId {
    ExternalId {
        system: system.to_owned(),
        value: data_encoding::HEXLOWER.encode(hash),
        verified: false,
    }
}

/// A typed person, made ready to be compared with the people of a bundle: identifiers hashed as theirs are.
pub fn prepare(person: &Demographics, key: Option<&Secret<32>>) -> PreparedPerson {
    let Some(key) = key else {
        return PreparedPerson::new(person);
    };
    let identifiers = person.identifiers.iter();
    let hash = |id: &ExternalId| hashed(&id.system, &people::identifier_hash(key, &id.system, &id.value));
    PreparedPerson::new(&Demographics {
        identifiers: identifiers.map(hash).collect(),
        ..person.clone()
    })
}
