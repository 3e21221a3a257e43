//! A registration made ready: everything that needs no database is done before a transaction begins.

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};
use teranga_core::matching::sketch::Sketch;
use teranga_core::matching::{PreparedPerson, blocking, packed};
use teranga_core::names;

use super::{MpiError, Registration, bond, keys, store};
use crate::db::{DbError, Locks};

/// A registration with all that is derived from it.
#[derive(Debug, Clone)]
pub(super) struct Ready {
    pub(super) registration: Registration,
    pub(super) prepared: PreparedPerson,
    pub(super) sketch: Sketch,
    /// Demographics as they are stored.
    pub(super) written: String,
    /// The prepared form as it is stored.
    pub(super) packed: Vec<u8>,
    /// Keys under which the person is stored; some of those in `asked`.
    pub(super) stored: Vec<i64>,
    /// Keys under which others are looked for.
    pub(super) asked: Vec<i64>,
    /// Tells the same registration again from another with its key.
    pub(super) fingerprint: Vec<u8>,
}

impl Ready {
    pub(super) fn new(registration: Registration) -> Result<Self, MpiError> {
        let person = &registration.person;
        if names::normalize(&person.given).tokens.is_empty()
            && names::normalize(&person.family).tokens.is_empty()
        {
            return Err(MpiError::Refused(
                "a registration needs a name; fill in the given or the family name",
            ));
        }
        let prepared = PreparedPerson::new(person);
        let written = store::written(person)?;
        // PostgreSQL has no text with this character.
        if written.contains("\\u0000") {
            return Err(MpiError::Refused(
                "a text holds a character of code 0; take it out and send the registration again",
            ));
        }
        let of = |side| keys::of(registration.actor.organisation, side, &prepared);
        Ok(Self {
            sketch: Sketch::new(&prepared),
            packed: packed::pack(&prepared),
            stored: of(blocking::Side::Stored),
            asked: of(blocking::Side::Asked),
            fingerprint: Sha256::digest(&written).to_vec(),
            written,
            prepared,
            registration,
        })
    }

    pub(super) fn organisation(&self) -> i64 {
        self.registration.actor.organisation
    }

    /// Words by which the person is searched for, in their organisation.
    pub(super) fn words(&self) -> Vec<i64> {
        let tokens = self.prepared.given.iter().chain(&self.prepared.family);
        let mut words: Vec<i64> = tokens
            .filter(|token| !token.initial)
            .map(|token| keys::in_organisation(self.organisation(), token.hash))
            .collect();
        words.sort_unstable();
        words.dedup();
        words
    }
}

/// Makes many ready, on all cores when they are very many.
pub(super) async fn all(registrations: Vec<Registration>) -> Result<Vec<Result<Ready, MpiError>>, MpiError> {
    if registrations.len() <= MOST_BY_KEY {
        return Ok(registrations.into_iter().map(Ready::new).collect());
    }
    let work = tokio::task::spawn_blocking(|| registrations.into_par_iter().map(Ready::new).collect());
    let stopped = |_| DbError::Internal("making registrations ready stopped halfway".to_owned());
    Ok(work.await.map_err(stopped)?)
}

/// The locks under which registrations are resolved: shared with others of the organisation (a merge takes it alone), and
/// one for each key, so that two people who could be one are never registered side by side. Very many at once hold the
/// organisation's alone: a lock a key would not fit in a server's memory.
pub(super) fn locks(ready: &[Ready]) -> Locks {
    let structure = ready.iter().map(|one| bond::lock(one.organisation())).collect();
    if ready.len() > MOST_BY_KEY {
        return Locks::new(Vec::new(), structure);
    }
    let idempotency = ready.iter().filter_map(|one| {
        let digest = Sha256::digest(one.registration.key.as_ref()?.as_bytes());
        let bytes = digest[..8].iter();
        Some(bytes.fold(one.organisation(), |number, byte| number << 8 | i64::from(*byte)))
    });
    let keys = ready.iter().flat_map(|one| one.asked.iter().copied());
    Locks::new(structure, keys.chain(idempotency).collect())
}

/// Most registrations that are locked key by key.
const MOST_BY_KEY: usize = 64;
