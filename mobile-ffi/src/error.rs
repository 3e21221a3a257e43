//! The one error of the facade.

use teranga_core::card::code::CodeError;
use teranga_core::engine::EngineError;
use teranga_core::person::{BirthDateError, MpiIdError, UnknownPlace};
use teranga_core::register::{DraftError, RegisterError};
use teranga_core::session::{PinError, UnlockError};
use teranga_core::store::StoreError;
use teranga_core::sync::{SyncError, TransportError};
use teranga_core::verify::TypedError;
use teranga_core::wire::code;

/// What went wrong, as a name that an app looks up in its translations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ErrorCode {
    /// Nothing was typed.
    MpiIdEmpty,
    /// Characters are missing at the end.
    MpiIdTooShort,
    /// Characters follow the end.
    MpiIdTooLong,
    /// A sign that no MPI id holds.
    MpiIdBadCharacter,
    /// A digit where a letter must stand.
    MpiIdExpectedLetter,
    /// A letter where a digit must stand.
    MpiIdExpectedDigit,
    /// No such country.
    UnknownCountry,
    /// The country has no such region.
    UnknownRegion,
    /// A typed card code that has a slip, at the place that is said if it has one.
    CardCode,
    /// The phone is locked.
    Locked,
    /// The phone belongs to no organization.
    NotEnrolled,
    /// The phone was enrolled before.
    AlreadyEnrolled,
    /// The user's role does not allow it.
    NotAllowed,
    /// The user is not one of this phone's.
    NotAUser,
    /// The lists were never fetched.
    NoLists,
    /// The PIN is wrong; `tries_left` says how often it may be tried again.
    WrongPin,
    /// Too many wrong PINs: a supervisor must let the user in again.
    LockedOut,
    /// The server locked the phone.
    LockedByServer,
    /// The chosen PIN is too short or too long.
    PinLength,
    /// The chosen PIN is easy to guess.
    PinEasy,
    /// The phone's storage is full; nothing was saved.
    StorageFull,
    /// The phone's store is damaged or was written by a newer app.
    Store,
    /// The device's key store failed.
    Keystore,
    /// Neither a given nor a family name.
    NameMissing,
    /// A field is too long.
    TooLong,
    /// An identifier without a system or value, or too many of them.
    Identifier,
    /// The date of birth cannot be read or cannot be.
    BirthDate,
    /// The consent text is not one of this phone's.
    Consent,
    /// The program is not one of this phone's.
    Program,
    /// The phone does not know the person.
    UnknownPerson,
    /// The card is not a blank one.
    NotBlank,
    /// Not a card that can be named.
    NotACard,
    /// No round was named.
    NoRound,
    /// A camera frame that cannot be one.
    Frame,
    /// Bytes or names that no caller of this version sends.
    Malformed,
    /// No way to the server.
    Offline,
    /// The connection broke off or is too slow.
    Broken,
    /// The server's certificate is not the expected one.
    Certificate,
    /// What answered is not the organization's server.
    NotTheServer,
    /// The server is busy or being repaired.
    ServerBusy,
    /// The server refused; `detail` says why, in its own words.
    ServerRefused,
    /// The server does not know this phone any more.
    UnknownDevice,
    /// The device was revoked.
    DeviceRevoked,
    /// The ticket is wrong, too old or used.
    Ticket,
    /// A sync is running already.
    SyncRunning,
    /// The sync was stopped.
    Stopped,
    /// The phone was wiped by order of the server.
    Wiped,
    /// Anything else; start the app again.
    Failed,
}

/// What an exported function throws.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum TerangaError {
    /// The input was refused.
    #[error("{detail}")]
    Refused {
        /// Which fault.
        code: ErrorCode,
        /// The character where the cursor belongs, from 1, if the fault has a place.
        position: Option<u32>,
        /// Tries that are left, after a wrong PIN.
        tries_left: Option<u32>,
        /// A sentence in English for logs and developers. It never repeats what was typed.
        detail: String,
    },
}

impl TerangaError {
    pub(crate) fn of(code: ErrorCode, detail: &str) -> Self {
        Self::Refused {
            code,
            position: None,
            tries_left: None,
            detail: detail.to_owned(),
        }
    }

    pub(crate) fn malformed(detail: impl ToString) -> Self {
        Self::of(ErrorCode::Malformed, &detail.to_string())
    }
}

impl From<MpiIdError> for TerangaError {
    fn from(error: MpiIdError) -> Self {
        let (code, position) = match error {
            MpiIdError::Empty => (ErrorCode::MpiIdEmpty, None),
            MpiIdError::TooShort { .. } => (ErrorCode::MpiIdTooShort, None),
            MpiIdError::TooLong { position } => (ErrorCode::MpiIdTooLong, Some(position)),
            MpiIdError::BadCharacter { position } => (ErrorCode::MpiIdBadCharacter, Some(position)),
            MpiIdError::ExpectedLetter { position, .. } => (ErrorCode::MpiIdExpectedLetter, Some(position)),
            MpiIdError::ExpectedDigit { position } => (ErrorCode::MpiIdExpectedDigit, Some(position)),
        };
        let position = position.and_then(|position| u32::try_from(position).ok());
        Self::Refused {
            code,
            position,
            tries_left: None,
            detail: error.to_string(),
        }
    }
}

impl From<UnknownPlace> for TerangaError {
    fn from(error: UnknownPlace) -> Self {
        let code = match error {
            UnknownPlace::Country { .. } => ErrorCode::UnknownCountry,
            UnknownPlace::Region { .. } => ErrorCode::UnknownRegion,
        };
        Self::of(code, &error.to_string())
    }
}

