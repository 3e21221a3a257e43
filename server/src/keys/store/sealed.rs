//! A key as it is kept: a line of JSON with everything but the key, and the key sealed with that line as associated data,
//! so that a key whose purpose, period or state was changed does not open.

use teranga_core::ids::OsRandom;
use teranga_core::sensitive::Secret;

use super::{KeyInfo, StoreError, StoredKey};
use crate::keys::seal;

const VERSION: u32 = 1;

#[derive(serde::Serialize, serde::Deserialize)]
struct Header {
    version: u32,
    #[serde(flatten)]
    info: KeyInfo,
}

/// A key as it is kept.
pub(super) struct SealedKey {
    /// What is known of it.
    pub(super) header: String,
    /// The key, sealed.
    pub(super) sealed: Vec<u8>,
}

impl SealedKey {
    /// Seals a key under the master key.
    pub(super) fn new(master: &Secret<32>, key: &StoredKey) -> Result<Self, StoreError> {
        let header = Header {
            version: VERSION,
            info: key.info.clone(),
        };
        let malformed = |_| StoreError::Malformed(key.info.kid.to_string());
        let header = serde_json::to_string(&header).map_err(malformed)?;
        let sealed = seal::seal(master, header.as_bytes(), key.secret.reveal(), &mut OsRandom)?;
        Ok(Self { header, sealed })
    }

    /// Opens it; `place` names where it was kept, for an error.
    pub(super) fn open(&self, master: &Secret<32>, place: &str) -> Result<StoredKey, StoreError> {
        let malformed = || StoreError::Malformed(place.to_owned());
        let header: Header = serde_json::from_str(&self.header).map_err(|_| malformed())?;
        if header.version != VERSION {
            return Err(malformed());
        }
        let sealed = |source| StoreError::Sealed {
            file: place.to_owned(),
            source,
        };
        let secret = seal::open(master, self.header.as_bytes(), &self.sealed).map_err(sealed)?;
        Ok(StoredKey {
            info: header.info,
            secret: Secret::from_slice(&secret).ok_or_else(malformed)?,
        })
    }
}
