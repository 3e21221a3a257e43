//! The contract of the index, on both databases.

use jiff::civil::date;
use teranga_core::matching::Decision;
use teranga_core::person::{BirthDate, Demographics, MpiId, Sex};

use super::*;
use crate::access::Actor;
use crate::db::testing::{self, KINDS, TestDb};
use crate::db::{Db, sql};

const ORGANISATION: i64 = 1;

fn tester() -> Actor {
    Actor::console(ORGANISATION, 0)
}

async fn register_of(kind: testing::Kind) -> TestDb {
    let db = testing::fresh(kind).await;
    let text = "INSERT INTO organisations (id, code, name, country, created) VALUES (1, 'moh', 'n', 'SN', 0)";
    let added: Result<u64, DbError> = db.write(move |tx| Box::pin(sql::run(tx, text, []))).await;
    added.unwrap();
    db
}

fn person(given: &str, family: &str, day: i8) -> Demographics {
    let mut person = Demographics {
        given: given.into(),
        family: family.into(),
        birth: Some(BirthDate::Day(date(1990, 5, day))),
        sex: Sex::Female,
        phone: Some(format!("77 123 45 {day:02}")),
        ..Demographics::default()
    };
    person.place.country = "SN".into();
    person.place.region = "DKR".into();
    person.place.commune = "Pikine".into();
    person
}

async fn register(db: &Db, person: Demographics, key: Option<&str>) -> Result<Outcome, MpiError> {
    let registration = Registration {
        actor: tester(),
        person,
        source: "api".into(),
        program: None,
        key: key.map(str::to_owned),
    };
    let locks = locks(&registration);
    db.write_under(locks, move |tx| {
        Box::pin(async move { resolve(tx, &registration).await })
    })
    .await
}

async fn joined(db: &Db, survivor: MpiId, other: Option<MpiId>) -> Result<(), MpiError> {
    db.write_under(structure(ORGANISATION), move |tx| {
        Box::pin(async move {
            match other {
                Some(other) => merge(tx, &tester(), &survivor, &other).await,
                None => undo(tx, &tester(), &survivor).await,
            }
        })
    })
    .await
}

async fn leads_to(db: &Db, number: MpiId) -> Result<MpiId, MpiError> {
    db.write(move |tx| Box::pin(async move { find(tx, ORGANISATION, &number).await }))
        .await
}

