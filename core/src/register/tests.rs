use std::path::PathBuf;

use super::*;
use crate::card::key::{Kid, Purpose};
use crate::card::signing::SigningKey;
use crate::find::{Area, Question, Who};
use crate::ids::OsRandom;
use crate::outbox::{Incoming, Kind, Outbox};
use crate::person::{BirthDate, Demographics, MpiId, Sex};
use crate::registry::bundle::keys;
use crate::scan::testing::{CAMPAIGN, World, consent, now, setup};
use crate::scan::{Eyes, Lists, Seen};
use crate::store::{Memory, Store as _, Table};
use crate::wire::downlink::{Blank, Message, Pool};
use crate::wire::enroll::{DeviceKeys, Setup};
use crate::wire::fact::{Body, Fact, HolderCheck, Reason, Subject};
use crate::wire::packet::{Opener, SealedPacket, Sealer};
use crate::wire::receipt::{Assigned, Outcome, Receipt, seal_assigned};
use crate::wire::{DeviceId, DeviceKey, PacketId};

/// A phone that was set up, and the server's key to read what it sends.
struct Phone {
    world: World,
    store: Memory,
    area: Area,
    sealer: Sealer,
    signing: SigningKey,
    vault: DeviceKey,
    setup: Setup,
    folder: tempfile::TempDir,
}

impl Phone {
    fn new() -> Self {
        let world = World::new();
        let signing = SigningKey::generate(Purpose::Device, &mut OsRandom).unwrap();
        let sync = keys::public_half(&world.sync);
        let device = DeviceId::of(&signing.public());
        Self {
            sealer: Sealer::new(device, Kid::of(&sync), &sync, &mut OsRandom).unwrap(),
            area: Area::load(&Memory::default()).unwrap(),
            store: Memory::default(),
            vault: DeviceKey::generate(&mut OsRandom).unwrap(),
            setup: setup(),
            folder: tempfile::tempdir().unwrap(),
            world,
            signing,
        }
    }

    fn with_pool(codes: &[&str]) -> Self {
        let mut phone = Self::new();
        let pool = Pool {
            codes: codes.iter().map(|code| (*code).to_owned()).collect(),
            blanks: Vec::new(),
        };
        phone.fill(&pool);
        phone
    }

    fn fill(&mut self, pool: &Pool) {
        let changes = put_pool(&self.store, pool).unwrap();
        self.store.commit(changes).unwrap();
    }

    fn desk(&mut self) -> Desk<'_, Memory> {
        Desk {
            store: &mut self.store,
            area: &mut self.area,
            sealer: &mut self.sealer,
            signing: &self.signing,
            setup: &self.setup,
            user: 8,
            now: now(),
        }
    }

    fn device(&self) -> DeviceId {
        DeviceId::of(&self.signing.public())
    }

    /// What the server reads.
    fn fact(&self, sealed: &[u8]) -> Fact {
        let packet = SealedPacket::from_bytes(sealed).unwrap();
        packet.verify(&self.signing.public()).unwrap();
        let opener = Opener::new(packet.device, packet.envelope, &self.world.sync).unwrap();
        opener.open(&packet).unwrap()
    }

    fn look(&self, text: &str) -> Seen {
        let bundle = tempfile::tempdir().unwrap();
        let lists: Lists = self.world.lists(bundle.path(), &[]);
        let eyes = Eyes {
            lists: &lists,
            numbers: None,
            store: &self.store,
            campaign: Some(CAMPAIGN),
            round: None,
            device: now(),
            floor: None,
        };
        eyes.scan(text).unwrap()
    }

    fn outbox(&self) -> Outbox {
        let path: PathBuf = self.folder.path().join("outbox");
        Outbox::open(&path).unwrap()
    }

    fn absorb(&mut self, incoming: &[Incoming]) -> Absorbed {
        let mut outbox = self.outbox();
        outbox.receive(&[], incoming, &[]).unwrap();
        let key = (self.device(), &self.vault);
        absorb(&mut self.store, &mut self.area, &mut outbox, key).unwrap()
    }

    fn record(&self, id: PacketId) -> Option<Record> {
        Record::get(&self.store, id).unwrap()
    }

    fn found(&self, name: &str) -> usize {
        let question = Question {
            name: name.into(),
            ..Question::default()
        };
        self.area.search(&question, 10, &self.store).unwrap().people.len()
    }
}

