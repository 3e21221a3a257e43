//! Who was served in which round on this phone: a second claim in the same round is shown.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::cards::key_of;
use crate::store::{self, Change, Store, StoreError, Table};
use crate::wire::fact::CardRef;

/// A card that was served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedNote {
    /// When first, by the phone's trusted time.
    pub at: Timestamp,
    /// By whom: the server's number.
    pub user: u64,
    /// How often in this round.
    pub times: u32,
}

fn key(program: u64, round: &str, card: &CardRef) -> Vec<u8> {
    let round = round.as_bytes();
    let length = (round.len() as u32).to_be_bytes();
    [&program.to_be_bytes(), &length[..], round, &key_of(card)].concat()
}

/// When a card was served in a round on this phone; none when it was not.
pub fn served_before(
    store: &(impl Store + ?Sized),
    program: u64,
    round: &str,
    card: &CardRef,
) -> Result<Option<ServedNote>, StoreError> {
    let note = store.get(Table::Served, &key(program, round, card))?;
    note.map(|bytes| store::json(&bytes)).transpose()
}

/// The change that notes that a card was served. The first time of the round stays.
pub fn put_served(
    before: Option<ServedNote>,
    (program, round): (u64, &str),
    card: &CardRef,
    (at, user): (Timestamp, u64),
) -> Change {
    let first = before.unwrap_or(ServedNote { at, user, times: 0 });
    let note = ServedNote {
        times: first.times.saturating_add(1),
        ..first
    };
    Change::put(Table::Served, key(program, round, card), store::to_json(&note))
}
