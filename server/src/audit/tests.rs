//! The chain, on both databases: whole when nobody touched it, and broken where somebody did.

use sea_orm::ConnectionTrait as _;
use teranga_core::card::key::Purpose;
use teranga_core::card::trust::Scope;

use super::*;
use crate::app::{App, testing};
use crate::db::testing::{KINDS, Kind, TestDb};
use crate::db::{DbError, sql};

async fn written(app: &App, rows: i64) {
    for at in 0..rows {
        let entry = Entry::new(None, at, "console", "person.register", format!("identity:{at}"));
        let entry = if at % 2 == 0 {
            entry.with_private("address", "203.0.113.9")
        } else {
            entry
        };
        let write = app
            .db
            .write(move |tx| Box::pin(async move { record(tx, &entry).await }));
        write.await.unwrap();
    }
}

async fn sealed(app: &App) -> u64 {
    let publisher = app.keys.signer(Purpose::Publisher, &Scope::Organisation).unwrap();
    seal(&app.db, publisher, 99).await.unwrap()
}

async fn seen(app: &App) -> Result<Checked, Broken> {
    verify(&app.db, &PublisherKeys::of(&app.keys).unwrap())
        .await
        .unwrap()
}

/// Five rows that are sealed, as three and two.
async fn five(kind: Kind) -> (App, TestDb) {
    let (app, test) = testing::app(kind).await;
    written(&app, 3).await;
    assert_eq!(sealed(&app).await, 3);
    written(&app, 2).await;
    assert_eq!(sealed(&app).await, 2);
    (app, test)
}

/// What somebody with the database's password does: without triggers and foreign keys.
async fn tamper(app: &App, kind: Kind, statement: &'static str) {
    let before: Vec<&'static str> = match kind {
        Kind::Sqlite => vec![
            "DROP TRIGGER audit_no_update",
            "DROP TRIGGER audit_no_delete",
            "DROP TRIGGER audit_chain_no_delete",
            "DROP TRIGGER audit_chain_no_update",
            "DROP TRIGGER audit_heads_no_delete",
            "DROP TRIGGER audit_heads_no_update",
            "DROP TRIGGER audit_private_no_update",
            "PRAGMA defer_foreign_keys = ON",
        ],
        Kind::Postgres => vec!["SET LOCAL session_replication_role = replica"],
    };
    let work = app.db.write(move |tx| {
        Box::pin(async move {
            for one in before.into_iter().chain([statement]) {
                tx.execute_unprepared(one).await?;
            }
            Ok::<_, DbError>(())
        })
    });
    work.await.unwrap();
}

#[tokio::test]
async fn rows_are_sealed_once_and_the_chain_stands() {
    for kind in KINDS {
        let (app, _test) = five(kind).await;
        let whole = Checked {
            rows: 5,
            heads: 2,
            unsigned: 0,
            waiting: 0,
            private: 3,
            left: 0,
        };
        assert_eq!(seen(&app).await, Ok(whole), "{kind:?}");
        assert_eq!(sealed(&app).await, 0, "nothing waits");
        written(&app, 1).await;
        assert_eq!(seen(&app).await, Ok(Checked { waiting: 1, ..whole }));
    }
}

#[tokio::test]
async fn both_databases_refuse_to_change_what_was_written() {
    for kind in KINDS {
        let (app, _test) = five(kind).await;
        for statement in [
            "UPDATE audit SET actor = 'nobody'",
            "DELETE FROM audit",
            "UPDATE audit_private SET body = '{}'",
            "UPDATE audit_chain SET place = place + 10",
            "DELETE FROM audit_chain",
            "UPDATE audit_heads SET at = 0",
            "DELETE FROM audit_heads",
        ] {
            let write = app
                .db
                .write(move |tx| Box::pin(async move { sql::run(tx, statement, []).await }));
            let refused: Result<u64, DbError> = write.await;
            assert!(refused.is_err(), "{kind:?}: {statement}");
        }
        assert_eq!(seen(&app).await.unwrap().rows, 5);
    }
}

#[tokio::test]
async fn whatever_is_done_behind_the_triggers_is_named() {
    let cases = [
        (
            "UPDATE audit SET actor = 'user:1' WHERE id = 2",
            Broken::Changed { id: 2, place: 2 },
        ),
        (
            "UPDATE audit SET commitment = NULL WHERE id = 3",
            Broken::Changed { id: 3, place: 3 },
        ),
        (
            "UPDATE audit_private SET body = '{}' WHERE audit = 3",
            Broken::Private { id: 3, place: 3 },
        ),
        (
            "UPDATE audit_heads SET at = 7 WHERE place = 3",
            Broken::Head { place: 3 },
        ),
        (
            "UPDATE audit_heads SET kid = '00000000' WHERE place = 5",
            Broken::Head { place: 5 },
        ),
        (
            "DELETE FROM audit_chain WHERE place = 4",
            Broken::Missing { place: 4 },
        ),
        (
            "INSERT INTO audit (organisation, at, actor, action, target) VALUES (NULL, 1, 'x', 'y', 'z')",
            Broken::Foreign { id: 6 },
        ),
    ];
    for kind in KINDS {
        for (statement, broken) in &cases {
            let (app, _test) = five(kind).await;
            tamper(&app, kind, statement).await;
            assert_eq!(seen(&app).await, Err(broken.clone()), "{kind:?}: {statement}");
        }
    }
}

#[tokio::test]
async fn erasing_what_is_personal_leaves_the_chain_whole() {
    for kind in KINDS {
        let (app, _test) = five(kind).await;
        let write = app.db.write(|tx| {
            Box::pin(async move { sql::run(tx, "DELETE FROM audit_private WHERE audit = 1", []).await })
        });
        let erased: Result<u64, DbError> = write.await;
        assert_eq!(erased, Ok(1));
        assert_eq!(seen(&app).await.unwrap().private, 2, "{kind:?}");
    }
}

