//! Saving a new person, or that someone declined.

use super::desk::{Desk, RegisterError};
use super::draft::{Draft, check_consent, check_program};
use super::pool;
use super::record::Record;
use crate::clock::date_of;
use crate::find::{Alike, Who};
use crate::outbox::Packet;
use crate::person::{Demographics, MpiId};
use crate::store::Store;
use crate::wire::PacketId;
use crate::wire::fact::{Body, Consent, Registered};

/// A registration that is safe on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its packet, to be put in the outbox.
    pub packet: Packet,
    /// The final id of the person; none when the pool was empty: then the receipt brings it.
    pub mpi: Option<MpiId>,
}

impl Saved {
    /// Under which name the phone knows the person.
    pub fn who(&self) -> Who {
        self.mpi.map_or(Who::Registration(self.packet.id), Who::Mpi)
    }
}

impl<S: Store + ?Sized> Desk<'_, S> {
    /// Who could be the person of a form: shown while it is filled, before anything is saved.
    pub fn alike(&self, person: &Demographics) -> Result<Vec<Alike>, RegisterError> {
        Ok(self.area.alike(person, &*self.store)?)
    }

    /// Registers a person. The id is final at once; an empty pool blocks nothing.
    pub fn register(&mut self, draft: &Draft) -> Result<Saved, RegisterError> {
        let today = date_of(self.now);
        draft.check(self.setup, today)?;
        let id = self.new_id()?;
        let place = pool::place(self.setup, &draft.person.place);
        let (mpi, changes) = match pool::take(&*self.store, place, today)? {
            Some((mpi, changes)) => (Some(mpi), changes.into()),
            None => (None, Vec::new()),
        };
        let body = Body::Registered(Box::new(Registered {
            mpi,
            program: draft.program,
            person: draft.person.clone(),
            consent: draft.consent.clone(),
            same: draft.same,
            distinct: draft.distinct.clone(),
        }));
        let record = Record {
            program: draft.program,
            person: Some(Box::new(draft.person.clone())),
            mpi,
            ..self.record(body.name())
        };
        let packet = self.write(id, body, record, changes)?;
        let saved = Saved { packet, mpi };
        self.area.put(saved.who(), &draft.person);
        Ok(saved)
    }

    /// Notes that someone declined to be registered. Nothing about them is kept.
    pub fn decline(&mut self, program: Option<u64>, consent: Consent) -> Result<Packet, RegisterError> {
        check_consent(&consent, self.setup)?;
        check_program(program, self.setup)?;
        let id: PacketId = self.new_id()?;
        let body = Body::Declined { program, consent };
        let record = Record {
            program,
            ..self.record(body.name())
        };
        self.write(id, body, record, Vec::new())
    }
}
