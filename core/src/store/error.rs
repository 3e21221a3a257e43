//! What can go wrong with a file of the phone, said so that somebody in a village can act on it.

use rusqlite::ErrorCode;

/// Why something was not read or not saved. Whatever was saved before is still there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The key does not open the file, or its first page is damaged; the two cannot be told apart.
    #[error(
        "the vault does not open: the key is another one, or the file is damaged; what waits to be sent is kept \
         apart and can still be synced"
    )]
    WrongKey,
    /// Bytes of the file are not what was written.
    #[error(
        "the phone's store is damaged; sync what waits to be sent, then set the phone up again from the server"
    )]
    Damaged,
    /// No room.
    #[error("the phone's storage is full, so this was not saved; free some space and save again")]
    Full,
    /// Written by a later version of the app.
    #[error("the phone's store is of version {found} and this app knows {known}; update the app")]
    Newer {
        /// Version of the file.
        found: u32,
        /// Version of the program.
        known: u32,
    },
    /// The file does not take the mode in which nothing acknowledged is lost.
    #[error(
        "the file system does not support {0}, without which saved work could be lost; use the phone's own storage"
    )]
    NotDurable(&'static str),
    /// Another process holds the file.
    #[error("another process is using the phone's store; close it and try again")]
    Busy,
    /// The disk failed.
    #[error("the phone's storage failed ({0}); try again, and if it persists, restart the phone")]
    Disk(String),
}

impl From<rusqlite::Error> for StoreError {
    /// Never repeats SQLite's message, which can quote what was to be stored.
    fn from(error: rusqlite::Error) -> Self {
        let Some(code) = error.sqlite_error_code() else {
            return match error {
                rusqlite::Error::QueryReturnedNoRows => Self::Damaged,
                _ => Self::Disk("unexpected answer of the database".to_owned()),
            };
        };
        match code {
            ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => Self::Damaged,
            ErrorCode::DiskFull => Self::Full,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
            code => Self::Disk(format!("{code:?}")),
        }
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::StorageFull {
            Self::Full
        } else {
            Self::Disk(error.kind().to_string())
        }
    }
}
