//! What can keep a phone from syncing. Nothing is lost by any of it.

use super::transport::TransportError;
use crate::card::trust::TrustListError;
use crate::ids::RandomError;
use crate::registry::bundle::folder::FolderError;
use crate::store::{KeystoreError, StoreError};
use crate::wire::WireError;

/// Why a sync did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The network.
    #[error(transparent)]
    Network(#[from] TransportError),
    /// An answer that no Teranga server gives.
    #[error(
        "what answered is not the server (perhaps the network wants a sign-in first); nothing was changed, try \
         again on another network"
    )]
    NotTheServer,
    /// An answer that is not signed as it must be, or is for another device.
    #[error(
        "the server's answer is not signed by this organization; nothing was changed, and if it persists, tell the \
         administrator"
    )]
    NotSigned,
    /// The server refuses, and says why.
    #[error("the server refused: {why}")]
    Refused {
        /// In one word, for programs.
        code: String,
        /// For people.
        why: String,
    },
    /// The server cannot answer now.
    #[error("the server is busy or being repaired; it goes on later")]
    Busy,
    /// The server does not know this device any more.
    #[error("the server does not know this phone; ask a supervisor for a new ticket, what waits is kept")]
    UnknownDevice,
    /// The ticket.
    #[error("this is not a ticket for a phone, or it was changed; scan it again or ask for a new one")]
    Ticket,
    /// Two at once.
    #[error("a sync is running already")]
    Running,
    /// Someone stopped it.
    #[error("the sync was stopped; it goes on from here next time")]
    Stopped,
    /// Never enrolled.
    #[error("this phone belongs to no organization yet; scan a ticket first")]
    NotEnrolled,
    /// The trust list.
    #[error(transparent)]
    Trust(#[from] TrustListError),
    /// The bundle's folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The outbox.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The platform's key store.
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    /// Sealing or reading.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// Not what one phone carries for another.
    #[error("this is not what one phone carries for another, or it was cut; hand it over again")]
    NotAParcel,
    /// Answers for other phones alone.
    #[error(
        "nothing in this is for this phone; ask the carrier for the newest, and hand over what waits again"
    )]
    NotForThisPhone,
    /// The server ordered it.
    #[error("this phone was wiped by order of the server; ask a supervisor for a new ticket")]
    Wiped,
    /// A command could not be obeyed.
    #[error("a command of the server could not be carried out: {0}")]
    Command(String),
}

impl SyncError {
    /// Whether the same may work later without anyone doing something.
    pub const fn passes(&self) -> bool {
        matches!(
            self,
            Self::Network(TransportError::Offline | TransportError::Broken)
                | Self::NotTheServer
                | Self::Busy
                | Self::Running
                | Self::Stopped
        )
    }

    /// The error in one word, for programs.
    pub fn code(&self) -> &str {
        match self {
            Self::Network(_) => "network",
            Self::NotTheServer => "not-the-server",
            Self::NotSigned => "not-signed",
            Self::Refused { code, .. } => code,
            Self::Busy => "busy",
            Self::UnknownDevice => "unknown-device",
            Self::Ticket => "ticket",
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::NotEnrolled => "not-enrolled",
            Self::Trust(_) => "trust",
            Self::Folder(_) => "bundle",
            Self::Store(_) => "store",
            Self::Keystore(_) => "keystore",
            Self::Wire(_) => "wire",
            Self::Random(_) => "randomness",
            Self::NotAParcel => "not-a-parcel",
            Self::NotForThisPhone => "not-for-this-phone",
            Self::Wiped => "wiped",
            Self::Command(_) => "command",
        }
    }
}