fn awa() -> Demographics {
    Demographics {
        given: "Awa".into(),
        family: "Ndiaye".into(),
        birth: Some(BirthDate::Day(jiff::civil::date(1990, 5, 17))),
        sex: Sex::Female,
        ..Demographics::default()
    }
}

fn draft(person: Demographics) -> Draft {
    Draft {
        person,
        program: Some(3),
        consent: consent(),
        same: None,
        distinct: Vec::new(),
    }
}

fn receipt(packet: PacketId, sequence: u64, outcome: Outcome) -> Incoming {
    let receipt = Receipt {
        packet,
        sequence,
        outcome,
    };
    Incoming {
        kind: Kind::Receipt,
        body: serde_json::to_vec(&receipt).unwrap(),
    }
}

#[test]
fn a_registration_gets_its_final_id_and_waits_as_a_sealed_fact() {
    let mut phone = Phone::with_pool(&["9XQ7LM2A", "8WQ6KM1B"]);
    let saved = phone.desk().register(&draft(awa())).unwrap();
    let mpi = MpiId::parse("SN-KLD-26-8WQ6KM1B").unwrap();
    assert_eq!((saved.mpi, saved.packet.sequence), (Some(mpi), 1));
    assert_eq!(codes_left(&phone.store).unwrap(), 1);
    let fact = phone.fact(&saved.packet.sealed);
    let Body::Registered(registered) = &fact.body else {
        panic!("{:?}", fact.body);
    };
    assert_eq!(
        (fact.user, registered.mpi, &registered.person),
        (8, Some(mpi), &awa())
    );
    assert_eq!(registered.consent, consent());
    assert_eq!(
        handover(&phone.store).unwrap(),
        std::slice::from_ref(&saved.packet)
    );
    assert_eq!(phone.found("Awa Njie"), 1);
    let next = phone.desk().register(&draft(awa())).unwrap();
    assert_eq!(next.packet.sequence, 2);
    assert_ne!(next.mpi, saved.mpi);
}

#[test]
fn an_empty_pool_blocks_nothing_and_the_receipt_brings_the_id() {
    let mut phone = Phone::new();
    let saved = phone.desk().register(&draft(awa())).unwrap();
    assert_eq!(saved.mpi, None);
    assert_eq!(
        phone
            .area
            .show(&saved.who(), &phone.store)
            .unwrap()
            .unwrap()
            .given,
        "Awa"
    );
    let mpi = MpiId::parse("SN-KLD-26-9XQ7LM2A").unwrap();
    let assigned = [Assigned {
        packet: saved.packet.id,
        mpi,
    }];
    let sealed = seal_assigned(&phone.vault.public(), phone.device(), &assigned, &mut OsRandom).unwrap();
    let incoming = [
        receipt(saved.packet.id, 1, Outcome::Accepted),
        Incoming {
            kind: Kind::Assigned,
            body: sealed.0,
        },
    ];
    assert_eq!(
        phone.absorb(&incoming),
        Absorbed {
            taken: 2,
            unreadable: 0
        }
    );
    assert_eq!(phone.record(saved.packet.id).unwrap().mpi, Some(mpi));
    assert!(phone.area.knows(&Who::Mpi(mpi)) && !phone.area.knows(&saved.who()));
    assert_eq!(phone.found("Awa"), 1);
    assert_eq!(handover(&phone.store).unwrap(), []);
}

#[test]
fn a_person_who_was_known_keeps_both_numbers() {
    let mut phone = Phone::with_pool(&["9XQ7LM2A"]);
    let saved = phone.desk().register(&draft(awa())).unwrap();
    let survivor = MpiId::parse("SN-DKR-24-000000ZZ").unwrap();
    let message = Message::Numbered {
        packet: saved.packet.id,
        mpi: survivor,
    };
    let keys = DeviceKeys {
        signing: phone.signing.public().0,
        transport: [9; 32],
        vault: phone.vault.public(),
    };
    let item = message.seal(1, (phone.device(), &keys), &mut OsRandom).unwrap();
    let incoming = Incoming {
        kind: Kind::Item,
        body: serde_json::to_vec(&item).unwrap(),
    };
    for _ in 0..2 {
        phone.absorb(&[receipt(saved.packet.id, 1, Outcome::Linked), incoming.clone()]);
        let record = phone.record(saved.packet.id).unwrap();
        assert_eq!((record.mpi, record.given), (Some(survivor), saved.mpi));
        assert_eq!(record.outcome, Some(Outcome::Linked));
        assert_eq!(phone.found("Awa"), 1);
    }
}

