//! Taking what the server said into the vault, once it is open.

use super::pool;
use super::record::Record;
use crate::find::{Area, Who, person_change};
use crate::outbox::{Incoming, Kind, Outbox};
use crate::person::MpiId;
use crate::store::{Change, Store, StoreError, Table};
use crate::wire::downlink::{Item, Message};
use crate::wire::receipt::{Outcome, Receipt, open_assigned};
use crate::wire::{Base64, DeviceId, DeviceKey, PacketId};

/// Messages that are taken in one commit.
const AT_ONCE: usize = 500;

/// What was taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Absorbed {
    /// Messages that were understood.
    pub taken: u64,
    /// Messages that could not be read. They are put aside; the others were taken all the same.
    pub unreadable: u64,
}

/// Takes everything that waits in the outbox's inbox. Each commit of the vault comes before the inbox is emptied, and
/// everything may be taken twice.
pub fn absorb(
    store: &mut (impl Store + ?Sized),
    area: &mut Area,
    outbox: &mut Outbox,
    (device, vault): (DeviceId, &DeviceKey),
) -> Result<Absorbed, StoreError> {
    let mut absorbed = Absorbed::default();
    loop {
        let inbox = outbox.inbox(AT_ONCE)?;
        let Some((last, _)) = inbox.last() else {
            return Ok(absorbed);
        };
        let last = *last;
        for (_, incoming) in inbox {
            // Each is committed before the next is read: two may be about one record.
            match changes(&*store, area, &incoming, (device, vault))? {
                Some(changes) => {
                    store.commit(changes)?;
                    absorbed.taken += 1;
                }
                None => absorbed.unreadable += 1,
            }
        }
        outbox.absorbed(last)?;
    }
}

/// The changes of a message; none when it cannot be read.
fn changes(
    store: &(impl Store + ?Sized),
    area: &mut Area,
    incoming: &Incoming,
    (device, vault): (DeviceId, &DeviceKey),
) -> Result<Option<Vec<Change>>, StoreError> {
    let body = &incoming.body;
    match incoming.kind {
        Kind::Receipt => match serde_json::from_slice::<Receipt>(body) {
            Ok(receipt) => decided(store, receipt.packet, receipt.outcome, Some(receipt.sequence)).map(Some),
            Err(_) => Ok(None),
        },
        Kind::Assigned => match open_assigned(vault, device, &Base64(body.clone())) {
            Ok(assigned) => {
                let mut all = Vec::new();
                for one in assigned {
                    all.extend(numbered(store, area, one.packet, one.mpi)?);
                }
                Ok(Some(all))
            }
            Err(_) => Ok(None),
        },
        Kind::Item => {
            let item: Option<Item> = serde_json::from_slice(body).ok();
            match item.and_then(|item| item.open(device, vault).ok()) {
                Some(message) => told(store, area, message).map(Some),
                None => Ok(None),
            }
        }
        Kind::Message => match serde_json::from_slice(body) {
            Ok(message) => told(store, area, message).map(Some),
            Err(_) => Ok(None),
        },
    }
}

fn told(store: &(impl Store + ?Sized), area: &mut Area, message: Message) -> Result<Vec<Change>, StoreError> {
    match message {
        Message::Decided { packet, outcome } => decided(store, packet, outcome, None),
        Message::Pool(pool) => pool::put_pool(store, &pool),
        Message::Numbered { packet, mpi } => numbered(store, area, packet, mpi),
        Message::Corrected { mpi, person } => {
            let change = person_change(store, mpi, &person)?;
            area.put(Who::Mpi(mpi), &person);
            Ok(vec![change])
        }
        // Commands, obeyed before the vault was opened.
        Message::Lock | Message::Unlock | Message::Wipe | Message::EnableUser { .. } | Message::Setup(_) => {
            Ok(Vec::new())
        }
    }
}

fn decided(
    store: &(impl Store + ?Sized),
    packet: PacketId,
    outcome: Outcome,
    sequence: Option<u64>,
) -> Result<Vec<Change>, StoreError> {
    let mut changes = Vec::new();
    if let Some(sequence) = sequence.filter(|_| outcome.is_final()) {
        changes.push(Change::remove(Table::Handover, sequence.to_be_bytes()));
    }
    if let Some(mut record) = Record::get(store, packet)? {
        // Of work that was done as it should there is nothing left to see.
        let done = outcome == Outcome::Accepted && record.person.is_none();
        record.outcome = Some(outcome);
        changes.push(if done {
            Change::remove(Table::Registrations, packet.to_bytes())
        } else {
            record.put(packet)
        });
    }
    Ok(changes)
}

fn numbered(
    store: &(impl Store + ?Sized),
    area: &mut Area,
    packet: PacketId,
    mpi: MpiId,
) -> Result<Vec<Change>, StoreError> {
    let Some(mut record) = Record::get(store, packet)? else {
        return Ok(Vec::new());
    };
    let before = record.mpi.replace(mpi);
    if before == Some(mpi) {
        return Ok(Vec::new());
    }
    record.given = record.given.or(before);
    area.remove(&before.map_or(Who::Registration(packet), Who::Mpi));
    if let Some(person) = record.person.as_ref().filter(|_| !area.knows(&Who::Mpi(mpi))) {
        area.put(Who::Mpi(mpi), person);
    }
    Ok(vec![record.put(packet)])
}
