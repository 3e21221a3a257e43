//! The contract of a database, held by both kinds, and what is SQLite's own.

use super::testing::{self, KINDS, Kind};
use super::*;

#[derive(Debug, PartialEq, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("on purpose")]
    OnPurpose,
}

async fn add(tx: &Tx, code: &str) -> Result<(), Failed> {
    const INSERT: &str = "INSERT INTO organisations (code, name, country, created) VALUES ($1, 'n', 'SN', 0)";
    sql::run(tx, INSERT, [code.into()]).await?;
    Ok(())
}

async fn count(db: &Db) -> i64 {
    sql::number(db.reader(), "SELECT count(*) FROM organisations", [])
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_fails_changes_nothing_and_disturbs_nobody() {
    for kind in KINDS {
        let db = testing::fresh(kind).await;
        let mut writes = Vec::new();
        for at in 0..40 {
            let db = db.db.clone();
            writes.push(tokio::spawn(async move {
                db.write(move |tx| {
                    Box::pin(async move {
                        add(tx, &format!("o{at}")).await?;
                        if at % 4 == 0 {
                            Err(Failed::OnPurpose)
                        } else {
                            Ok(())
                        }
                    })
                })
                .await
            }));
        }
        for (at, write) in writes.into_iter().enumerate() {
            let outcome = write.await.unwrap();
            assert_eq!(
                outcome,
                if at % 4 == 0 {
                    Err(Failed::OnPurpose)
                } else {
                    Ok(())
                },
                "{kind:?} {at}"
            );
        }
        assert_eq!(count(&db).await, 30, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_code_twice_is_a_conflict_and_an_unknown_parent_is_missing() {
    for kind in KINDS {
        let db = testing::fresh(kind).await;
        let add_one = || db.write(|tx| Box::pin(add(tx, "moh")));
        assert_eq!(add_one().await, Ok(()));
        assert!(
            matches!(add_one().await, Err(Failed::Db(DbError::Conflict(_)))),
            "{kind:?}"
        );
        let orphan: Result<(), Failed> = db
            .write(|tx| {
                Box::pin(async move {
                    let text = "INSERT INTO devices (organisation, name, created) VALUES (77, 'd', 0)";
                    sql::run(tx, text, []).await?;
                    Ok(())
                })
            })
            .await;
        assert!(
            matches!(orphan, Err(Failed::Db(DbError::Missing(_)))),
            "{kind:?} {orphan:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_panics_is_undone_and_the_next_goes_on() {
    let db = testing::fresh(Kind::Sqlite).await;
    let outcome: Result<(), Failed> = db
        .write(|tx| {
            Box::pin(async move {
                add(tx, "a").await?;
                panic!("on purpose")
            })
        })
        .await;
    assert!(matches!(outcome, Err(Failed::Db(DbError::Internal(_)))));
    assert_eq!(db.write(|tx| Box::pin(add(tx, "b"))).await, Ok(()));
    assert_eq!(count(&db).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_under_one_lock_follow_each_other() {
    for kind in KINDS {
        let db = testing::fresh(kind).await;
        db.write(|tx| Box::pin(add(tx, "0"))).await.unwrap();
        let mut writes = Vec::new();
        for _ in 0..20 {
            let db = db.db.clone();
            // Reads, then writes what it read: without the lock some would read the same.
            writes.push(tokio::spawn(async move {
                let locks = Locks::new(vec![1], vec![9, -3, 9]);
                db.write_under(locks, |tx| {
                    Box::pin(async move {
                        let seen = sql::number(tx, "SELECT count(*) FROM organisations", []).await?;
                        add(tx, &seen.to_string()).await
                    })
                })
                .await
            }));
        }
        for write in writes {
            assert_eq!(write.await.unwrap(), Ok(()), "{kind:?}");
        }
        assert_eq!(count(&db).await, 21);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_there_when_it_is_opened_again_and_a_newer_one_is_refused() {
    for kind in KINDS {
        let db = testing::fresh(kind).await;
        db.write(|tx| Box::pin(add(tx, "moh"))).await.unwrap();
        db.close().await.unwrap();
        let again = Db::open(db.address(), Settings::default()).await.unwrap();
        assert_eq!(count(&again).await, 1, "{kind:?}");
        let newer = "INSERT INTO schema_migrations (number, name, at) VALUES (9999, 'later', 0)";
        let add: Result<u64, DbError> = again.write(move |tx| Box::pin(sql::run(tx, newer, []))).await;
        add.unwrap();
        again.close().await.unwrap();
        let refused = Db::open(db.address(), Settings::default()).await.unwrap_err();
        assert!(refused.to_string().contains("newer version"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_go_in_as_one_parameter() {
    for kind in KINDS {
        let db = testing::fresh(kind).await;
        let backend = db.backend();
        let text = format!("SELECT count(*) FROM {} AS listed", sql::numbers(backend, 1));
        let list = sql::list(backend, &[i64::MIN, -1, 0, i64::MAX]);
        assert_eq!(sql::number(db.reader(), &text, [list]).await, Ok(4), "{kind:?}");
        assert_eq!(
            sql::number(db.reader(), &text, [sql::list(backend, &[])]).await,
            Ok(0)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_of_sqlite_cannot_write_and_are_made_safe() {
    let db = testing::open(Kind::Sqlite, Settings::default()).await;
    let refused = sql::run(db.reader(), "DELETE FROM organisations", []).await;
    assert!(matches!(refused, Err(DbError::Refused(_))), "{refused:?}");
    assert_eq!(sql::number(db.reader(), "PRAGMA synchronous", []).await, Ok(2));
    assert_eq!(sql::number(db.reader(), "PRAGMA foreign_keys", []).await, Ok(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_no_database_or_damaged_is_refused_with_words() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("teranga.db");
    std::fs::write(&file, "people.csv, not a database".repeat(400)).unwrap();
    let refused = Db::open(&Address::Sqlite(file), Settings::default())
        .await
        .unwrap_err();
    assert!(matches!(refused, DbError::Corrupt(_)), "{refused:?}");

    let db = testing::fresh(Kind::Sqlite).await;
    db.close().await.unwrap();
    let Address::Sqlite(file) = db.address() else {
        panic!()
    };
    let mut bytes = std::fs::read(file).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 8192].fill(0x5a);
    std::fs::write(file, bytes).unwrap();
    let refused = Db::open(db.address(), Settings::default()).await.unwrap_err();
    assert!(matches!(refused, DbError::Corrupt(_)), "{refused:?}");
    assert!(refused.to_string().contains("restore the last backup"));
}