#[test]
fn a_pool_that_comes_again_frees_no_id_that_was_given() {
    let mut phone = Phone::with_pool(&["9XQ7LM2A"]);
    phone.desk().register(&draft(awa())).unwrap();
    let again = Pool {
        codes: vec!["9XQ7LM2A".into(), "not one".into()],
        blanks: Vec::new(),
    };
    phone.fill(&again);
    assert_eq!(
        phone.desk().register(&draft(awa())).unwrap().mpi,
        None,
        "what is no code is passed over"
    );
}

#[test]
fn what_cannot_be_read_is_put_aside_and_the_rest_is_taken() {
    let mut phone = Phone::new();
    let saved = phone.desk().register(&draft(awa())).unwrap();
    let junk = [Kind::Receipt, Kind::Assigned, Kind::Item, Kind::Message].map(|kind| Incoming {
        kind,
        body: b"junk".to_vec(),
    });
    let mut incoming = junk.to_vec();
    incoming.push(receipt(saved.packet.id, 1, Outcome::Review));
    assert_eq!(
        phone.absorb(&incoming),
        Absorbed {
            taken: 1,
            unreadable: 4
        }
    );
    assert_eq!(
        phone.record(saved.packet.id).unwrap().outcome,
        Some(Outcome::Review)
    );
}

#[test]
fn a_packet_that_is_not_taken_yet_stays() {
    let mut phone = Phone::new();
    let saved = phone.desk().register(&draft(awa())).unwrap();
    let later = Outcome::Later { why: "busy".into() };
    phone.absorb(&[receipt(saved.packet.id, 1, later)]);
    assert_eq!(handover(&phone.store).unwrap().len(), 1);
}

#[test]
fn a_form_that_cannot_be_is_told_what_is_wrong_and_saves_nothing() {
    let mut phone = Phone::with_pool(&["9XQ7LM2A"]);
    type Case = (fn(&mut Draft), DraftError);
    let cases: [Case; 6] = [
        (
            |draft| (draft.person.given, draft.person.family) = ("123".into(), String::new()),
            DraftError::NoName,
        ),
        (
            |draft| draft.person.place.village = "x".repeat(201),
            DraftError::TooLong("village"),
        ),
        (|draft| draft.consent.version = 1, DraftError::Consent),
        (|draft| draft.consent.language = "fr".into(), DraftError::Consent),
        (|draft| draft.program = Some(99), DraftError::Program),
        (
            |draft| draft.person.birth = Some(BirthDate::Year(2030)),
            DraftError::Birth(crate::person::BirthDateError::Future),
        ),
    ];
    for (spoil, expected) in cases {
        let mut spoilt = draft(awa());
        spoil(&mut spoilt);
        let error = phone.desk().register(&spoilt).unwrap_err();
        assert!(
            matches!(error, RegisterError::Draft(found) if found == expected),
            "{error}"
        );
    }
    assert_eq!(handover(&phone.store).unwrap(), []);
    assert_eq!(codes_left(&phone.store).unwrap(), 1);
}

#[test]
fn declining_is_noted_and_nothing_about_the_person() {
    let mut phone = Phone::new();
    let packet = phone.desk().decline(Some(3), consent()).unwrap();
    let fact = phone.fact(&packet.sealed);
    assert!(matches!(fact.body, Body::Declined { program: Some(3), .. }));
    assert_eq!(phone.record(packet.id).unwrap().person, None);
    phone.absorb(&[receipt(packet.id, 1, Outcome::Accepted)]);
    assert_eq!(phone.record(packet.id), None, "work that was done leaves nothing");
}

