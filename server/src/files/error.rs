//! Why a file could not be kept or read. No message holds more than names that this program made.

use crate::problem::{Kind, Problem};

/// Why a file could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// There is no such file.
    #[error("the file is not there any more")]
    Missing,
    /// No room.
    #[error("there is no room left for files; free some, nothing that was kept is lost")]
    Full,
    /// The same may succeed in a moment.
    #[error("files cannot be kept or read now ({0})")]
    Unavailable(String),
    /// The place is not as it must be.
    #[error("{0}")]
    Refused(String),
}

impl From<std::io::Error> for FilesError {
    fn from(error: std::io::Error) -> Self {
        use std::io::ErrorKind as K;
        match error.kind() {
            K::NotFound => Self::Missing,
            K::StorageFull | K::QuotaExceeded => Self::Full,
            kind => Self::Unavailable(kind.to_string()),
        }
    }
}

impl From<object_store::Error> for FilesError {
    fn from(error: object_store::Error) -> Self {
        if let object_store::Error::NotFound { .. } = error {
            return Self::Missing;
        }
        // The system's own reason is somewhere below; the words above it hold the machine's paths.
        let mut below: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(cause) = below {
            if let Some(system) = cause.downcast_ref::<std::io::Error>() {
                return Self::from(std::io::Error::from(system.kind()));
            }
            below = cause.source();
        }
        match error {
            object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
                Self::Refused(
                    "the bucket refuses these credentials; compare AWS_ACCESS_KEY_ID and its rights"
                        .to_owned(),
                )
            }
            object_store::Error::Generic { store, .. } => Self::Unavailable(store.to_owned()),
            _ => Self::Unavailable("the store refused".to_owned()),
        }
    }
}

impl From<FilesError> for Problem {
    fn from(error: FilesError) -> Self {
        let kind = match &error {
            FilesError::Missing => Kind::Gone,
            FilesError::Full => Kind::StorageFull,
            FilesError::Unavailable(_) => return Self::new(Kind::Unavailable).retry_after(5).because(error),
            FilesError::Refused(_) => Kind::Internal,
        };
        Self::new(kind).because(error)
    }
}
