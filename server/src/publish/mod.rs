//! What phones and portals know of cards, built by a job and put into the object store: the trust list, the status list
//! and its deltas, the `registry.json` of each campaign, and the bundle that names them, each numbered and signed.
//!
//! A job is wanted after each run, each revocation and each re-issue ([`wanted`]); however many want one, one is
//! enqueued, and one runs at a time. A list speaks of the cards issued before a midnight, so that a new one is built once
//! a day, and deltas carry it forward until then. It never speaks of a day on which a run that is under way still issues
//! cards.

mod cards;
mod job;
mod portal;
mod record;
pub mod routes;
mod status;
mod trust;

pub use job::Publish;
pub use record::{Publication, publications};

use crate::db::{DbError, Tx};
use crate::queue::{self, Kinds, NewJob};

/// Adds the job that publishes to those that a process knows.
pub fn register(kinds: Kinds) -> Kinds {
    kinds.with::<Publish>().with_every(
        "publish.hourly",
        std::time::Duration::from_secs(3600),
        &job::Hourly {},
    )
}

/// Says that an organization's cards changed, in the transaction of the change.
pub async fn wanted(tx: &Tx, organisation: i64, at: i64) -> Result<(), DbError> {
    let job = NewJob::new(Publish { organisation }, at).single(format!("publish:{organisation}"));
    queue::enqueue(tx, &job).await?;
    Ok(())
}
