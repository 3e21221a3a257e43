//! Phones: how they enter, what they send, what they are told, what they carry.
//!
//! A supervisor shows a ticket ([`ticket`]); the phone enrolls with its keys ([`enroll`]), opens sessions ([`session`]) and
//! sends packets, which [`ingest`] takes in: each once, whatever the network, another phone or a restored backup does.
//! Answers are signed; what else the server has to say waits as downlinks ([`downlink`]), sealed to the phone. Parts of
//! bundles are built once for all phones of an area ([`carry`]). Supervisors look after the phones of their area
//! ([`routes`]).
//!
//! Nothing that a phone says is believed for its own sake: a packet counts by the phone's signature, a person by their
//! rights in the phone's area, a number by its reservation, and no decision rests on a phone's clock.

mod body;
mod caller;
pub mod carry;
pub mod command;
pub mod downlink;
mod dto;
mod enroll;
mod ingest;
mod known;
mod pool;
mod relay;
pub mod routes;
mod session;
mod setup;
mod signer;
mod supervise;
pub mod sync;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod ticket;

pub use supervise::revoke;

use teranga_core::wire::{SealError, WireError};

use crate::card::store::CardError;
use crate::db::DbError;
use crate::mpi::MpiError;
use crate::problem::{Kind, Problem};

/// Why a phone did not get what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The database's own.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The index's own.
    #[error(transparent)]
    Mpi(#[from] MpiError),
    /// The cards' own.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The ticket is unknown, too old, or another phone's.
    #[error("the ticket does not count")]
    Ticket,
    /// No phone has this name.
    #[error("the phone is not known")]
    Unknown,
    /// The challenge is too old, was used, or is not ours.
    #[error("the challenge does not count")]
    Challenge,
    /// The phone was revoked.
    #[error("the phone was revoked")]
    Revoked,
    /// What came is not what a phone sends.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// A key of the server, or a part of a bundle, could not be had.
    #[error("{0}")]
    Failed(String),
}

impl From<sea_orm::DbErr> for DeviceError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Db(error.into())
    }
}

impl From<SealError> for DeviceError {
    fn from(error: SealError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<anyhow::Error> for DeviceError {
    fn from(error: anyhow::Error) -> Self {
        Self::Failed(format!("{error:#}"))
    }
}

impl From<std::io::Error> for DeviceError {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<DeviceError> for Problem {
    fn from(error: DeviceError) -> Self {
        match error {
            DeviceError::Db(error) => error.into(),
            DeviceError::Mpi(error) => error.into(),
            DeviceError::Card(CardError::Db(error)) => error.into(),
            DeviceError::Card(error) => Self::new(Kind::Conflict).because(error),
            DeviceError::Ticket => Self::new(Kind::TicketRefused),
            DeviceError::Unknown => Self::new(Kind::UnknownDevice),
            DeviceError::Challenge => Self::new(Kind::ChallengeRefused),
            DeviceError::Revoked => Self::new(Kind::DeviceRevoked),
            DeviceError::Wire(error) => Self::new(Kind::Malformed).saying(error.to_string()),
            DeviceError::Failed(cause) => Self::internal(cause),
        }
    }
}

#[cfg(test)]
mod tests;
