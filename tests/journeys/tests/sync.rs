//! Phones and a server, each as it is shipped, over a real connection.
#![expect(
    clippy::unwrap_used,
    reason = "a journey stops where it does not go as it should"
)]

use std::process::Command;

use anyhow::Result;
use jiff::civil::Date;
use teranga_core::card::key::Purpose;
use teranga_core::card::text::Form;
use teranga_core::card::trust::Scope;
use teranga_core::clock;
use teranga_core::engine::{EngineError, Post};
use teranga_core::person::MpiId;
use teranga_core::sync::SyncError;
use teranga_core::verify::Finding;
use teranga_core::wire::receipt::Outcome;
use teranga_journeys::handset::{Handset, somebody};
use teranga_journeys::kill;
use teranga_journeys::office::Office;
use teranga_server::card::issue::{Issued, Issuer};
use teranga_server::card::store::{self, NewCard, Revocation};
use teranga_server::db::testing::{KINDS, Kind};
use teranga_server::keys::request::KeyRequest;
use teranga_server::mpi;
use teranga_server::org::{self, NewCampaign, NewProgram, OrgError};

/// The processes that [`kill::run`] starts are this program with this one test; alone it has nothing to do.
#[test]
fn works_as_a_child_when_it_is_one() {
    kill::as_a_child().unwrap();
}

#[test]
fn what_was_acknowledged_is_there_once_whatever_is_killed_when() {
    let itself = || {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--exact", "works_as_a_child_when_it_is_one", "--nocapture"]);
        Ok(command)
    };
    // A thousand are measured by `bench sync`.
    let kills = std::env::var("TERANGA_TESTS_KILLS")
        .ok()
        .and_then(|kills| kills.parse().ok());
    let tally = kill::run(kills.unwrap_or(24), &itself).unwrap();
    eprintln!("{tally:?}");
    assert!(tally.acknowledged > 0, "{tally:?}");
    assert_eq!((tally.lost, tally.doubled), (0, 0), "{tally:?}");
}

/// A phone that the agent has open.
async fn phone(office: &Office, folder: &tempfile::TempDir) -> Handset {
    let phone = Handset::open(folder.path()).unwrap();
    phone
        .enroll(&office.ticket().await.unwrap(), office.agent)
        .await
        .unwrap();
    phone.sync().await.unwrap();
    phone
}

fn yesterday() -> Date {
    clock::today().yesterday().unwrap()
}

/// A card of a campaign, as its text is printed.
async fn card(office: &Office) -> Result<Issued> {
    let keys = office.keys()?;
    let scope = Scope::Campaign("POLIO26".to_owned());
    for purpose in [Purpose::Issuer, Purpose::Token] {
        let request = KeyRequest {
            purpose,
            scope: scope.clone(),
            not_before: yesterday(),
            not_after: clock::today(),
        };
        keys.make(&request, clock::now())?;
    }
    let expires = Date::constant(2090, 1, 1);
    let issuer = Issuer::new(&keys, scope, Form::Compact, [yesterday(), expires])?;
    let issued = issuer.card(&MpiId::parse("SN-DKR-26-9XQ7LM2A")?)?;
    let (hash, kid) = (hash_of(&issued), issued.kid);
    let work = office.db.write(move |tx| {
        Box::pin(async move {
            let organisation = 1;
            let program = NewProgram {
                code: "polio".to_owned(),
                name: "Polio".to_owned(),
                public_name: None,
                kind: "vaccination".to_owned(),
                sensitive: false,
                retention_years: Some(5),
                at: 0,
            };
            let program = org::add_program(tx, organisation, &program).await?;
            let campaign = NewCampaign {
                program,
                code: "polio-26".to_owned(),
                name: "Polio 2026".to_owned(),
                prefix: "POLIO26".to_owned(),
                starts: None,
                ends: None,
                at: 0,
            };
            let campaign = org::add_campaign(tx, organisation, &campaign).await?;
            let card = NewCard {
                organisation,
                campaign,
                identity: None,
                token_hash: hash,
                code: None,
                kid: Some(kid),
                issued: yesterday(),
                expires: Some(expires),
            };
            store::insert(tx, &card).await?;
            Ok::<_, OrgError>(())
        })
    });
    work.await?;
    Ok(issued)
}

