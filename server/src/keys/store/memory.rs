//! Keys in memory, for what is gone when the program ends: demonstrations and tests.

use std::sync::{Mutex, MutexGuard, PoisonError};

use teranga_core::card::key::Kid;
use teranga_core::card::trust::KeyState;
use teranga_core::sensitive::Secret;

use super::{KeyInfo, KeyStore, StoreError, StoredKey};

/// Keys in memory.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Vec<StoredKey>>);

impl MemoryStore {
    fn keys(&self) -> MutexGuard<'_, Vec<StoredKey>> {
        // Each change is a single assignment, so a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn copy(key: &StoredKey) -> StoredKey {
    StoredKey {
        info: key.info.clone(),
        secret: Secret::take(&mut key.secret.reveal().to_owned()),
    }
}

impl KeyStore for MemoryStore {
    fn list(&self) -> Result<Vec<KeyInfo>, StoreError> {
        let mut infos: Vec<KeyInfo> = self.keys().iter().map(|key| key.info.clone()).collect();
        infos.sort_by_key(|info| (info.made, info.kid));
        Ok(infos)
    }

    fn get(&self, kid: Kid) -> Result<StoredKey, StoreError> {
        self.keys()
            .iter()
            .find(|key| key.info.kid == kid)
            .map(copy)
            .ok_or(StoreError::Unknown(kid))
    }

    fn insert(&self, key: &StoredKey) -> Result<(), StoreError> {
        let mut keys = self.keys();
        if keys.iter().any(|known| known.info.kid == key.info.kid) {
            return Err(StoreError::Taken(key.info.kid));
        }
        keys.push(copy(key));
        Ok(())
    }

    fn set_state(&self, kid: Kid, state: KeyState) -> Result<(), StoreError> {
        let mut keys = self.keys();
        let key = keys
            .iter_mut()
            .find(|key| key.info.kid == kid)
            .ok_or(StoreError::Unknown(kid))?;
        if key.info.state == KeyState::Compromised {
            return Err(StoreError::Compromised(kid));
        }
        key.info.state = state;
        Ok(())
    }
}
