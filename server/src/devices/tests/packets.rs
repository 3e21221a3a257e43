use teranga_core::person::MpiId;
use teranga_core::wire::fact::{Body, Consent, Given, Subject};
use teranga_core::wire::packet::SealedPacket;
use teranga_core::wire::receipt::{Outcome, refusal};

use super::*;
use crate::db::testing::KINDS;

fn code(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Refused { code, .. } => code,
        other => other.name(),
    }
}

#[tokio::test]
async fn a_registration_keeps_the_number_that_the_phone_gave() {
    for kind in KINDS {
        let office = office(kind).await;
        let (_, mut phone) = office.phone().await;
        assert_eq!(phone.codes.len(), 500);
        let given = phone.codes.last().unwrap().clone();
        let packet = phone.register(office.agent, somebody(1));
        phone.push(&office.router).await.unwrap();
        assert_eq!(phone.receipts[&packet], Outcome::Accepted);
        assert_eq!(phone.assigned[&packet].random_part(), given);
        assert_eq!(office.count("SELECT count(*) FROM identities").await, 1);
        assert_eq!(
            office.count("SELECT count(*) FROM numbers WHERE state = 0").await,
            1
        );
        assert_eq!(
            office.count("SELECT count(*) FROM numbers WHERE state = 2").await,
            499
        );
        assert_eq!(
            office
                .count("SELECT count(*) FROM consents WHERE declined = 0")
                .await,
            1
        );
        let found = mpi(&office, phone.assigned[&packet]).await;
        assert_eq!(found, phone.assigned[&packet]);
    }
}

