//! The contract of the cards' rows and of the table that follows them, on both databases.

use std::sync::Arc;

use jiff::civil::date;
use teranga_core::card::code::CardCode;
use teranga_core::card::key::Kid;
use teranga_core::ids::OsRandom;

use super::live::LiveCards;
use super::store::{self, CardError, NewCard, Place, Revocation};
use super::*;
use crate::db::testing::{self, KINDS, Kind, TestDb};
use crate::db::{Db, DbError, sql};

/// A database with an organisation, a programme and its campaign, all of number 1.
async fn campaign_of(kind: Kind) -> TestDb {
    let test = testing::fresh(kind).await;
    let statements = [
        "INSERT INTO organisations (id, code, name, country, created) VALUES (1, 'moh', 'n', 'SN', 0)",
        "INSERT INTO programmes (id, organisation, code, name, public_name, kind, created) \
         VALUES (1, 1, 'epi', 'EPI', 'Vaccination', 'campaign', 0)",
        "INSERT INTO campaigns (id, organisation, programme, code, name, prefix, created) \
         VALUES (1, 1, 1, 'polio', 'Polio', 'POLIO26', 0)",
    ];
    for text in statements {
        let added: Result<u64, DbError> = test.write(move |tx| Box::pin(sql::run(tx, text, []))).await;
        added.unwrap();
    }
    test
}

fn card(number: u8) -> NewCard {
    NewCard {
        organisation: 1,
        campaign: 1,
        identity: None,
        token_hash: [number; 32],
        code: Some(CardCode::generate(&mut OsRandom).unwrap()),
        kid: Some(Kid([1, 2, 3, 4])),
        issued: date(2026, 3, 1),
        expires: Some(date(2028, 3, 1)),
    }
}

fn lost(number: u8) -> Revocation {
    Revocation {
        organisation: 1,
        token_hash: [number; 32],
        reason: Reason::Lost,
        at: store::millis(date(2026, 5, 2)) + 1,
        actor: "user:1".into(),
    }
}

async fn add(db: &Db, card: NewCard) -> Result<Option<i64>, DbError> {
    db.write(move |tx| Box::pin(async move { store::insert(tx, &card).await }))
        .await
}

async fn revoke(db: &Db, revocation: Revocation) -> Result<bool, CardError> {
    db.write(move |tx| Box::pin(async move { store::revoke(tx, &revocation).await }))
        .await
}

async fn replace(db: &Db, old: Revocation, new: NewCard) -> Result<i64, CardError> {
    db.write(move |tx| Box::pin(async move { store::replace(tx, &old, &new).await }))
        .await
}

