use teranga_core::clock;
use teranga_core::wire::fact::{Body, CardRef, HolderCheck, Reason, Served, Subject};
use teranga_core::wire::receipt::{Outcome, refusal};

use super::*;
use crate::card::store::{self, NewCard};
use crate::db::testing::KINDS;
use crate::org::{self, NewCampaign, NewProgram, OrgError};

/// A program with a campaign, and blank cards of it by their handles.
async fn blanks(office: &Office, count: u8) -> (i64, Vec<[u8; 32]>) {
    let organisation = office.organisation;
    let work = office.app.db.write(move |tx| {
        Box::pin(async move {
            let program = NewProgram {
                code: "polio".into(),
                name: "Polio".into(),
                public_name: None,
                kind: "vaccination".into(),
                sensitive: false,
                retention_years: Some(5),
                at: 0,
            };
            let program = org::add_program(tx, organisation, &program).await?;
            let campaign = NewCampaign {
                program,
                code: "polio-26".into(),
                name: "Polio 2026".into(),
                prefix: "POLIO26".into(),
                starts: None,
                ends: None,
                at: 0,
            };
            let campaign = org::add_campaign(tx, organisation, &campaign).await?;
            for number in 1..=count {
                let card = NewCard {
                    organisation,
                    campaign,
                    identity: None,
                    token_hash: [number; 32],
                    code: None,
                    kid: Some(teranga_core::card::key::Kid([1, 2, 3, 4])),
                    issued: clock::today().yesterday().unwrap(),
                    expires: None,
                };
                store::insert(tx, &card).await?;
            }
            Ok::<_, OrgError>(program)
        })
    });
    (
        work.await.unwrap(),
        (1..=count).map(|number| [number; 32]).collect(),
    )
}

fn became(phone: &Phone, packet: teranga_core::wire::PacketId) -> String {
    match &phone.receipts[&packet] {
        Outcome::Refused { code, .. } => code.clone(),
        other => other.name().to_owned(),
    }
}

#[tokio::test]
async fn a_blank_card_gets_one_holder() {
    for kind in KINDS {
        let office = office(kind).await;
        let (_, cards) = blanks(&office, 2).await;
        let (_, mut phone) = office.phone().await;
        let (one, other) = (
            phone.register(office.agent, somebody(1)),
            phone.register(office.agent, somebody(5000)),
        );
        let bind = |packet, card: [u8; 32]| Body::CardBound {
            card: CardRef::Token(card),
            subject: Subject::Registration(packet),
        };
        let facts = [
            bind(one, cards[0]),
            bind(one, cards[0]),
            bind(other, cards[0]),
            bind(other, [99; 32]),
        ];
        let packets = facts.map(|fact| phone.save(office.agent, fact));
        phone.push(&office.router).await.unwrap();
        assert_eq!(
            packets.map(|packet| became(&phone, packet)),
            ["accepted", "accepted", refusal::CARD_TAKEN, refusal::UNKNOWN_CARD]
        );
        let held = "SELECT count(*) FROM cards c JOIN device_packets p ON p.identity = c.identity WHERE p.sequence = 1";
        assert_eq!(office.count(held).await, 1);
        assert_eq!(
            office
                .count("SELECT count(*) FROM cards WHERE identity IS NOT NULL")
                .await,
            1
        );
    }
}

#[tokio::test]
async fn a_lost_card_gives_way_to_a_blank_one_and_only_the_old_one_is_revoked() {
    for kind in KINDS {
        let office = office(kind).await;
        let (_, cards) = blanks(&office, 3).await;
        let (_, mut phone) = office.phone().await;
        let person = phone.register(office.agent, somebody(1));
        let subject = Subject::Registration(person);
        let card = |at: usize| CardRef::Token(cards[at]);
        let replace = |new: usize, lost: Option<usize>| Body::CardReplaced {
            lost: lost.map(card),
            new: card(new),
            subject,
            reason: Reason::Lost,
        };
        let bound = Body::CardBound {
            card: card(0),
            subject,
        };
        let packets = [bound, replace(1, None), replace(2, Some(0)), replace(2, Some(1))]
            .map(|fact| phone.save(office.agent, fact));
        phone.push(&office.router).await.unwrap();
        assert_eq!(packets.map(|packet| became(&phone, packet)), ["accepted"; 4]);
        let states = "SELECT count(*) FROM cards WHERE state = 1 AND revoked_for = 'lost'";
        assert_eq!(office.count(states).await, 2);
        let good = "SELECT count(*) FROM cards WHERE state = 0 AND identity IS NOT NULL";
        assert_eq!(office.count(good).await, 1);
        assert_eq!(
            office
                .count("SELECT count(*) FROM cards WHERE replaced_by IS NOT NULL")
                .await,
            2
        );
    }
}

