//! Everything that can keep a phone from doing what was asked, with one word for programs.

use crate::decode::FrameError;
use crate::ids::RandomError;
use crate::register::RegisterError;
use crate::registry::bundle::OpenError;
use crate::session::{PinError, UnlockError};
use crate::store::{KeystoreError, StoreError};
use crate::sync::SyncError;
use crate::verify::TypedError;
use crate::wire::SealError;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Nobody has unlocked the phone, or it locked itself.
    #[error("the phone is locked; unlock it with your PIN")]
    Locked,
    /// The phone belongs to no organization.
    #[error("this phone belongs to no organization yet; scan a ticket first")]
    NotEnrolled,
    /// The phone was enrolled before.
    #[error("this phone is enrolled already; wipe it to enroll it elsewhere")]
    Enrolled,
    /// The user's role does not allow it.
    #[error("your role does not allow this on this phone; ask a supervisor")]
    NotAllowed,
    /// The user is not one of the device's any more.
    #[error("this user may not use this phone; ask a supervisor, or sync")]
    NotAUser,
    /// No list yet.
    #[error("this phone has no lists to check cards with yet; sync once")]
    NoLists,
    /// The trust list names no key to seal to.
    #[error("the organization has published no key for phones yet; sync, or tell the administrator")]
    NoSyncKey,
    /// Part of the engine failed before; what was saved is safe.
    #[error("the app failed earlier and has to be started again; what was saved is safe")]
    Failed,
    /// The session.
    #[error(transparent)]
    Unlock(#[from] UnlockError),
    /// A PIN that cannot be chosen.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The platform's key store.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// Registering and the rest of an agent's work.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// Syncing.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The bundle.
    #[error(transparent)]
    Bundle(#[from] OpenError),
    /// A typed number.
    #[error(transparent)]
    Typed(#[from] TypedError),
    /// A camera frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Sealing.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl EngineError {
    /// The error in one word, for programs.
    pub fn code(&self) -> &str {
        match self {
            Self::Locked => "locked",
            Self::NotEnrolled => "not-enrolled",
            Self::Enrolled => "enrolled",
            Self::NotAllowed => "not-allowed",
            Self::NotAUser => "not-a-user",
            Self::NoLists => "no-lists",
            Self::NoSyncKey => "no-sync-key",
            Self::Failed => "failed",
            Self::Unlock(UnlockError::WrongPin { .. }) => "wrong-pin",
            Self::Unlock(UnlockError::LockedOut) => "locked-out",
            Self::Unlock(UnlockError::NoSuchUser) => "no-such-user",
            Self::Unlock(UnlockError::LockedByServer) => "locked-by-server",
            Self::Unlock(_) => "unlock",
            Self::Pin(_) => "pin",
            Self::Store(StoreError::Full) => "storage-full",
            Self::Store(_) => "store",
            Self::Keystore(_) => "keystore",
            Self::Register(RegisterError::Draft(_)) => "form",
            Self::Register(RegisterError::Store(StoreError::Full)) => "storage-full",
            Self::Register(_) => "register",
            Self::Sync(error) => error.code(),
            Self::Bundle(_) => "bundle",
            Self::Typed(_) => "typed",
            Self::Frame(_) => "frame",
            Self::Seal(_) => "seal",
            Self::Random(_) => "randomness",
        }
    }
}
