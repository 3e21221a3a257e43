//! The one error of the facade.

use teranga_core::person::{MpiIdError, UnknownPlace};

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
        /// A sentence in English for logs and developers. It never repeats what was typed.
        detail: String,
    },
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
        Self::Refused {
            code,
            position: None,
            detail: error.to_string(),
        }
    }
}