fn hash_of(issued: &Issued) -> [u8; 32] {
    let bytes = data_encoding::HEXLOWER
        .decode(issued.token_hash.as_bytes())
        .unwrap();
    bytes.try_into().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_good_until_it_is_revoked_and_the_phone_hears_of_it() {
    for kind in KINDS {
        let office = Office::start(kind).await.unwrap();
        let issued = card(&office).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let phone = phone(&office, &folder).await;
        let seen = phone.engine.scan(&issued.text, &Post::default()).unwrap();
        assert!(
            matches!(seen.verdict.finding, Finding::Valid(_)),
            "{:?}",
            seen.verdict
        );

        let revocation = Revocation {
            organisation: 1,
            token_hash: hash_of(&issued),
            reason: teranga_server::card::Reason::Lost,
            at: clock::now().as_millisecond(),
            actor: "console".to_owned(),
        };
        let work = office
            .db
            .write(move |tx| Box::pin(async move { store::revoke(tx, &revocation).await }));
        assert!(work.await.unwrap());
        // The next delta is due.
        office
            .run("UPDATE bundle_parts SET built = built - 600000")
            .await
            .unwrap();
        let summary = phone.sync().await.unwrap();
        assert!(summary.fetched_bytes < 2_000, "a delta is small: {summary:?}");
        let seen = phone.engine.scan(&issued.text, &Post::default()).unwrap();
        assert!(
            matches!(seen.verdict.finding, Finding::Revoked { .. }),
            "{:?}",
            seen.verdict
        );
        office.stop().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_phones_with_the_same_person_end_in_one_identity_that_both_numbers_lead_to() {
    for kind in KINDS {
        let office = Office::start(kind).await.unwrap();
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let (one, other) = (
            phone(&office, &folders[0]).await,
            phone(&office, &folders[1]).await,
        );
        let mut person = somebody(3);
        person.birth = Some("1990-05-17".parse().unwrap());
        person.phone = Some("77 123 45 67".to_owned());
        let first = one.register(person.clone()).unwrap();
        let second = other.register(person).unwrap();
        let (sent, linked) = (one.sync().await.unwrap(), other.sync().await.unwrap());
        assert_eq!((sent.accepted, linked.linked), (1, 1));
        let (first, second) = (first.mpi.unwrap(), second.mpi.unwrap());
        assert_ne!(first, second);
        let db = &office.db;
        let find = |number| async move { mpi::find(db.reader(), 1, &number).await.unwrap() };
        assert_eq!((find(first).await, find(second).await), (first, first));
        let records = other.engine.records().unwrap();
        let record = &records[0].1;
        assert_eq!(record.outcome, Some(Outcome::Linked));
        assert_eq!((record.mpi, record.given), (Some(first), Some(second)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_was_away_for_a_long_time_brings_everything() {
    for kind in KINDS {
        let office = Office::start(kind).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let phone = phone(&office, &folder).await;
        for number in 0..250 {
            phone.register(somebody(number * 37)).unwrap();
        }
        phone.sync().await.unwrap();
        let status = phone.engine.status().unwrap();
        assert_eq!((status.packets.waiting, status.packets.answered), (0, 250));
        let packets = office
            .count("SELECT count(*) FROM device_packets WHERE outcome < 3")
            .await
            .unwrap();
        assert_eq!(packets, 250);
        assert!(status.pool.unwrap() >= 250, "the pool is filled up again");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_registrations_are_thirty_kilobytes_at_most() {
    let office = Office::start(Kind::Sqlite).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let phone = phone(&office, &folder).await;
    for number in 0..100 {
        let mut person = somebody(number * 37);
        person.phone = Some(format!(
            "77 {:03} {:02} {:02}",
            number * 7 % 1000,
            number % 100,
            number * 3 % 100
        ));
        person.mother = Some("Aïssatou Fall".to_owned());
        person.place.commune = "Thiaroye-sur-Mer".to_owned();
        person.place.village = format!("Grand Mbao {number}");
        phone.register(person).unwrap();
    }
    let sent = phone.sync().await.unwrap().sent_bytes;
    eprintln!("{sent} bytes for a hundred registrations");
    assert!(sent <= 30_000, "{sent} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_sends_again_what_a_restored_server_forgot() {
    let office = Office::start(Kind::Sqlite).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let phone = phone(&office, &folder).await;
    for number in 0..5 {
        phone.register(somebody(number * 900)).unwrap();
    }
    phone.sync().await.unwrap();
    // As an older backup would have it: neither the packets nor the people of the last three.
    for text in [
        "DELETE FROM device_packets WHERE sequence > 2",
        "DELETE FROM consents",
        "DELETE FROM reviews",
        "DELETE FROM blocking_keys WHERE identity > 2",
    ] {
        office.run(text).await.unwrap();
    }
    let summary = phone.sync().await.unwrap();
    assert_eq!(summary.again, 3, "{summary:?}");
    assert_eq!(
        office.count("SELECT count(*) FROM device_packets").await.unwrap(),
        5
    );
    assert_eq!(phone.sync().await.unwrap().again, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_phone_holds_nothing_and_another_cannot_use_its_ticket() {
    let office = Office::start(Kind::Sqlite).await.unwrap();
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let ticket = office.ticket().await.unwrap();
    let phone = Handset::open(folders[0].path()).unwrap();
    phone.enroll(&ticket, office.agent).await.unwrap();
    let thief = Handset::open(folders[1].path()).unwrap();
    let refused = thief.enroll(&ticket, office.agent).await.unwrap_err();
    assert!(refused.to_string().contains("ticket"), "{refused}");

    phone.register(somebody(1)).unwrap();
    phone.sync().await.unwrap();
    let device = office.count("SELECT device FROM device_keys").await.unwrap();
    assert!(office.wipe(device).await.unwrap());
    match phone.sync().await {
        Err(EngineError::Sync(SyncError::Wiped)) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(phone.engine.status().unwrap().device, None);
    assert!(phone.unlock(office.agent).is_err());
}
