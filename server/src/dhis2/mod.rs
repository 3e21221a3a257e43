//! DHIS2, read and never written.
//!
//! [`client`] reads a server of any version from 2.36 and can send nothing but GET. An organization has one
//! [`connection`](connection()); each of its programs has a [`mapping`] of attributes, which the guard of sensitive data
//! watches. [`sync`] reads who changed, page by page, and brings everyone to the index by the one door that phones use
//! too; what became of each enrollment is written down. [`replay`] is a DHIS2 server of invented people, for tests,
//! benchmarks and the demo.

mod card;
pub mod client;
pub mod command;
mod connection;
pub mod dto;
mod generate;
mod jobs;
pub mod mapping;
mod person;
mod programme;
pub mod replay;
pub mod routes;
pub mod sync;

pub use connection::{Connection, Manners, breaker, change_breaker, connection};
pub use jobs::{Due, Sync, register};
pub use programme::{Programme, connect, map, programme, programmes, schedule};

use client::ClientError;

use crate::db::DbError;
use crate::mpi::MpiError;

/// Why something about DHIS2 was not done. No message holds personal data.
#[derive(Debug, thiserror::Error)]
pub enum Dhis2Error {
    /// The database's own.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The server could not be read.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The index's own.
    #[error(transparent)]
    Index(MpiError),
    /// Nothing is connected.
    #[error("no DHIS2 server is connected; test a connection first")]
    NotConnected,
    /// The program is not there.
    #[error("the DHIS2 server has no tracker program with this UID that the account may see")]
    UnknownProgramme,
    /// The enrollment is not there.
    #[error("no enrollment of this program has this UID")]
    NoSuchEnrollment,
    /// The program has no mapping.
    #[error("the program's attributes are not mapped yet; assign codes first")]
    NotMapped,
    /// A mapping that cannot be.
    #[error("{0}")]
    Mapping(&'static str),
    /// Another sync of the program runs.
    #[error("another sync of this program is under way; wait for its end")]
    UnderWay,
}

impl From<MpiError> for Dhis2Error {
    fn from(error: MpiError) -> Self {
        match error {
            MpiError::Db(error) => Self::Db(error),
            other => Self::Index(other),
        }
    }
}

impl From<sea_orm::DbErr> for Dhis2Error {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Db(error.into())
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
