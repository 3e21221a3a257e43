//! Campaigns make cards by the million.
//!
//! A campaign has **beneficiaries**: identities of the index, each once ([`people`]). A **run** makes the cards of all who
//! have none ([`run`]): quota is reserved, a job cuts the people into **shards** ([`plan`]), and each shard is a job
//! ([`shard`]) that signs, draws and reads back its cards on this machine's disk, puts its PDF and ZIP into the object
//! store, and writes cards, files and counts in the transaction that completes it ([`results`]). Nothing counts before
//! that; whatever a worker that died had drawn was never a card. Beneficiaries whose card cannot be drawn are left out
//! with a reason, and their quota goes back.
//!
//! How far a run is, is what its shards' rows say ([`view`]), whoever asks and whatever was restarted.

mod card_routes;
pub mod command;
pub(crate) mod dto;
mod expire;
pub(crate) mod files;
mod issuing;
mod live;
mod order;
mod people;
mod plan;
pub(crate) mod press;
pub(crate) mod quota;
mod reprint;
mod request;
mod results;
pub mod routes;
mod run;
mod shard;
mod view;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(test)]
mod tests;

pub use expire::Expire;
pub use files::{Artifact, artifact, serve};
pub use issuing::{Reissued, host, issuer, keys, reissue, row, sealed};
pub use people::{Add, Filter, add};
pub use plan::Plan;
pub use quota::{Quota, grant, quota};
pub use request::{Making, Sheet};
pub use run::{cancel, retry, start};
pub use shard::Shard;
pub use view::{RunView, view};

use crate::db::DbError;
use crate::queue::{Failure, Kinds};

/// Adds the jobs of campaigns to those that a process knows.
pub fn register(kinds: Kinds) -> Kinds {
    kinds.with::<Add>().with::<Plan>().with::<Shard>().with_every(
        "campaign.expire",
        std::time::Duration::from_secs(3600),
        &Expire {},
    )
}

/// Why a campaign did not do as asked. No message holds personal data.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// The database's own.
    #[error(transparent)]
    Db(#[from] DbError),
    /// There is no such campaign, run or card.
    #[error("there is nothing of this number")]
    Unknown,
    /// More cards than the organization may make.
    #[error(
        "{wanted} cards are wanted and {left} are left in the organization's quota; ask for more, or make fewer"
    )]
    Quota {
        /// How many are wanted.
        wanted: i64,
        /// How many are left.
        left: i64,
    },
    /// What was asked does not fit what is there.
    #[error("{0}")]
    Refused(&'static str),
}

impl From<CampaignError> for Failure {
    fn from(error: CampaignError) -> Self {
        match error {
            CampaignError::Db(error) => error.into(),
            other => Self::never(other),
        }
    }
}