impl From<BirthDateError> for TerangaError {
    fn from(error: BirthDateError) -> Self {
        Self::of(ErrorCode::BirthDate, &error.to_string())
    }
}

impl From<TypedError> for TerangaError {
    fn from(error: TypedError) -> Self {
        let code = match error {
            TypedError::Mpi(error) => return error.into(),
            TypedError::Code(error) => error,
        };
        let position = match code {
            CodeError::TooLong { position } | CodeError::BadCharacter { position } => {
                u32::try_from(position).ok()
            }
            _ => None,
        };
        Self::Refused {
            code: ErrorCode::CardCode,
            position,
            tries_left: None,
            detail: code.to_string(),
        }
    }
}

impl From<EngineError> for TerangaError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Typed(error) => error.into(),
            EngineError::Unlock(UnlockError::WrongPin { tries_left }) => Self::Refused {
                code: ErrorCode::WrongPin,
                position: None,
                tries_left: Some(tries_left),
                detail: error.to_string(),
            },
            error => Self::of(code_of(&error), &error.to_string()),
        }
    }
}

impl From<SyncError> for TerangaError {
    fn from(error: SyncError) -> Self {
        Self::of(of_sync(&error), &error.to_string())
    }
}

fn code_of(error: &EngineError) -> ErrorCode {
    match error {
        EngineError::Locked => ErrorCode::Locked,
        EngineError::NotEnrolled => ErrorCode::NotEnrolled,
        EngineError::Enrolled => ErrorCode::AlreadyEnrolled,
        EngineError::NotAllowed => ErrorCode::NotAllowed,
        EngineError::NotAUser => ErrorCode::NotAUser,
        EngineError::NoLists => ErrorCode::NoLists,
        EngineError::Unlock(error) => of_unlock(error),
        EngineError::Pin(PinError::Easy) => ErrorCode::PinEasy,
        EngineError::Pin(_) => ErrorCode::PinLength,
        EngineError::Store(error) => of_store(error),
        EngineError::Keystore(_) => ErrorCode::Keystore,
        EngineError::Register(error) => of_register(error),
        EngineError::Sync(error) => of_sync(error),
        EngineError::Bundle(_) => ErrorCode::Store,
        EngineError::Frame(_) => ErrorCode::Frame,
        _ => ErrorCode::Failed,
    }
}

fn of_unlock(error: &UnlockError) -> ErrorCode {
    match error {
        UnlockError::WrongPin { .. } => ErrorCode::WrongPin,
        UnlockError::LockedOut => ErrorCode::LockedOut,
        UnlockError::NoSuchUser => ErrorCode::NotAUser,
        UnlockError::LockedByServer => ErrorCode::LockedByServer,
        UnlockError::Keystore(_) => ErrorCode::Keystore,
        UnlockError::Store(error) => of_store(error),
        _ => ErrorCode::Failed,
    }
}

fn of_store(error: &StoreError) -> ErrorCode {
    match error {
        StoreError::Full => ErrorCode::StorageFull,
        _ => ErrorCode::Store,
    }
}

fn of_register(error: &RegisterError) -> ErrorCode {
    match error {
        RegisterError::Draft(error) => of_draft(error),
        RegisterError::Store(error) => of_store(error),
        RegisterError::UnknownPerson => ErrorCode::UnknownPerson,
        RegisterError::NotBlank(_) => ErrorCode::NotBlank,
        RegisterError::NotACard => ErrorCode::NotACard,
        RegisterError::NoRound => ErrorCode::NoRound,
        _ => ErrorCode::Failed,
    }
}

fn of_draft(error: &DraftError) -> ErrorCode {
    match error {
        DraftError::NoName => ErrorCode::NameMissing,
        DraftError::TooLong(_) => ErrorCode::TooLong,
        DraftError::TooManyIdentifiers | DraftError::Identifier => ErrorCode::Identifier,
        DraftError::Birth(_) => ErrorCode::BirthDate,
        DraftError::Place => ErrorCode::UnknownRegion,
        DraftError::Consent => ErrorCode::Consent,
        DraftError::Program => ErrorCode::Program,
    }
}

fn of_sync(error: &SyncError) -> ErrorCode {
    match error {
        SyncError::Network(TransportError::Offline) => ErrorCode::Offline,
        SyncError::Network(TransportError::Certificate) => ErrorCode::Certificate,
        SyncError::Network(_) => ErrorCode::Broken,
        SyncError::NotTheServer | SyncError::NotSigned | SyncError::Trust(_) => ErrorCode::NotTheServer,
        SyncError::Refused { code, .. } if code == code::REVOKED => ErrorCode::DeviceRevoked,
        SyncError::Refused { code, .. } if code == code::TICKET => ErrorCode::Ticket,
        SyncError::Refused { .. } => ErrorCode::ServerRefused,
        SyncError::Busy => ErrorCode::ServerBusy,
        SyncError::UnknownDevice => ErrorCode::UnknownDevice,
        SyncError::Ticket => ErrorCode::Ticket,
        SyncError::Running => ErrorCode::SyncRunning,
        SyncError::Stopped => ErrorCode::Stopped,
        SyncError::NotEnrolled => ErrorCode::NotEnrolled,
        SyncError::Store(error) => of_store(error),
        SyncError::Keystore(_) => ErrorCode::Keystore,
        SyncError::Wiped => ErrorCode::Wiped,
        _ => ErrorCode::Failed,
    }
}
