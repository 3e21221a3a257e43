//! Where keys are kept: a trait, so that a machine with a hardware module or a cloud's key service can follow, and three
//! implementations that pass the same contract: files, memory, and the database that several servers share.

mod database;
mod file;
mod memory;
mod sealed;
mod share;

pub use database::DatabaseStore;
pub use file::{FileStore, write_new, write_over};
pub use memory::MemoryStore;
pub use share::{Shared, share};

use jiff::Timestamp;
use jiff::civil::Date;
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::trust::{KeyState, Scope};
use teranga_core::sensitive::Secret;

/// Everything about a key but the key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct KeyInfo {
    /// Its name.
    pub kid: Kid,
    /// What it is for.
    pub purpose: Purpose,
    /// What it is limited to.
    pub scope: Scope,
    /// First day of its period of issue.
    pub not_before: Date,
    /// Last day of its period of issue.
    pub not_after: Date,
    /// Whether it is in use, and whether what it signed still counts.
    pub state: KeyState,
    /// When it was made.
    pub made: Timestamp,
    /// The public half, 64 hexadecimal digits; none for HMAC keys.
    pub public: Option<String>,
}

/// A key and what is known of it.
#[derive(Debug)]
pub struct StoredKey {
    /// What is known of it.
    pub info: KeyInfo,
    /// The key: an Ed25519 seed, an X25519 private key or an HMAC key.
    pub secret: Secret<32>,
}

/// Why the store did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such key.
    #[error("there is no key {0}; list the keys to see theirs")]
    Unknown(Kid),
    /// A key of that name is there.
    #[error("a key {0} is there already; make another")]
    Taken(Kid),
    /// A key that was marked compromised stays so.
    #[error("key {0} is marked compromised, which cannot be taken back; make another key")]
    Compromised(Kid),
    /// A sealed key does not open.
    #[error("{file}: {source}")]
    Sealed {
        /// The file.
        file: String,
        /// Why.
        source: super::seal::CannotOpen,
    },
    /// A file of another form.
    #[error("{0} is not a key file of this version; restore it from a backup")]
    Malformed(String),
    /// A key could not be sealed.
    #[error(transparent)]
    Seal(#[from] super::seal::CannotSeal),
    /// The database's own.
    #[error(transparent)]
    Db(#[from] crate::db::DbError),
    /// The file system's own.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

/// A place where keys are kept.
pub trait KeyStore: Send + Sync {
    /// What is known of all keys, oldest first.
    fn list(&self) -> Result<Vec<KeyInfo>, StoreError>;

    /// A key by name.
    fn get(&self, kid: Kid) -> Result<StoredKey, StoreError>;

    /// Adds a key; refused when its name is taken.
    fn insert(&self, key: &StoredKey) -> Result<(), StoreError>;

    /// Sets a key's state; refused for one that is compromised.
    fn set_state(&self, kid: Kid, state: KeyState) -> Result<(), StoreError>;
}

#[cfg(test)]
mod contract;