#[tokio::test]
async fn a_file_stands_by_itself_and_breaks_where_it_was_changed() {
    let (app, _test) = five(Kind::Sqlite).await;
    let keys = PublisherKeys::of(&app.keys).unwrap();
    let mut file = Vec::new();
    assert_eq!(export(&app.db, &mut file).await.unwrap(), 5);
    let checked = check_file(&file[..], &keys).unwrap().unwrap();
    assert_eq!((checked.rows, checked.heads, checked.private), (5, 2, 3));
    let text = String::from_utf8(file).unwrap();
    let changed = text.replacen("identity:1", "identity:8", 1);
    assert_eq!(
        check_file(changed.as_bytes(), &keys).unwrap(),
        Err(Broken::Changed { id: 2, place: 2 })
    );
    let without: Vec<&str> = text
        .lines()
        .filter(|line| !line.contains("\"place\":2,"))
        .collect();
    assert_eq!(
        check_file(without.join("\n").as_bytes(), &keys).unwrap(),
        Err(Broken::Missing { place: 2 })
    );
    let other = teranga_core::card::signing::SigningKey::generate(
        Purpose::Publisher,
        &mut teranga_core::ids::OsRandom,
    );
    let other = data_encoding::HEXLOWER.encode(&other.unwrap().public().0);
    let stranger = PublisherKeys::one(&other).unwrap();
    assert_eq!(
        check_file(text.as_bytes(), &stranger).unwrap(),
        Err(Broken::Head { place: 3 })
    );
    assert!(check_file(&b"a,b,c\n"[..], &keys).is_err(), "another file");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_many_writers_and_two_sealers_are_chained_once_each() {
    for kind in KINDS {
        let (app, _test) = testing::app(kind).await;
        let mut work = Vec::new();
        for _ in 0..4 {
            let app = app.clone();
            work.push(tokio::spawn(async move { written(&app, 10).await }));
        }
        for _ in 0..2 {
            let app = app.clone();
            work.push(tokio::spawn(async move {
                for _ in 0..5 {
                    sealed(&app).await;
                }
            }));
        }
        for one in work {
            one.await.unwrap();
        }
        sealed(&app).await;
        let checked = seen(&app).await.unwrap();
        assert_eq!(
            (checked.rows, checked.waiting, checked.unsigned),
            (40, 0, 0),
            "{kind:?}"
        );
    }
}

/// Rows of 1970 that left, and those that came after.
async fn retired(kind: Kind) -> (App, TestDb) {
    let (app, test) = five(kind).await;
    let young = Entry::new(None, KEPT + 4, "console", "person.register", "identity:young");
    let write = app
        .db
        .write(move |tx| Box::pin(async move { record(tx, &young).await }));
    write.await.unwrap();
    assert_eq!(sealed(&app).await, 1);
    let publisher = || app.keys.signer(Purpose::Publisher, &Scope::Organisation).unwrap();
    // At `KEPT + 2` the rows of 0 and 1 are too old, but the row of 2 comes before the first signed head.
    assert_eq!(retire(&app.db, publisher(), KEPT + 2).await, Ok(0), "{kind:?}");
    assert_eq!(retire(&app.db, publisher(), KEPT + 3).await, Ok(5), "{kind:?}");
    assert_eq!(sealed(&app).await, 1, "that they left");
    (app, test)
}

#[tokio::test]
async fn old_rows_leave_and_the_chain_stands_on_its_checkpoint() {
    for kind in KINDS {
        let (app, _test) = retired(kind).await;
        let whole = seen(&app).await.unwrap();
        assert_eq!((whole.left, whole.rows, whole.unsigned), (5, 2, 0), "{kind:?}");
        let rows = sql::number(app.db.reader(), "SELECT min(id) FROM audit", []).await;
        assert_eq!(rows, Ok(6), "{kind:?}");
        let mut file = Vec::new();
        assert_eq!(export(&app.db, &mut file).await.unwrap(), 2);
        let keys = PublisherKeys::of(&app.keys).unwrap();
        assert_eq!(check_file(&file[..], &keys).unwrap().unwrap().left, 5);
        let text = String::from_utf8(file).unwrap();
        let forged = text.replacen("\"before\":", "\"before\":9", 1);
        assert_eq!(
            check_file(forged.as_bytes(), &keys).unwrap(),
            Err(Broken::Checkpoint { place: 5 })
        );
        let publisher = app.keys.signer(Purpose::Publisher, &Scope::Organisation).unwrap();
        assert_eq!(retire(&app.db, publisher, 3 * KEPT).await, Ok(2), "all of them");
        assert_eq!(sealed(&app).await, 1);
        let whole = seen(&app).await.unwrap();
        assert_eq!((whole.left, whole.rows), (7, 1), "{kind:?}");
    }
}

#[tokio::test]
async fn what_no_checkpoint_closes_does_not_leave() {
    for kind in KINDS {
        let (app, _test) = retired(kind).await;
        for statement in [
            "DELETE FROM audit",
            "DELETE FROM audit WHERE id = 6",
            "DELETE FROM audit_chain WHERE place = 6",
            "DELETE FROM audit_heads WHERE place = 6",
            "DELETE FROM audit_checkpoints",
            "UPDATE audit_checkpoints SET place = 7",
        ] {
            let write = app
                .db
                .write(move |tx| Box::pin(async move { sql::run(tx, statement, []).await }));
            let refused: Result<u64, DbError> = write.await;
            assert!(refused.is_err(), "{kind:?}: {statement}");
        }
        assert_eq!(seen(&app).await.unwrap().rows, 2);
    }
}
