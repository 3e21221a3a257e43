//! What was scanned on this phone: when, with what verdict, for which campaign. Never who.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Seen;
use crate::store::{self, Change, Store, StoreError, Table};

/// Scans that are kept; older ones make room.
pub const MOST_LOGGED: u64 = 10_000;

/// A scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// When, by the phone's trusted time.
    pub at: Timestamp,
    /// The verdict in one word.
    pub finding: String,
    /// The campaign of the card, where the verdict says so.
    pub campaign: Option<String>,
    /// Typed, not scanned.
    pub typed: bool,
    /// Served before in this round.
    pub again: bool,
}

/// Logs what was seen.
pub fn log(store: &mut (impl Store + ?Sized), seen: &Seen, at: Timestamp) -> Result<(), StoreError> {
    let card = seen.verdict.finding.card();
    let entry = LogEntry {
        at,
        finding: seen.verdict.finding.name().to_owned(),
        campaign: card.and_then(|card| card.campaign.clone()),
        typed: seen.typed,
        again: seen.served.is_some(),
    };
    let mut changes = Vec::new();
    let newest = newest(store)?;
    changes.push(Change::put(
        Table::Scans,
        newest.wrapping_add(1).to_be_bytes(),
        store::to_json(&entry),
    ));
    if let Some(old) = newest.checked_sub(MOST_LOGGED) {
        changes.push(Change::remove(Table::Scans, old.to_be_bytes()));
    }
    changes.push(Change::put(
        Table::Settings,
        NEWEST,
        newest.wrapping_add(1).to_be_bytes(),
    ));
    store.commit(changes)
}

/// The setting that holds the number of the newest scan.
const NEWEST: &str = "newest_scan";

fn newest(store: &(impl Store + ?Sized)) -> Result<u64, StoreError> {
    let bytes = store.get(Table::Settings, NEWEST.as_bytes())?;
    bytes.map_or(Ok(0), |bytes| {
        let bytes = bytes.try_into().map_err(|_| StoreError::Damaged)?;
        Ok(u64::from_be_bytes(bytes))
    })
}

/// The log, the oldest first.
pub fn logged(store: &(impl Store + ?Sized)) -> Result<Vec<LogEntry>, StoreError> {
    let mut entries = Vec::new();
    store.each(Table::Scans, &mut |_, value| {
        entries.push(store::json(value)?);
        Ok(())
    })?;
    Ok(entries)
}