#[tokio::test]
async fn a_replacement_that_cannot_be_changes_neither_card() {
    let office = office(Kind::Sqlite).await;
    let (_, cards) = blanks(&office, 2).await;
    let (_, mut phone) = office.phone().await;
    let (one, other) = (
        phone.register(office.agent, somebody(1)),
        phone.register(office.agent, somebody(5000)),
    );
    let bind = |packet, card: [u8; 32]| Body::CardBound {
        card: CardRef::Token(card),
        subject: Subject::Registration(packet),
    };
    phone.save(office.agent, bind(one, cards[0]));
    phone.save(office.agent, bind(other, cards[1]));
    let replaced = phone.save(
        office.agent,
        Body::CardReplaced {
            lost: Some(CardRef::Token(cards[0])),
            new: CardRef::Token(cards[1]),
            subject: Subject::Registration(one),
            reason: Reason::Damaged,
        },
    );
    phone.push(&office.router).await.unwrap();
    assert_eq!(became(&phone, replaced), refusal::CARD_TAKEN);
    assert_eq!(
        office.count("SELECT count(*) FROM cards WHERE state = 1").await,
        0
    );
}

#[tokio::test]
async fn a_second_claim_in_a_round_is_written_down_as_one() {
    for kind in KINDS {
        let office = office(kind).await;
        let (program, cards) = blanks(&office, 1).await;
        let ((_, mut one), (_, mut other)) = (office.phone().await, office.phone().await);
        let served = |round: &str| {
            Body::Served(Served {
                card: Some(CardRef::Token(cards[0])),
                subject: None,
                program: program.unsigned_abs(),
                round: round.into(),
                check: HolderCheck::Name,
            })
        };
        one.save(office.agent, served("2026-11"));
        one.save(office.agent, served("2026-12"));
        one.push(&office.router).await.unwrap();
        let again = other.save(office.agent, served("2026-11"));
        let elsewhere = other.save(
            office.agent,
            Body::Served(Served {
                card: Some(CardRef::Token(cards[0])),
                subject: None,
                program: 4_000,
                round: "x".into(),
                check: HolderCheck::None,
            }),
        );
        other.push(&office.router).await.unwrap();
        assert_eq!(became(&other, again), "accepted");
        assert_eq!(became(&other, elsewhere), refusal::PROGRAM);
        assert_eq!(
            office
                .count("SELECT count(*) FROM services WHERE repeats IS NOT NULL")
                .await,
            1
        );
    }
}

#[tokio::test]
async fn a_health_worker_serves_and_registers_nobody() {
    let office = office(Kind::Sqlite).await;
    let worker = user(
        &office.app,
        office.organisation,
        "moussa",
        Role::HealthWorker,
        "SN/DKR",
    )
    .await;
    let (_, mut phone) = office.phone().await;
    let refused = phone.register(worker, somebody(1));
    phone.push(&office.router).await.unwrap();
    assert_eq!(became(&phone, refused), refusal::NOT_ALLOWED);
}

#[tokio::test]
async fn a_phone_is_given_blank_cards_that_no_other_has() {
    let office = office(Kind::Sqlite).await;
    blanks(&office, 5).await;
    let ((one, mut phone), (other, _)) = (office.phone().await, office.phone().await);
    let form = json!({"campaign": "POLIO26", "count": 3});
    let give = |row: i64| format!("/devices/{row}/blanks");
    assert_eq!(office.ask(("POST", &give(one)), &form).await.unwrap()["given"], 3);
    assert_eq!(
        office.ask(("POST", &give(other)), &form).await.unwrap()["given"],
        2
    );
    match &phone.listen(&office.router).await.unwrap()[..] {
        [teranga_core::wire::downlink::Message::Pool(pool)] => assert_eq!(pool.blanks.len(), 3),
        other => panic!("{other:?}"),
    }
}
