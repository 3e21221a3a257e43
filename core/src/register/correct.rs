//! Putting a person's data right.

use super::desk::{Desk, RegisterError};
use super::draft::check_person;
use super::record::Record;
use crate::clock::date_of;
use crate::find::Who;
use crate::outbox::Packet;
use crate::person::Demographics;
use crate::store::Store;
use crate::wire::fact::{Body, Subject};

impl<S: Store + ?Sized> Desk<'_, S> {
    /// Corrects a person: the whole record, as it stands now.
    pub fn correct(&mut self, who: &Who, person: &Demographics) -> Result<Packet, RegisterError> {
        check_person(person, self.setup, date_of(self.now))?;
        let subject = self.subject(who)?;
        let id = self.new_id()?;
        let body = Body::Corrected {
            subject,
            person: Box::new(person.clone()),
        };
        let (mpi, mut changes) = match subject {
            Subject::Mpi(mpi) => (Some(mpi), Vec::new()),
            Subject::Registration(registration) => {
                let mut first =
                    Record::get(&*self.store, registration)?.ok_or(RegisterError::UnknownPerson)?;
                first.person = Some(Box::new(person.clone()));
                (None, vec![first.put(registration)])
            }
        };
        let record = Record {
            person: Some(Box::new(person.clone())),
            mpi,
            ..self.record(body.name())
        };
        let packet = self.write(id, body, record, std::mem::take(&mut changes))?;
        self.area.put(*who, person);
        Ok(packet)
    }
}
