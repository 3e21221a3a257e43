//! The Master Patient Index of an organisation.
//!
//! [`resolve()`] is the one entrance: it finds candidates by blocking keys, lets the core's matcher judge them, and links
//! the registration or gives it a number of its own. [`Index`] resolves together what comes at the same time. Every registration stays a row; [`merge`] and [`undo`] only set and
//! clear whom it stands under, so that undoing restores both exactly. What happened is written down as facts.

mod bond;
mod candidates;
mod correct;
mod decide;
pub mod dto;
mod index;
mod keys;
mod ready;
mod rebuild;
pub mod reserved;
mod resolve;
pub mod routes;
pub mod search;
mod store;
mod weights;

pub use bond::{find, merge, structure, tell_apart, undo};
pub use correct::{correct, deactivate, get, link};
pub use index::Index;
pub use rebuild::{rebuild, rebuild_in_background};
pub use resolve::{Near, Outcome, Outcomes, Registration, locks, resolve};
pub use weights::{keep, promote};

use crate::db::DbError;

/// Why the index did not do as asked. No message holds personal data.
#[derive(Debug, thiserror::Error)]
pub enum MpiError {
    /// The database's own.
    #[error(transparent)]
    Db(#[from] DbError),
    /// No number could be made.
    #[error(transparent)]
    Number(#[from] teranga_core::person::GenerateError),
    /// Nobody has the number.
    #[error("no identity has this number; compare it with the card")]
    Unknown,
    /// A key came again with something else.
    #[error("this key was used for another registration; send a new key with a new person")]
    OtherKey,
    /// The record is not as it was read.
    #[error("the record was changed by someone else meanwhile; read it again")]
    Changed,
    /// An identifier is another person's.
    #[error("another identity has this identifier; look it up, and merge the two if they are one person")]
    Taken,
    /// What was asked does not fit what is there.
    #[error("{0}")]
    Refused(&'static str),
}

impl From<sea_orm::DbErr> for MpiError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Db(error.into())
    }
}

#[cfg(test)]
mod faults;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