async fn standing(db: &Db, number: u8) -> Option<Standing> {
    store::standing(db.reader(), &[number; 32]).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_kept_once_and_found_by_its_token() {
    for kind in KINDS {
        let db = campaign_of(kind).await;
        assert!(add(&db, card(1)).await.unwrap().is_some());
        assert_eq!(add(&db, card(1)).await, Ok(None), "{kind:?}");
        let kept = standing(&db, 1).await.unwrap();
        assert_eq!((kept.campaign, kept.issued), (1, Day::of(date(2026, 3, 1))));
        assert_eq!(kept.expires(), Some(Day::of(date(2028, 3, 1))));
        assert_eq!(kept.revoked(), None);
        assert_eq!(standing(&db, 2).await, None);
        let same_code = NewCard {
            token_hash: [3; 32],
            ..card(3)
        };
        let code = same_code.code;
        add(&db, same_code).await.unwrap();
        let twice = NewCard { code, ..card(4) };
        assert!(
            matches!(add(&db, twice).await, Err(DbError::Conflict(_))),
            "{kind:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_revoked_once_by_its_own_organisation() {
    for kind in KINDS {
        let db = campaign_of(kind).await;
        add(&db, card(1)).await.unwrap();
        let other = Revocation {
            organisation: 2,
            ..lost(1)
        };
        assert!(matches!(revoke(&db, other).await, Err(CardError::Unknown)));
        assert!(matches!(revoke(&db, lost(9)).await, Err(CardError::Unknown)));
        assert!(revoke(&db, lost(1)).await.unwrap());
        let again = Revocation {
            reason: Reason::Stolen,
            at: store::millis(date(2026, 8, 1)),
            ..lost(1)
        };
        assert!(!revoke(&db, again).await.unwrap());
        let first = standing(&db, 1).await.unwrap().revoked();
        assert_eq!(first, Some(Day::of(date(2026, 5, 2))), "{kind:?}");
        let reason = sql::one(db.reader(), "SELECT revoked_for FROM cards", [])
            .await
            .unwrap();
        assert_eq!(reason.unwrap().try_get_by_index::<String>(0).unwrap(), "lost");
        let audited = "SELECT count(*) FROM audit WHERE action = 'card.revoke' AND actor = 'user:1'";
        assert_eq!(
            sql::number(db.reader(), audited, []).await,
            Ok(1),
            "{kind:?}: once, and with its cause"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reissue_revokes_the_old_card_and_not_the_new_one() {
    for kind in KINDS {
        let db = campaign_of(kind).await;
        add(&db, card(1)).await.unwrap();
        let new = replace(&db, lost(1), card(2)).await.unwrap();
        assert!(standing(&db, 1).await.unwrap().revoked().is_some());
        assert!(standing(&db, 2).await.unwrap().revoked().is_none());
        let by = sql::number(db.reader(), "SELECT replaced_by FROM cards WHERE state = 1", []);
        assert_eq!(by.await, Ok(new), "{kind:?}");
        assert!(matches!(
            replace(&db, lost(2), card(2)).await,
            Err(CardError::NotNew)
        ));
        assert!(matches!(
            replace(&db, lost(9), card(8)).await,
            Err(CardError::Unknown)
        ));
        assert_eq!(
            standing(&db, 8).await,
            None,
            "nothing is kept of what was refused"
        );
        assert!(standing(&db, 2).await.unwrap().revoked().is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_the_feed_sees_every_change_once_and_in_order() {
    for kind in KINDS {
        let db = campaign_of(kind).await;
        let many: Vec<NewCard> = (10..20).map(card).collect();
        let added = db.write(move |tx| Box::pin(async move { store::insert_all(tx, &many).await }));
        assert_eq!(added.await, Ok::<u64, DbError>(10));
        revoke(&db, lost(12)).await.unwrap();
        let (mut place, mut seen) = (Place::default(), Vec::new());
        loop {
            let (changes, next) = store::changes(db.reader(), place, 3).await.unwrap();
            seen.extend(
                changes
                    .iter()
                    .map(|(hash, standing)| (hash[0], standing.revoked().is_some())),
            );
            place = next;
            if changes.is_empty() {
                break;
            }
        }
        let mut expected: Vec<(u8, bool)> = (10..20).filter(|n| *n != 12).map(|n| (n, false)).collect();
        expected.push((12, true));
        assert_eq!(seen, expected, "{kind:?}");
    }
}

/// Writers at once, and a follower in the middle of it: nobody is missed.
#[tokio::test(flavor = "multi_thread")]
async fn a_follower_misses_nothing_while_many_write() {
    for kind in KINDS {
        let db = campaign_of(kind).await;
        let live = Arc::new(LiveCards::new(1000));
        let follower = {
            let (live, db) = (Arc::clone(&live), db.db.clone());
            tokio::spawn(async move { live.follow(&db).await })
        };
        let writers: Vec<_> = (0..40)
            .map(|number| {
                let db = db.db.clone();
                tokio::spawn(async move {
                    add(&db, card(number)).await.unwrap();
                    if number % 2 == 0 {
                        revoke(&db, lost(number)).await.unwrap();
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.unwrap();
        }
        live.nudge();
        while live.held() < 40 || !live.is_current() {
            tokio::task::yield_now().await;
        }
        // One more question, asked after all of the commits.
        live.nudge();
        caught_up(&live, &db).await;
        for number in 0..40 {
            let seen = live.standing(&db, &[number; 32]).await.unwrap().unwrap();
            assert_eq!(seen.revoked().is_some(), number % 2 == 0, "{kind:?} {number}");
        }
        assert_eq!(live.standing(&db, &[99; 32]).await, Ok(None));
        follower.abort();
    }
}

/// Waits until every revocation has come through, whether the table answers or the database.
async fn caught_up(live: &LiveCards, db: &Db) {
    for number in (0..40).step_by(2) {
        while live
            .standing(db, &[number; 32])
            .await
            .unwrap()
            .unwrap()
            .revoked()
            .is_none()
        {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_too_small_gives_up_and_the_database_answers() {
    let db = campaign_of(Kind::Sqlite).await;
    for number in 0..5 {
        add(&db, card(number)).await.unwrap();
    }
    let live = LiveCards::new(4);
    live.follow(&db).await;
    assert_eq!((live.held(), live.is_current()), (0, false));
    assert!(live.standing(&db, &[3; 32]).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_without_its_database_is_not_believed() {
    let db = campaign_of(Kind::Sqlite).await;
    add(&db, card(1)).await.unwrap();
    let live = Arc::new(LiveCards::new(10));
    let follower = {
        let (live, db) = (Arc::clone(&live), db.db.clone());
        tokio::spawn(async move { live.follow(&db).await })
    };
    while !live.is_current() {
        tokio::task::yield_now().await;
    }
    db.close().await.unwrap();
    live.nudge();
    while live.is_current() {
        tokio::task::yield_now().await;
    }
    assert!(matches!(
        live.standing(&db, &[1; 32]).await,
        Err(DbError::Unavailable(_))
    ));
    follower.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_cards_is_taken_in_once_and_again_only_where_it_says_more() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cards.csv");
    let heading = "token_hash,kid,issued,expires,revoked,campaign,card_code,mpi_id";
    let line = |number: u8, revoked: &str, campaign: &str| {
        let hash = data_encoding::HEXLOWER.encode(&[number; 32]);
        let code = CardCode::generate(&mut OsRandom).unwrap();
        format!("{hash},01020304,2026-03-01,2028-03-01,{revoked},{campaign},{code},")
    };
    let (one, three) = (line(1, "", "POLIO26"), line(3, "", ""));
    for kind in KINDS {
        let db = campaign_of(kind).await;
        let import = async |lines: &[&str], campaign: Option<&str>| {
            std::fs::write(&file, [&[heading], lines].concat().join("\n")).unwrap();
            import::import(&db, 1, campaign, records::read(&file).unwrap()).await
        };
        let imported = |read, added, revoked| import::Imported { read, added, revoked };
        let two = line(2, "2026-04-05", "POLIO26");
        let done = import(&[&one, &two, &three], Some("POLIO26")).await.unwrap();
        assert_eq!(done, imported(3, 3, 1), "{kind:?}");
        let one_revoked = one.replace(",,POLIO26", ",2026-06-07,POLIO26");
        let done = import(&[&one_revoked, &two], None).await.unwrap();
        assert_eq!(done, imported(2, 0, 1), "{kind:?}");
        assert_eq!(
            standing(&db, 1).await.unwrap().revoked(),
            Some(Day::of(date(2026, 6, 7)))
        );
        assert_eq!(
            standing(&db, 2).await.unwrap().revoked(),
            Some(Day::of(date(2026, 4, 5)))
        );
        let said = import(&[&three], None).await.unwrap_err().to_string();
        assert!(said.contains("--campaign"), "{said}");
        let said = import(&[&one, &line(4, "", "OTHER")], None)
            .await
            .unwrap_err()
            .to_string();
        assert!(said.contains("card 2") && said.contains("OTHER"), "{said}");
    }
}
