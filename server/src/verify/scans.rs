//! How often cards are looked at: counts by campaign, verdict and day. No address, no card, no time of day.
//!
//! A request only adds to a number in memory. The numbers go to the database every [`PAUSE`] and when the server stops,
//! in one write; when that fails they are kept and tried again. A crash loses at most [`PAUSE`] of counting.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;
use teranga_core::clock;

use super::answer::{Answer, Outcome};
use crate::db::{Db, DbError, Tx, sql};

/// Between two writes.
pub const PAUSE: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Cell {
    day: Date,
    campaign: i64,
    outcome: Outcome,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Label {
    verdict: &'static str,
}

/// What was counted and is not written yet, and the totals for Prometheus, which know no campaign.
pub struct Scans {
    waiting: Mutex<HashMap<Cell, i64>>,
    family: Family<Label, Counter>,
    totals: [Counter; Outcome::ALL.len()],
}

impl Default for Scans {
    fn default() -> Self {
        let family = Family::<Label, Counter>::default();
        let total = |outcome: Outcome| {
            let verdict = outcome.name();
            family.get_or_create_owned(&Label { verdict })
        };
        Self {
            waiting: Mutex::default(),
            totals: Outcome::ALL.map(total),
            family,
        }
    }
}

impl Scans {
    /// Adds the totals to what Prometheus reads.
    pub fn register(&self, registry: &mut Registry) {
        registry.register("card_scans", "Cards looked at by the public", self.family.clone());
    }

    /// Counts an answer.
    pub fn count(&self, answer: &Answer, now: Timestamp) {
        let cell = Cell {
            day: clock::date_of(now),
            campaign: answer.campaign.as_ref().map_or(0, |face| face.counted_as),
            outcome: answer.outcome,
        };
        self.totals[answer.outcome as usize].inc();
        *self.waiting().entry(cell).or_insert(0) += 1;
    }

    /// Writes what was counted since the last write.
    pub async fn flush(&self, db: &Db) -> Result<(), DbError> {
        let counted = std::mem::take(&mut *self.waiting());
        if counted.is_empty() {
            return Ok(());
        }
        let rows: Vec<(Cell, i64)> = counted.into_iter().collect();
        let kept = rows.clone();
        let written = db
            .write(move |tx| Box::pin(async move { add(tx, &rows).await }))
            .await;
        if written.is_err() {
            let mut waiting = self.waiting();
            for (cell, scans) in kept {
                *waiting.entry(cell).or_insert(0) += scans;
            }
        }
        written
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, HashMap<Cell, i64>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn add(tx: &Tx, rows: &[(Cell, i64)]) -> Result<(), DbError> {
    const ADD: &str = "INSERT INTO scan_counts (day, campaign, verdict, scans) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (day, campaign, verdict) DO UPDATE SET scans = scan_counts.scans + excluded.scans";
    // In one order, so that two servers never wait for each other.
    let mut rows: Vec<_> = rows
        .iter()
        .map(|(cell, scans)| {
            (
                clock::day_number(cell.day),
                cell.campaign,
                cell.outcome.name(),
                *scans,
            )
        })
        .collect();
    rows.sort_unstable();
    for (day, campaign, verdict, scans) in rows {
        let row = [day.into(), campaign.into(), verdict.into(), scans.into()];
        sql::run(tx, ADD, row).await?;
    }
    Ok(())
}