async fn mpi(office: &Office, number: MpiId) -> MpiId {
    crate::mpi::find(office.app.db.reader(), office.organisation, &number)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_known_person_is_linked_and_both_numbers_lead_to_them() {
    for kind in KINDS {
        let office = office(kind).await;
        let ((_, mut one), (_, mut other)) = (office.phone().await, office.phone().await);
        let mut person = somebody(3);
        person.birth = Some("1990-05-17".parse().unwrap());
        person.phone = Some("77 123 45 67".into());
        let first = one.register(office.agent, person.clone());
        one.push(&office.router).await.unwrap();
        let given = other.codes.last().unwrap().clone();
        let second = other.register(office.agent, person);
        other.push(&office.router).await.unwrap();
        assert_eq!(other.receipts[&second], Outcome::Linked);
        assert_eq!(other.assigned[&second], one.assigned[&first]);
        let alias = MpiId::reserved("SN", "DKR", teranga_core::clock::today(), &given).unwrap();
        assert_eq!(mpi(&office, alias).await, one.assigned[&first]);
    }
}

#[tokio::test]
async fn a_person_who_is_twice_in_one_batch_has_one_number() {
    for kind in KINDS {
        let office = office(kind).await;
        let (_, mut phone) = office.phone().await;
        let mut person = somebody(3);
        person.birth = Some("1990-05-17".parse().unwrap());
        person.phone = Some("77 123 45 67".into());
        let first = phone.register(office.agent, person.clone());
        let second = phone.register(office.agent, person.clone());
        phone.codes.clear();
        let third = phone.register(office.agent, person);
        phone.push(&office.router).await.unwrap();
        let number = phone.assigned[&first];
        assert_eq!(mpi(&office, number).await, number);
        for packet in [second, third] {
            assert_eq!(
                (&phone.receipts[&packet], phone.assigned[&packet]),
                (&Outcome::Linked, number)
            );
        }
    }
}

#[tokio::test]
async fn an_empty_pool_and_a_number_of_others_block_nothing() {
    for kind in KINDS {
        let office = office(kind).await;
        let ((_, mut one), (_, mut other)) = (office.phone().await, office.phone().await);
        let stolen = other.codes.pop().unwrap();
        one.codes = vec!["9XQ7LM2A".into(), stolen.clone()];
        let packets = [1, 2, 3].map(|number| one.register(office.agent, somebody(number * 1000)));
        one.push(&office.router).await.unwrap();
        for packet in packets {
            assert_eq!(one.receipts[&packet], Outcome::Accepted);
            let number = one.assigned[&packet];
            assert!(
                number.random_part() != stolen && number.random_part() != "9XQ7LM2A",
                "{number}"
            );
        }
        assert_eq!(office.count("SELECT count(*) FROM identities").await, 3);
    }
}

#[tokio::test]
async fn batches_that_come_twice_cut_mixed_and_out_of_order_converge() {
    for kind in KINDS {
        let office = office(kind).await;
        let (_, mut phone) = office.phone().await;
        let packets: Vec<_> = (0..12)
            .map(|number| phone.register(office.agent, somebody(number * 700)))
            .collect();
        let sealed: Vec<SealedPacket> = phone.outbox.values().cloned().collect();
        let mut backwards = sealed.clone();
        backwards.reverse();
        let twice = [&sealed[3..5], &sealed[3..5], &sealed[..1]].concat();
        for batch in [&sealed[6..8], &backwards[..], &twice[..], &sealed[..]] {
            let receipts = phone.send(&office.router, batch).await.unwrap();
            assert_eq!(receipts.receipts.len(), batch.len());
        }
        assert!(phone.outbox.is_empty());
        assert!(packets.iter().all(|packet| phone.receipts.contains_key(packet)));
        assert_eq!(office.count("SELECT count(*) FROM identities").await, 12);
        assert_eq!(office.count("SELECT count(*) FROM device_packets").await, 12);
        let numbers = phone.assigned.clone();
        phone.send(&office.router, &sealed).await.unwrap();
        assert_eq!(phone.assigned, numbers, "the same packet gets the same answer");
    }
}

#[tokio::test]
async fn the_same_batch_at_the_same_moment_counts_once() {
    for kind in KINDS {
        let office = office(kind).await;
        let (_, mut phone) = office.phone().await;
        (0..8).for_each(|number| {
            phone.register(office.agent, somebody(number * 900));
        });
        let sealed: Vec<SealedPacket> = phone.outbox.values().cloned().collect();
        let device = crate::devices::known::by_id(office.app.db.reader(), phone.id())
            .await
            .unwrap()
            .unwrap();
        let take = || crate::devices::ingest::take_in(&office.app, &device, None, sealed.clone());
        let (one, other, third) = tokio::join!(take(), take(), take());
        let outcomes = |receipts: teranga_core::wire::receipt::Receipts| {
            receipts
                .receipts
                .into_iter()
                .map(|receipt| receipt.outcome)
                .collect::<Vec<_>>()
        };
        let one = outcomes(one.unwrap());
        assert!(one.iter().all(Outcome::is_final), "{one:?}");
        assert_eq!(
            (outcomes(other.unwrap()), outcomes(third.unwrap())),
            (one.clone(), one)
        );
        assert_eq!(office.count("SELECT count(*) FROM identities").await, 8);
    }
}

#[tokio::test]
async fn one_bad_packet_blocks_no_other() {
    for kind in KINDS {
        let office = office(kind).await;
        let (_, mut phone) = office.phone().await;
        let good = phone.register(office.agent, somebody(1));
        let mut nobody = somebody(2);
        (nobody.given, nobody.family) = (String::new(), " - ".into());
        let nameless = phone.register(office.agent, nobody);
        let mut nowhere = somebody(3);
        nowhere.place.region = "Dakar".into();
        let misplaced = phone.register(office.agent, nowhere);
        let stranger = phone.register(99_999, somebody(4));
        let last = phone.register(office.agent, somebody(5000));
        let mut packets: Vec<SealedPacket> = phone.outbox.values().cloned().collect();
        let mut broken = packets[4].clone();
        broken.ciphertext[3] ^= 1;
        packets.insert(0, broken);
        phone.send(&office.router, &packets).await.unwrap();
        let became = |packet| code(&phone.receipts[&packet]);
        assert_eq!([became(good), became(last)], ["accepted", "accepted"]);
        assert_eq!([became(nameless), became(misplaced)], [refusal::PERSON; 2]);
        assert_eq!(
            became(stranger),
            "kept",
            "someone looks at what an unknown user did"
        );
        assert_eq!(office.count("SELECT count(*) FROM identities").await, 2);
    }
}

#[tokio::test]
async fn what_another_phone_signed_or_sent_leaves_no_trace() {
    for kind in KINDS {
        let office = office(kind).await;
        let ((_, mut victim), (_, mut thief)) = (office.phone().await, office.phone().await);
        let packet = victim.register(office.agent, somebody(1));
        let sealed = victim.outbox[&1].clone();
        let receipts = thief
            .send(&office.router, std::slice::from_ref(&sealed))
            .await
            .unwrap();
        assert_eq!(code(&receipts.receipts[0].outcome), refusal::NOT_YOURS);
        let renamed = SealedPacket {
            device: thief.id(),
            ..sealed.clone()
        };
        let receipts = thief.send(&office.router, &[renamed]).await.unwrap();
        assert_eq!(code(&receipts.receipts[0].outcome), refusal::SIGNATURE);
        assert_eq!(office.count("SELECT count(*) FROM device_packets").await, 0);
        victim.push(&office.router).await.unwrap();
        assert_eq!(
            victim.receipts[&packet],
            Outcome::Accepted,
            "nobody can use up another's packet"
        );
    }
}

#[tokio::test]
async fn a_name_that_stands_for_another_packet_is_refused_and_changes_nothing() {
    let office = office(Kind::Sqlite).await;
    let (_, mut phone) = office.phone().await;
    let packet = phone.register(office.agent, somebody(1));
    let first = phone.outbox[&1].clone();
    phone.push(&office.router).await.unwrap();
    phone.register(office.agent, somebody(5000));
    let other = phone.outbox[&2].clone();
    // The phone itself signs a second fact under the first name.
    let forged = phone.sign_as(packet, 3, somebody(9000), office.agent);
    let receipts = phone.send(&office.router, &[forged, other, first]).await.unwrap();
    let codes: Vec<&str> = receipts
        .receipts
        .iter()
        .map(|receipt| code(&receipt.outcome))
        .collect();
    assert_eq!(
        (codes[1], office.count("SELECT count(*) FROM identities").await),
        ("accepted", 2)
    );
}

#[tokio::test]
async fn clocks_ten_years_off_do_no_harm() {
    for kind in KINDS {
        let office = office(kind).await;
        for years in [-10, 10] {
            let (_, mut phone) = office.phone().await;
            phone.clock_off = jiff::SignedDuration::from_hours(24 * 365 * years);
            let packet = phone.register(office.agent, somebody(u32::try_from(years + 100).unwrap() * 650));
            phone.open(&office.router).await.unwrap();
            phone.push(&office.router).await.unwrap();
            assert_eq!(phone.receipts[&packet], Outcome::Accepted);
            assert_eq!(
                phone.assigned[&packet].full_year(),
                teranga_core::clock::today().year()
            );
        }
        let skewed = "SELECT count(*) FROM device_syncs WHERE abs(skew) > 300000000000";
        assert_eq!(
            office.count(skewed).await,
            2,
            "the history says how far off they were"
        );
    }
}

#[tokio::test]
async fn a_server_restored_from_an_older_backup_gets_again_what_it_forgot() {
    for kind in KINDS {
        let office = office(kind).await;
        let (_, mut phone) = office.phone().await;
        (0..6).for_each(|number| {
            phone.register(office.agent, somebody(number * 800));
        });
        let kept = phone.outbox.clone();
        phone.push(&office.router).await.unwrap();
        // Yesterday's backup has the first two.
        for text in [
            "DELETE FROM device_packets WHERE sequence > 2",
            "DELETE FROM consents",
            "DELETE FROM reviews",
            "DELETE FROM blocking_keys WHERE identity IN (SELECT id FROM identities WHERE id > 2)",
        ] {
            office.run(text).await;
        }
        let epoch = phone.epoch;
        let standing = phone.open(&office.router).await.unwrap();
        assert_eq!(standing.held.through, 2);
        assert!(
            standing.epoch > epoch && phone.after == 0,
            "downlinks are asked for from the start"
        );
        let again: Vec<SealedPacket> = kept
            .into_iter()
            .filter(|(sequence, _)| !standing.held.holds(*sequence))
            .map(|(_, packet)| packet)
            .collect();
        assert_eq!(again.len(), 4);
        let receipts = phone.send(&office.router, &again).await.unwrap();
        assert!(receipts.receipts.iter().all(|receipt| receipt.outcome.is_final()));
        let standing = phone.open(&office.router).await.unwrap();
        assert_eq!(
            (standing.held.through, standing.epoch),
            (6, epoch + 1),
            "the epoch goes up once"
        );
    }
}

#[tokio::test]
async fn who_declined_is_counted_and_not_known() {
    let office = office(Kind::Sqlite).await;
    let (_, mut phone) = office.phone().await;
    let consent = Consent {
        text: "registration".into(),
        version: 1,
        language: "wo".into(),
        how: Given::Spoken,
    };
    let packet = phone.save(
        office.agent,
        Body::Declined {
            program: None,
            consent,
        },
    );
    phone.push(&office.router).await.unwrap();
    assert_eq!(phone.receipts[&packet], Outcome::Accepted);
    let declined = "SELECT count(*) FROM consents WHERE declined = 1 AND identity IS NULL";
    assert_eq!(office.count(declined).await, 1);
}

#[tokio::test]
async fn a_correction_replaces_what_the_phone_knows_and_keeps_the_rest() {
    for kind in KINDS {
        let office = office(kind).await;
        let (_, mut phone) = office.phone().await;
        let mut person = somebody(1);
        person.mother = Some("Aïssatou Fall".into());
        let packet = phone.register(office.agent, person.clone());
        (person.given, person.mother) = ("Awa Marie".into(), None);
        let body = Body::Corrected {
            subject: Subject::Registration(packet),
            person: Box::new(person),
        };
        let corrected = phone.save(office.agent, body);
        phone.push(&office.router).await.unwrap();
        assert_eq!(phone.receipts[&corrected], Outcome::Accepted);
        let found = crate::mpi::get(
            office.app.db.reader(),
            office.organisation,
            &phone.assigned[&packet],
        )
        .await;
        let found = found.unwrap();
        assert_eq!((&*found.person.given, found.revision), ("Awa Marie", 2));
        assert_eq!(found.person.mother.as_deref(), Some("Aïssatou Fall"));
    }
}

#[tokio::test]
async fn a_decided_review_and_a_merge_are_told_to_the_phone_that_registered() {
    for kind in KINDS {
        let office = office(kind).await;
        let (_, mut phone) = office.phone().await;
        let one = phone.register(office.agent, somebody(1));
        let other = phone.register(office.agent, somebody(5000));
        phone.push(&office.router).await.unwrap();
        let (into, from) = (phone.assigned[&one], phone.assigned[&other]);
        let actor = testing::actor(office.organisation, Role::Reviewer, "");
        let merged = office
            .app
            .db
            .write(move |tx| Box::pin(async move { crate::mpi::merge(tx, &actor, &into, &from).await }));
        merged.await.unwrap();
        phone.open(&office.router).await.unwrap();
        let told = phone.listen(&office.router).await.unwrap();
        let expected = teranga_core::wire::downlink::Message::Numbered {
            packet: other,
            mpi: into,
        };
        assert!(told.contains(&expected));
        phone.open(&office.router).await.unwrap();
        assert!(
            !phone.listen(&office.router).await.unwrap().contains(&expected),
            "told once"
        );
    }
}
