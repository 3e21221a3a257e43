//! Keys of one store made known to another: what `teranga keys` changes in a data folder reaches the database, and with
//! it every server.
//!
//! A key's state only goes forward (active, retired, compromised), so that the later state of the two holds in both,
//! whichever was changed. A key that is in the second store alone stays there: secrets are not written into a folder
//! that did not make them.

use teranga_core::card::trust::KeyState;

use super::{KeyInfo, KeyStore, StoreError};

/// What was made known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shared {
    /// Keys that the second store did not have.
    pub added: usize,
    /// Keys whose state was brought forward, in either store.
    pub changed: usize,
}

/// Makes the keys of `from` known to `to`.
pub fn share(from: &dyn KeyStore, to: &dyn KeyStore) -> Result<Shared, StoreError> {
    let known = to.list()?;
    let mut shared = Shared::default();
    for key in from.list()? {
        match known.iter().find(|other| other.kid == key.kid) {
            None => {
                // Another server may have been quicker with the same key.
                match to.insert(&from.get(key.kid)?) {
                    Ok(()) => shared.added += 1,
                    Err(StoreError::Taken(_)) => {}
                    Err(error) => return Err(error),
                }
            }
            Some(other) if rank(&key) > rank(other) => {
                to.set_state(key.kid, key.state)?;
                shared.changed += 1;
            }
            Some(other) if rank(&key) < rank(other) => {
                from.set_state(key.kid, other.state)?;
                shared.changed += 1;
            }
            Some(_) => {}
        }
    }
    Ok(shared)
}

fn rank(key: &KeyInfo) -> u8 {
    match key.state {
        KeyState::Active => 0,
        KeyState::Retired => 1,
        KeyState::Compromised => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::super::contract::sample;
    use super::super::{MemoryStore, StoredKey};
    use super::*;

    #[test]
    fn keys_become_known_once_and_the_later_state_holds_in_both() {
        let (files, database) = (MemoryStore::default(), MemoryStore::default());
        for number in [1, 2, 3] {
            files.insert(&sample(number)).unwrap();
        }
        database.insert(&sample(9)).unwrap();
        let shared = |added, changed| Shared { added, changed };
        assert_eq!(share(&files, &database).unwrap(), shared(3, 0));
        assert_eq!(share(&files, &database).unwrap(), shared(0, 0));
        files.set_state(sample(1).info.kid, KeyState::Retired).unwrap();
        database
            .set_state(sample(2).info.kid, KeyState::Compromised)
            .unwrap();
        assert_eq!(share(&files, &database).unwrap(), shared(0, 2));
        let state =
            |store: &MemoryStore, number| store.get(sample(number).info.kid).map(|key| key.info.state);
        for store in [&files, &database] {
            assert_eq!(state(store, 1).unwrap(), KeyState::Retired);
            assert_eq!(state(store, 2).unwrap(), KeyState::Compromised);
        }
        assert!(files.get(sample(9).info.kid).is_err());
        let secret: StoredKey = database.get(sample(3).info.kid).unwrap();
        assert!(secret.secret.same_as(&sample(3).secret));
    }
}
