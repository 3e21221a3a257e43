//! An import, on both databases: what becomes of rows, and that none is taken in twice.

use std::sync::atomic::{AtomicU64, Ordering};

use teranga_core::person::Demographics;

use super::*;
use crate::access::Actor;
use crate::db::testing::{self, KINDS, TestDb};
use crate::db::{DbError, sql};
use crate::mpi::Index;

async fn register_of(kind: testing::Kind) -> TestDb {
    let db = testing::fresh(kind).await;
    let text = "INSERT INTO organisations (id, code, name, country, created) VALUES (1, 'moh', 'n', 'SN', 0)";
    let added: Result<u64, DbError> = db.write(move |tx| Box::pin(sql::run(tx, text, []))).await;
    added.unwrap();
    db
}

fn csv(text: &str) -> File {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    read(file.path(), &[], &[], None, "SN").unwrap()
}

const PEOPLE: &str = "prénom,nom,naissance,sexe,région,téléphone\n\
    Awa,Sonko,1990-05-03,F,Dakar,77 123 45 67\n\
    Moussa,Ba,2020-13-45,M,Dakar,\n\
    Coumba,Keita,1985-01-02,F,Atlantis,\n\
    Awa,Sonko,1990-05-03,F,DKR,771234567\n\
    Penda,Badji,1971-11-30,F,Thiès,76 000 00 01\n";

async fn take_in(db: &TestDb, file: File) -> Tally {
    let actor = Actor::console(1, 0);
    let began = begin(db, &actor, None, &file).await.unwrap();
    let index = Index::new(db.db.clone());
    run(db, &index, &actor, None, (began, file), 2, &|_| {})
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_row_becomes_something_and_the_same_file_again_changes_nothing() {
    for kind in KINDS {
        let db = register_of(kind).await;
        let expected = Tally {
            linked: 1,
            new: 2,
            refused: 2,
            ..Tally::default()
        };
        for _ in 0..2 {
            assert_eq!(take_in(&db, csv(PEOPLE)).await, expected, "{kind:?}");
            assert_eq!(
                sql::number(db.reader(), "SELECT count(*) FROM identities", []).await,
                Ok(3)
            );
        }
        let refused = rows(db.reader(), 1, Some("refused"), 0, 10).await.unwrap();
        let lines: Vec<u64> = refused.iter().map(|row| row.line).collect();
        assert_eq!(lines, [3, 4], "{kind:?}");
        for row in &refused {
            let reason = row.reason.as_deref().unwrap();
            assert!(
                !reason.is_empty() && !reason.contains("Moussa") && !reason.contains("Atlantis"),
                "{reason}"
            );
        }
        let linked = rows(db.reader(), 1, Some("linked"), 0, 10).await.unwrap();
        let first = rows(db.reader(), 1, Some("new"), 0, 1).await.unwrap();
        assert_eq!(linked[0].mpi_id, first[0].mpi_id, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_was_cut_off_goes_on_where_it_stopped() {
    for kind in KINDS {
        let db = register_of(kind).await;
        let actor = Actor::console(1, 0);
        let file = csv(PEOPLE);
        let began = begin(&db, &actor, None, &file).await.unwrap();
        let index = Index::new(db.db.clone());
        let first = File {
            people: file.people[..2].to_vec(),
            ..csv(PEOPLE)
        };
        run(&db, &index, &actor, None, (began, first), 1, &|_| {})
            .await
            .unwrap();
        let again = begin(&db, &actor, None, &file).await.unwrap();
        assert_eq!((again.id, again.done), (began.id, 3), "{kind:?}");
        let heard = AtomicU64::new(0);
        let observer = |done| {
            heard.fetch_max(done, Ordering::Relaxed);
        };
        let tally = run(&db, &index, &actor, None, (again, file), 1, &observer)
            .await
            .unwrap();
        assert_eq!((tally.total(), heard.load(Ordering::Relaxed)), (5, 5), "{kind:?}");
        assert_eq!(
            sql::number(db.reader(), "SELECT count(*) FROM identities", []).await,
            Ok(3)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    let db = register_of(testing::Kind::Sqlite).await;
    take_in(
        &db,
        csv("prénom,nom,naissance,sexe,région,téléphone\nAwa,Sonko,1990-05-03,F,Dakar,77 123 45 67\n"),
    )
    .await;
    let tally = foreseen(&db, 1, &csv(PEOPLE), &|_| {}).await.unwrap();
    assert_eq!((tally.linked, tally.new, tally.refused), (2, 1, 2));
    assert_eq!(
        sql::number(db.reader(), "SELECT count(*) FROM identities", []).await,
        Ok(1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_of_a_file_takes_part_in_the_program_once() {
    for kind in KINDS {
        let db = register_of(kind).await;
        let text = "INSERT INTO programmes (id, organisation, code, name, public_name, kind, created) \
             VALUES (5, 1, 'p', 'n', 'n', 'malaria', 0)";
        let added: Result<u64, DbError> = db.write(move |tx| Box::pin(sql::run(tx, text, []))).await;
        added.unwrap();
        let actor = Actor::console(1, 0);
        let index = Index::new(db.db.clone());
        let file = csv(PEOPLE);
        let began = begin(&db, &actor, Some(5), &file).await.unwrap();
        run(&db, &index, &actor, Some(5), (began, file), 1, &|_| {})
            .await
            .unwrap();
        let people: Vec<Demographics> = csv(PEOPLE).people.into_iter().map(|(_, person)| person).collect();
        assert_eq!(people.len(), 4);
        let enrolled = sql::number(
            db.reader(),
            "SELECT count(*) FROM enrollments WHERE programme = 5",
            [],
        )
        .await;
        assert_eq!(
            enrolled,
            Ok(2),
            "{kind:?}: the one who was there twice is in once"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spreadsheet_is_sent_and_followed_to_its_end() {
    use serde_json::Value;
    for kind in KINDS {
        let server = crate::mpi::testing::served(kind, super::routes::routes()).await;
        let token = server.token(crate::access::Role::ProgramAdmin, "").await;
        let agent = server.token(crate::access::Role::EnrollmentAgent, "").await;
        let send = ("POST", "/mpi/import");
        assert_eq!(server.say(&agent, send, PEOPLE.into()).await.0, 403, "{kind:?}");
        assert_eq!(
            server.say(&token, send, "no,names\n1,2\n".into()).await.0,
            422,
            "{kind:?}"
        );
        let (status, foreseen) = server
            .say(&token, ("POST", "/mpi/import?dry_run=true"), PEOPLE.into())
            .await;
        assert_eq!(
            (status, &foreseen["so_far"]["new"]),
            (200, &3.into()),
            "{kind:?} {foreseen}"
        );
        let (status, began) = server.say(&token, send, PEOPLE.into()).await;
        assert_eq!((status, &began["rows"]), (202, &5.into()), "{kind:?} {began}");
        let path = format!("/mpi/imports/{}", began["id"]);
        let ended = loop {
            let (status, seen) = server.say(&token, ("GET", &path), Value::Null).await;
            assert_eq!(status, 200, "{kind:?} {seen}");
            if seen["finished"] == true {
                break seen;
            }
            tokio::task::yield_now().await;
        };
        assert_eq!(
            (&ended["so_far"]["linked"], &ended["so_far"]["refused"]),
            (&1.into(), &2.into()),
            "{kind:?}"
        );
        let (_, refused) = server
            .say(
                &token,
                ("GET", &format!("{path}/rows?outcome=refused")),
                Value::Null,
            )
            .await;
        assert_eq!(refused.as_array().map(Vec::len), Some(2), "{kind:?}");
    }
}
