//! The Master Patient Index of an organisation.
//!
//! [`resolve()`] is the one entrance: it finds candidates by blocking keys, lets the core's matcher judge them, and links
//! the registration or gives it a number of its own. Every registration stays a row; [`merge`] and [`undo`] only set and
//! clear whom it stands under, so that undoing restores both exactly. What happened is written down as facts.

mod bond;
mod candidates;
mod resolve;
mod store;

pub use bond::{find, merge, structure, tell_apart, undo};
pub use resolve::{Outcome, Registration, locks, resolve};

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
mod tests;