#[test]
fn a_correction_reaches_the_server_and_the_search() {
    let mut phone = Phone::new();
    let saved = phone.desk().register(&draft(awa())).unwrap();
    let mut right = awa();
    right.given = "Coumba".into();
    let packet = phone.desk().correct(&saved.who(), &right).unwrap();
    let Body::Corrected { subject, person } = phone.fact(&packet.sealed).body else {
        panic!("another fact");
    };
    assert_eq!(
        (subject, *person),
        (Subject::Registration(saved.packet.id), right.clone())
    );
    assert_eq!((phone.found("Awa"), phone.found("Coumba")), (0, 1));
    assert_eq!(
        phone.record(saved.packet.id).unwrap().person.as_deref(),
        Some(&right)
    );
    let stranger = Who::Mpi(MpiId::parse("SN-KLD-26-00000000").unwrap());
    assert!(matches!(
        phone.desk().correct(&stranger, &right),
        Err(RegisterError::UnknownPerson)
    ));
}

#[test]
fn a_correction_from_the_server_is_kept_without_identifiers_in_clear() {
    let mut phone = Phone::with_pool(&["9XQ7LM2A"]);
    let mpi = phone.desk().register(&draft(awa())).unwrap().mpi.unwrap();
    let mut right = awa();
    right.family = "Sarr".into();
    let message = Message::Corrected {
        mpi,
        person: Box::new(right),
    };
    let body = serde_json::to_vec(&message).unwrap();
    let kind = Kind::Message;
    phone.absorb(&[Incoming { kind, body }]);
    assert_eq!((phone.found("Ndiaye"), phone.found("Sarr")), (0, 1));
    let reloaded = Area::load(&phone.store).unwrap();
    assert!(reloaded.knows(&Who::Mpi(mpi)));
}

#[test]
fn a_blank_card_is_bound_once_and_a_replaced_one_is_not_accepted_any_more() {
    let mut phone = Phone::with_pool(&["9XQ7LM2A"]);
    let token = crate::card::token::Token([1; 16]).hash();
    phone.fill(&Pool {
        codes: Vec::new(),
        blanks: vec![Blank {
            lot: "L-0007".into(),
            serial: "1".into(),
            token,
        }],
    });
    let who = phone.desk().register(&draft(awa())).unwrap().who();
    let (first, second) = (phone.world.blank(1), phone.world.blank(2));
    let seen = phone.look(&first);
    let packet = phone.desk().bind(&seen, &who, Some(CAMPAIGN.into())).unwrap();
    assert!(matches!(
        phone.fact(&packet.sealed).body,
        Body::CardBound {
            subject: Subject::Mpi(_),
            ..
        }
    ));
    assert_eq!(phone.store.count(Table::Blanks).unwrap(), 0);
    let bound = phone.look(&first);
    assert_eq!(bound.verdict.finding.name(), "valid");
    assert!(matches!(
        phone.desk().bind(&bound, &who, None),
        Err(RegisterError::NotBlank("valid"))
    ));
    phone.desk().hand_over(&bound, Some(&who)).unwrap();
    let new = phone.look(&second);
    let replacement = Replacement {
        lost: None,
        new: &new,
        reason: Reason::Lost,
    };
    phone
        .desk()
        .replace(&replacement, &who, Some(CAMPAIGN.into()))
        .unwrap();
    assert_eq!(phone.look(&first).verdict.finding.name(), "revoked");
    assert_eq!(phone.look(&second).verdict.finding.name(), "valid");
    phone.desk().revoke(new.card.unwrap(), Reason::Stolen).unwrap();
    assert_eq!(phone.look(&second).verdict.finding.name(), "revoked");
}

#[test]
fn a_second_claim_is_served_and_said() {
    let mut phone = Phone::new();
    let seen = phone.look(&phone.world.issued(5));
    let serving = Serving {
        card: seen.card,
        who: None,
        program: 3,
        round: "2026-06".into(),
        check: HolderCheck::Name,
    };
    let (packet, before) = phone.desk().serve(&serving).unwrap();
    assert_eq!(before, None);
    assert!(matches!(phone.fact(&packet.sealed).body, Body::Served(_)));
    let (_, before) = phone.desk().serve(&serving).unwrap();
    assert_eq!(before.unwrap().times, 1);
    let nobody = Serving {
        card: None,
        ..serving.clone()
    };
    assert!(matches!(
        phone.desk().serve(&nobody),
        Err(RegisterError::NotACard)
    ));
    let no_round = Serving {
        round: " ".into(),
        ..serving
    };
    assert!(matches!(
        phone.desk().serve(&no_round),
        Err(RegisterError::NoRound)
    ));
}
