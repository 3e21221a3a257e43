//! Every form as it was, and everything that a network, a carrier or a stranger could do to it.

mod documents;
mod facts;
mod packets;

use jiff::Timestamp;
use jiff::civil::date;

use super::fact::{Body, CardRef, Consent, Fact, Given, HolderCheck, Reason, Registered, Served, Subject};
use super::{DeviceId, PacketId};
use crate::card::code::CardCode;
use crate::card::key::Purpose;
use crate::card::signing::SigningKey;
use crate::ids::{Random, RandomError};
use crate::person::{BirthDate, Demographics, ExternalId, MpiId, Place, Sex};

/// Counts up, so that what is made is the same in each run.
struct Counter(u8);

impl Random for Counter {
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomError> {
        for byte in buffer {
            self.0 = self.0.wrapping_add(1);
            *byte = self.0;
        }
        Ok(())
    }
}

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

fn device_key() -> SigningKey {
    SigningKey::generate(Purpose::Device, &mut Counter(0)).unwrap()
}

fn device() -> DeviceId {
    DeviceId::of(&device_key().public())
}

fn packet_id(seed: u8) -> PacketId {
    PacketId::generate(now(), &mut Counter(seed)).unwrap()
}

fn mpi() -> MpiId {
    MpiId::parse("SN-DKR-26-9XQ7LM2A").unwrap()
}

fn person() -> Demographics {
    Demographics {
        given: "Mamadou Lamine".into(),
        family: "Ndiaye".into(),
        birth: Some(BirthDate::Age {
            years: 36,
            as_of: date(2026, 11, 25),
        }),
        sex: Sex::Male,
        place: Place {
            country: "SN".into(),
            region: "DKR".into(),
            district: "Pikine".into(),
            commune: "Thiaroye-sur-Mer".into(),
            village: "Grand Mbao".into(),
        },
        identifiers: vec![ExternalId {
            system: "cnam".into(),
            value: "1234".into(),
            verified: false,
        }],
        phone: Some("77 000 00 00".into()),
        mother: Some("Aïssatou Fall".into()),
        household: None,
    }
}

fn consent() -> Consent {
    Consent {
        text: "registration".into(),
        version: 2,
        language: "wo".into(),
        how: Given::Spoken,
    }
}

fn registered() -> Body {
    Body::Registered(Box::new(Registered {
        mpi: Some(mpi()),
        program: Some(3),
        person: person(),
        consent: consent(),
        same: None,
        distinct: vec![MpiId::parse("SN-DKR-26-9XQ7LM2B").unwrap()],
    }))
}

/// One fact of every kind.
fn facts() -> Vec<Fact> {
    let card = CardRef::Token([5; 32]);
    let code = CardRef::Code(CardCode::generate(&mut Counter(9)).unwrap());
    let someone = Subject::Mpi(mpi());
    let bodies = [
        registered(),
        Body::Corrected {
            subject: someone,
            person: Box::new(person()),
        },
        Body::CardBound {
            card,
            subject: Subject::Registration(packet_id(1)),
        },
        Body::CardHandedOver { card, subject: None },
        Body::CardReplaced {
            lost: Some(code),
            new: card,
            subject: someone,
            reason: Reason::Stolen,
        },
        Body::CardRevoked {
            card: code,
            reason: Reason::Objection,
        },
        Body::Served(Served {
            card: Some(card),
            subject: Some(someone),
            program: 3,
            round: "2026-11".into(),
            check: HolderCheck::Name,
        }),
        Body::Declined {
            program: None,
            consent: consent(),
        },
    ];
    let fact = |body| Fact {
        at: now(),
        user: 12,
        body,
    };
    bodies.into_iter().map(fact).collect()
}