/// Whom every row stands under.
async fn structure_of(db: &Db) -> Vec<(i64, Option<i64>, i64, i16, Option<String>, String)> {
    let text = "SELECT id, parent, root, bond, number, person FROM identities ORDER BY id";
    let rows = sql::all(db.reader(), text, []).await.unwrap();
    let read = |row: &sea_orm::QueryResult| {
        let (id, parent, root) = (
            row.try_get_by_index(0),
            row.try_get_by_index(1),
            row.try_get_by_index(2),
        );
        let (bond, number, person) = (
            row.try_get_by_index(3),
            row.try_get_by_index(4),
            row.try_get_by_index(5),
        );
        (
            id.unwrap(),
            parent.unwrap(),
            root.unwrap(),
            bond.unwrap(),
            number.unwrap(),
            person.unwrap(),
        )
    };
    rows.iter().map(read).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_with_one_person_end_in_one_identity() {
    for kind in KINDS {
        let db = register_of(kind).await;
        let mut writers = Vec::new();
        for at in 0..16 {
            let db = db.db.clone();
            let (given, family) = [("Fatoumata", "Diallo"), ("Fatoumatta", "Jallow")][at % 2];
            writers.push(tokio::spawn(async move {
                register(&db, person(given, family, 3), None).await
            }));
        }
        let mut outcomes = Vec::new();
        for writer in writers {
            outcomes.push(writer.await.unwrap().unwrap());
        }
        assert!(
            outcomes.iter().all(|one| one.number == outcomes[0].number),
            "{kind:?} {outcomes:?}"
        );
        let new = outcomes
            .iter()
            .filter(|one| one.decision == Decision::New)
            .count();
        assert_eq!(new, 1, "{kind:?}");
        assert_eq!(
            sql::number(db.reader(), "SELECT count(*) FROM facts", []).await,
            Ok(16)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_sent_again_gets_the_same_answer_and_no_second_row() {
    for kind in KINDS {
        let db = register_of(kind).await;
        let first = register(&db, person("Awa", "Sonko", 3), Some("k1"))
            .await
            .unwrap();
        assert_eq!(
            register(&db, person("Awa", "Sonko", 3), Some("k1"))
                .await
                .unwrap(),
            first,
            "{kind:?}"
        );
        let other = register(&db, person("Penda", "Badji", 9), Some("k1")).await;
        assert!(matches!(other, Err(MpiError::OtherKey)));
        assert_eq!(
            sql::number(db.reader(), "SELECT count(*) FROM identities", []).await,
            Ok(1)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merge_leads_both_numbers_to_one_and_undoing_restores_both_exactly() {
    for kind in KINDS {
        let db = register_of(kind).await;
        let mut numbers = Vec::new();
        for (given, family, day) in [
            ("Awa", "Sonko", 3),
            ("Coumba", "Keita", 14),
            ("Mariama", "Badji", 25),
        ] {
            numbers.push(
                register(&db, person(given, family, day), None)
                    .await
                    .unwrap()
                    .number,
            );
        }
        let untouched = structure_of(&db).await;
        joined(&db, numbers[1], Some(numbers[2])).await.unwrap();
        let once = structure_of(&db).await;
        joined(&db, numbers[0], Some(numbers[1])).await.unwrap();
        for &number in &numbers {
            assert_eq!(leads_to(&db, number).await.unwrap(), numbers[0], "{kind:?}");
        }
        assert!(matches!(
            joined(&db, numbers[0], Some(numbers[2])).await,
            Err(MpiError::Refused(_))
        ));
        joined(&db, numbers[1], None).await.unwrap();
        assert_eq!(structure_of(&db).await, once, "{kind:?}");
        joined(&db, numbers[2], None).await.unwrap();
        assert_eq!(structure_of(&db).await, untouched, "{kind:?}");
        assert!(matches!(
            joined(&db, numbers[2], None).await,
            Err(MpiError::Refused(_))
        ));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_person_told_apart_the_machine_does_not_join_through_a_third() {
    for kind in KINDS {
        let db = register_of(kind).await;
        let one = register(&db, person("Awa", "Sonko", 3), None)
            .await
            .unwrap()
            .number;
        let other = register(&db, person("Coumba", "Keita", 14), None)
            .await
            .unwrap()
            .number;
        joined(&db, one, Some(other)).await.unwrap();
        joined(&db, other, None).await.unwrap();
        // Two records of one name, told apart: as if a person had corrected the second.
        let text = "UPDATE identities SET person = (SELECT person FROM identities WHERE id = 1) WHERE id = 2";
        let keys = "INSERT INTO blocking_keys SELECT key, 2, sketch FROM blocking_keys WHERE identity = 1 ON CONFLICT DO NOTHING";
        let packed = "UPDATE prepared SET packed = (SELECT packed FROM prepared WHERE identity = 1) WHERE identity = 2";
        for text in [text, keys, packed] {
            let done: Result<u64, DbError> = db.write(move |tx| Box::pin(sql::run(tx, text, []))).await;
            done.unwrap();
        }
        let third = register(&db, person("Awa", "Sonko", 3), None).await.unwrap();
        assert_eq!(third.decision, Decision::Review, "{kind:?}");
        assert!(third.number != one && third.number != other);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_hundreds_share_is_split_and_still_finds_its_duplicate() {
    let db = register_of(testing::Kind::Sqlite).await;
    for at in 0..305 {
        let mut one = person("Fatou", "Diallo", 1);
        one.birth = Some(BirthDate::Day(date(1900 + at % 100, 1 + (at / 100) as i8, 2)));
        one.phone = None;
        one.place.commune = format!("commune {at}");
        register(&db, one, None).await.unwrap();
    }
    let marks = "SELECT count(*) FROM blocking_keys WHERE identity = 0";
    assert!(
        sql::number(db.reader(), marks, []).await.unwrap() > 0,
        "no key was split"
    );
    let first = register(&db, person("Fatou", "Diallo", 7), None).await.unwrap();
    let again = register(&db, person("Fatou", "Diallo", 7), None).await.unwrap();
    assert_eq!((again.number, again.decision), (first.number, Decision::Link));
}
