//! What was done on this phone, and what the server said to it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::person::{Demographics, MpiId};
use crate::store::{self, Change, Store, StoreError, Table};
use crate::wire::PacketId;
use crate::wire::receipt::Outcome;

/// One thing that was done, by the id of its packet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What kind of fact it is, in one word.
    pub kind: String,
    /// The number of its packet on this device.
    pub sequence: u64,
    /// When, by the phone's trusted time.
    pub at: Timestamp,
    /// By whom: the server's number.
    pub user: u64,
    /// In which program.
    pub program: Option<u64>,
    /// Of a registration or correction: the person.
    pub person: Option<Box<Demographics>>,
    /// The number of the person, where there is one.
    pub mpi: Option<MpiId>,
    /// The number that the phone gave from its pool, when the server has found another for the person. Both lead to them.
    pub given: Option<MpiId>,
    /// What the server said; none while it was not asked.
    pub outcome: Option<Outcome>,
}

impl std::fmt::Debug for Record {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Record({} {}, [withheld])", self.kind, self.sequence)
    }
}

impl Record {
    pub(super) fn put(&self, id: PacketId) -> Change {
        Change::put(Table::Registrations, id.to_bytes(), store::to_json(self))
    }

    pub(super) fn get(store: &(impl Store + ?Sized), id: PacketId) -> Result<Option<Self>, StoreError> {
        let bytes = store.get(Table::Registrations, &id.to_bytes())?;
        bytes.map(|bytes| store::json(&bytes)).transpose()
    }
}

/// Hands everything that was done to a visitor, by packet id.
pub fn records(
    store: &(impl Store + ?Sized),
    visit: &mut dyn FnMut(PacketId, Record),
) -> Result<(), StoreError> {
    store.each(Table::Registrations, &mut |key, value| {
        let id = key.try_into().ok().and_then(|id| PacketId::from_bytes(id).ok());
        visit(id.ok_or(StoreError::Damaged)?, store::json(value)?);
        Ok(())
    })
}
