//! Where an agent's work becomes a fact.

use jiff::Timestamp;

use super::draft::DraftError;
use super::record::Record;
use crate::card::signing::SigningKey;
use crate::find::{Area, Who};
use crate::ids::{OsRandom, RandomError};
use crate::outbox::Packet;
use crate::store::{Change, Store, StoreError, Table};
use crate::wire::enroll::Setup;
use crate::wire::fact::{Body, Fact, Subject};
use crate::wire::packet::{SealedPacket, Sealer};
use crate::wire::{PacketId, WireError};

/// The setting that holds the last sequence number.
const SEQUENCE: &[u8] = b"sequence";

/// Everything that work at a phone needs: the open vault, the keys, and who works.
pub struct Desk<'a, S: ?Sized> {
    /// The vault.
    pub store: &'a mut S,
    /// Everyone whom the phone knows.
    pub area: &'a mut Area,
    /// Seals to the server.
    pub sealer: &'a mut Sealer,
    /// The device's key.
    pub signing: &'a SigningKey,
    /// What the phone may do.
    pub setup: &'a Setup,
    /// Who works: the server's number.
    pub user: u64,
    /// The phone's trusted time.
    pub now: Timestamp,
}

/// Why something was not done. Nothing of it was saved.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// The form.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Sealing.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// Nobody of this number or registration.
    #[error("this phone does not know the person; search again, or sync")]
    UnknownPerson,
    /// A card that is not a blank one.
    #[error("this card cannot be given: it is {0}, and only a blank one can; take another card")]
    NotBlank(&'static str),
    /// A text that is no card of one person.
    #[error("this is not a card that can be named; scan it again, or type the code that is printed on it")]
    NotACard,
    /// No round was named.
    #[error("name the round in which something is given, such as 2026-11")]
    NoRound,
}

impl<S: Store + ?Sized> Desk<'_, S> {
    /// Seals a fact and saves it with the changes that belong to it, in one commit.
    pub(super) fn write(
        &mut self,
        id: PacketId,
        body: Body,
        record: Record,
        mut changes: Vec<Change>,
    ) -> Result<Packet, RegisterError> {
        let sequence = last_sequence(self.store)? + 1;
        let fact = Fact {
            at: self.now,
            user: self.user,
            body,
        };
        let sealed = self.sealer.seal((id, sequence), &fact, self.signing)?;
        let packet = Packet {
            id,
            sequence,
            sealed: sealed.to_bytes(),
        };
        let record = Record { sequence, ..record };
        changes.push(record.put(id));
        changes.push(Change::put(
            Table::Handover,
            sequence.to_be_bytes(),
            packet.sealed.clone(),
        ));
        changes.push(Change::put(Table::Settings, SEQUENCE, sequence.to_be_bytes()));
        self.store.commit(changes)?;
        Ok(packet)
    }

    pub(super) fn new_id(&self) -> Result<PacketId, RandomError> {
        PacketId::generate(self.now, &mut OsRandom)
    }

    /// A record of what is being done; its sequence is set when it is written.
    pub(super) fn record(&self, kind: &str) -> Record {
        Record {
            kind: kind.to_owned(),
            sequence: 0,
            at: self.now,
            user: self.user,
            program: None,
            person: None,
            mpi: None,
            given: None,
            outcome: None,
        }
    }

    /// The person of a name, as facts name them.
    pub(super) fn subject(&self, who: &Who) -> Result<Subject, RegisterError> {
        if let Who::Registration(packet) = who {
            return match Record::get(self.store, *packet)? {
                None => Err(RegisterError::UnknownPerson),
                Some(record) => Ok(record.mpi.map_or(Subject::Registration(*packet), Subject::Mpi)),
            };
        }
        match who {
            Who::Mpi(id) if self.area.knows(who) => Ok(Subject::Mpi(*id)),
            _ => Err(RegisterError::UnknownPerson),
        }
    }
}

fn last_sequence(store: &(impl Store + ?Sized)) -> Result<u64, StoreError> {
    let bytes = store.get(Table::Settings, SEQUENCE)?;
    bytes.map_or(Ok(0), |bytes| {
        let bytes = bytes.try_into().map_err(|_| StoreError::Damaged)?;
        Ok(u64::from_be_bytes(bytes))
    })
}

/// The packets that the vault holds until their receipts were taken, by sequence: what an outbox is filled from.
pub fn handover(store: &(impl Store + ?Sized)) -> Result<Vec<Packet>, StoreError> {
    let mut packets = Vec::new();
    store.each(Table::Handover, &mut |_, sealed| {
        let packet = SealedPacket::from_bytes(sealed).map_err(|_| StoreError::Damaged)?;
        packets.push(Packet {
            id: packet.id,
            sequence: packet.sequence,
            sealed: sealed.to_vec(),
        });
        Ok(())
    })?;
    Ok(packets)
}
