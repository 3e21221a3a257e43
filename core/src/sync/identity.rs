//! Who the device is: what was settled when it was enrolled, kept in the outbox so that it syncs without a PIN.

use jiff::Timestamp;

use super::error::SyncError;
use crate::card::key::{Kid, Purpose};
use crate::card::signing::{PublicKey, SigningKey};
use crate::card::trust::TrustList;
use crate::outbox::Outbox;
use crate::sensitive::Secret;
use crate::store::{KeystoreError, PlatformKeystore, StoreError};
use crate::wire::enroll::Setup;
use crate::wire::{DeviceId, DeviceKey};

/// The names of the outbox's notes.
pub mod note {
    /// The server's address.
    pub const SERVER: &str = "server";
    /// The organization's root key, 32 bytes.
    pub const ROOT: &str = "root";
    /// The signed trust list.
    pub const TRUST: &str = "trust";
    /// The device's signing key, sealed by the platform.
    pub const SIGNING: &str = "signing";
    /// The device's transport key, sealed by the platform.
    pub const TRANSPORT: &str = "transport";
    /// What the device may do, sealed by the platform.
    pub const SETUP: &str = "setup";
    /// Keys of an enrollment that is not settled, sealed by the platform.
    pub const PENDING: &str = "pending";
    /// The number of the last downlink.
    pub const CURSOR: &str = "cursor";
    /// The server's epoch.
    pub const EPOCH: &str = "epoch";
    /// The newest time that the server signed, milliseconds since 1970.
    pub const TRUSTED: &str = "trusted";
    /// The number of the newest bundle.
    pub const BUNDLE: &str = "bundle";
    /// The `ETag` of its manifest.
    pub const ETAG: &str = "etag";
    /// The signed manifest of the bundle that is coming.
    pub const COMING: &str = "coming";
    /// When a sync last did everything, milliseconds since 1970.
    pub const SYNCED: &str = "synced";
    /// Syncs that failed since.
    pub const FAILURES: &str = "failures";
}

/// Who the device is.
pub struct Identity {
    /// The server's address.
    pub server: String,
    /// The organization's root key.
    pub root: PublicKey,
    /// The keys that count.
    pub trust: TrustList,
    /// The device's name.
    pub device: DeviceId,
    /// Signs packets and sessions.
    pub signing: SigningKey,
    /// Opens commands.
    pub transport: DeviceKey,
    /// What the device may do.
    pub setup: Setup,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Identity({} at {})", self.device, self.server)
    }
}

impl Identity {
    /// Loads it; none before the device was enrolled.
    pub fn load(
        outbox: &Outbox,
        keystore: &(impl PlatformKeystore + ?Sized),
    ) -> Result<Option<Self>, SyncError> {
        let Some(server) = outbox.note(note::SERVER)? else {
            return Ok(None);
        };
        let get = |name| outbox.note(name)?.ok_or(StoreError::Damaged);
        let root = PublicKey(get(note::ROOT)?.try_into().map_err(|_| StoreError::Damaged)?);
        let signing = secret(keystore, &get(note::SIGNING)?)?;
        let signing = SigningKey::from_seed(Purpose::Device, &signing);
        let setup = keystore.unseal(&get(note::SETUP)?)?;
        Ok(Some(Self {
            server: String::from_utf8(server).map_err(|_| StoreError::Damaged)?,
            trust: TrustList::open(&get(note::TRUST)?, &root)?,
            root,
            device: DeviceId::of(&signing.public()),
            transport: DeviceKey::from_secret(secret(keystore, &get(note::TRANSPORT)?)?),
            setup: serde_json::from_slice(&setup).map_err(|_| StoreError::Damaged)?,
            signing,
        }))
    }

    /// The sync key to which packets are sealed: the newest that is active.
    pub fn sync_key(&self) -> Option<(Kid, [u8; 32])> {
        use crate::card::trust::KeyState::Active;
        let keys = self.trust.entries().iter();
        let active = keys.filter(|key| key.purpose == Purpose::Sync && key.state == Active);
        active
            .max_by_key(|key| (key.not_before, key.kid))
            .map(|key| (key.kid, key.public))
    }
}

fn secret(keystore: &(impl PlatformKeystore + ?Sized), sealed: &[u8]) -> Result<Secret<32>, SyncError> {
    let bytes = keystore.unseal(sealed)?;
    Secret::from_slice(&bytes).ok_or(KeystoreError::CannotOpen.into())
}

/// A number of a note; 0 when there is none.
pub(crate) fn number(outbox: &Outbox, name: &str) -> Result<u64, StoreError> {
    let bytes = outbox.note(name)?;
    bytes.map_or(Ok(0), |bytes| {
        let bytes = bytes.try_into().map_err(|_| StoreError::Damaged)?;
        Ok(u64::from_be_bytes(bytes))
    })
}

/// The note that a server vouched for a time, when it is later than the one before.
pub(super) fn vouched(outbox: &Outbox, at: i64) -> Result<Option<(&'static str, Vec<u8>)>, StoreError> {
    let later = u64::try_from(at)
        .ok()
        .filter(|at| Timestamp::from_millisecond(*at as i64).is_ok());
    let before = number(outbox, note::TRUSTED)?;
    Ok(later
        .filter(|at| *at > before)
        .map(|at| (note::TRUSTED, at.to_be_bytes().to_vec())))
}
