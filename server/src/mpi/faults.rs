//! The index when PostgreSQL goes away and comes back, when many register one person at once, and when the clock jumps.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use jiff::civil::date;
use teranga_core::person::{BirthDate, Demographics, MpiId, Sex};
use tokio::sync::Notify;

use super::*;
use crate::access::Actor;
use crate::db::testing::{self, KINDS, Server};
use crate::db::{Address, Db, Settings, sql};

fn person(number: usize) -> Demographics {
    let mut person = Demographics {
        given: format!("Awa {}", letters(number)),
        family: letters(number * 31 + 7),
        birth: Some(BirthDate::Day(date(
            1950 + (number % 60) as i16,
            1 + (number / 60 % 12) as i8,
            3,
        ))),
        sex: Sex::Female,
        phone: Some(format!("77{:07}", number * 997 % 10_000_000)),
        ..Demographics::default()
    };
    person.place.country = "SN".into();
    person.place.region = "DKR".into();
    person
}

fn letters(mut number: usize) -> String {
    let mut word = String::from("Ka");
    for _ in 0..4 {
        word.push(char::from(b'a' + (number % 23) as u8));
        word.push('a');
        number /= 23;
    }
    word
}

fn registration(person: Demographics, at: i64) -> Registration {
    Registration {
        actor: Actor::console(1, at),
        person,
        source: "api".into(),
        program: None,
        key: None,
    }
}

async fn with_organisation(db: &Db) {
    let text = "INSERT INTO organisations (id, code, name, country, created) VALUES (1, 'moh', 'n', 'SN', 0)";
    let added: Result<u64, DbError> = db.write(move |tx| Box::pin(sql::run(tx, text, []))).await;
    added.unwrap();
}

/// What clients have seen.
#[derive(Default)]
struct Seen {
    acknowledged: std::sync::Mutex<Vec<MpiId>>,
    count: AtomicUsize,
    refused: AtomicUsize,
    stop: AtomicBool,
    news: Notify,
}

impl Seen {
    async fn until(&self, holds: impl Fn(&Self) -> bool) {
        loop {
            let news = self.news.notified();
            if holds(self) {
                return;
            }
            news.await;
        }
    }
}

async fn register_without_pause(index: Index, seen: Arc<Seen>, client: usize) {
    let mut number = client;
    while !seen.stop.load(Ordering::Relaxed) {
        match index.register(registration(person(number), 0)).await {
            Ok(outcome) => {
                seen.acknowledged.lock().unwrap().push(outcome.number);
                seen.count.fetch_add(1, Ordering::Relaxed);
                number += 8;
            }
            Err(MpiError::Db(error)) if error.is_passing() => {
                seen.refused.fetch_add(1, Ordering::Relaxed);
            }
            Err(error) => panic!("{error:?}: whoever asks is not told to come again"),
        }
        seen.news.notify_waiters();
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgresql_is_away_everyone_is_told_to_come_again_and_nothing_acknowledged_is_lost() {
    let server = Server::start(&[]);
    server.psql("CREATE DATABASE away TEMPLATE template0 ENCODING 'UTF8'");
    let address = Address::Postgres(server.url("away"));
    let db = Db::open(&address, Settings::default()).await.unwrap();
    with_organisation(&db).await;
    let (index, seen) = (Index::new(db.clone()), Arc::new(Seen::default()));
    let clients: Vec<_> = (0..8)
        .map(|client| tokio::spawn(register_without_pause(index.clone(), Arc::clone(&seen), client)))
        .collect();
    let count = |seen: &Seen| seen.count.load(Ordering::Relaxed);
    seen.until(|seen| count(seen) >= 40).await;
    server.stop_at_once();
    seen.until(|seen| seen.refused.load(Ordering::Relaxed) >= 8).await;
    server.start_again();
    let before = count(&seen);
    seen.until(|seen| count(seen) >= before + 40).await;
    seen.stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let acknowledged = seen.acknowledged.lock().unwrap().clone();
    for number in acknowledged {
        assert_eq!(find(db.reader(), 1, &number).await.unwrap(), number);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_who_register_one_person_at_once_get_one_number() {
    for kind in KINDS {
        let db = testing::fresh(kind).await;
        with_organisation(&db).await;
        // Two servers on one database, as far as PostgreSQL is concerned.
        let indexes = [Index::new(db.db.clone()), Index::new(db.db.clone())];
        let clients: Vec<_> = (0..40)
            .map(|at| {
                let index = indexes[at % 2].clone();
                tokio::spawn(async move { index.register(registration(person(at / 20), 0)).await })
            })
            .collect();
        let mut numbers = Vec::new();
        for client in clients {
            numbers.push(client.await.unwrap().unwrap().number);
        }
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 2, "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_links_those_who_are_one_and_refuses_the_nameless_alone() {
    for kind in KINDS {
        let db = testing::fresh(kind).await;
        with_organisation(&db).await;
        let index = Index::new(db.db.clone());
        let mut list: Vec<_> = (0..120).map(|at| registration(person(at % 100), 0)).collect();
        list[5].person.given.clear();
        list[5].person.family = " - ".into();
        list[6].person.place.region = "Atlantis".into();
        let outcomes = index.register_all(list).await.unwrap();
        assert!(matches!(outcomes[5], Err(MpiError::Refused(_))), "{kind:?}");
        assert!(matches!(outcomes[6], Err(MpiError::Number(_))), "{kind:?}");
        for at in 0..20 {
            if let (Ok(first), Ok(again)) = (&outcomes[at], &outcomes[100 + at]) {
                assert_eq!(first.number, again.number, "{kind:?} {at}");
            }
        }
        let people = sql::number(db.reader(), "SELECT count(DISTINCT root) FROM identities", []).await;
        assert_eq!(people, Ok(100), "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_loses_no_order() {
    for kind in KINDS {
        let db = testing::fresh(kind).await;
        with_organisation(&db).await;
        let index = Index::new(db.db.clone());
        let times = [1_800_000_000_000, 1_400_000_000_000, 1_900_000_000_000];
        let mut number = None;
        for at in times {
            let outcome = index.register(registration(person(1), at)).await.unwrap();
            assert_eq!(*number.get_or_insert(outcome.number), outcome.number, "{kind:?}");
        }
        let kinds = sql::all(db.reader(), "SELECT kind FROM facts ORDER BY id", [])
            .await
            .unwrap();
        let kinds: Vec<String> = kinds.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        assert_eq!(kinds, ["register", "link", "link"], "{kind:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_promoted_model_decides_and_a_record_of_an_older_version_is_prepared_anew() {
    use teranga_core::matching::{ModelRecord, PreparedPerson, learn};
    for kind in KINDS {
        let db = testing::fresh(kind).await;
        with_organisation(&db).await;
        let index = Index::new(db.db.clone());
        let shipped = index.register(registration(person(1), 0)).await.unwrap();
        let people: Vec<_> = (0..300).map(|at| PreparedPerson::new(&person(at))).collect();
        let record = ModelRecord::learnt(learn(&people, None), date(2026, 11, 25));
        let id = record.id();
        let promoted: Result<(), MpiError> = db
            .write(move |tx| {
                Box::pin(async move {
                    let row = keep(tx, 1, &record).await?;
                    promote(tx, 1, row, "user:1").await
                })
            })
            .await;
        promoted.unwrap();
        let old = "UPDATE prepared SET packed = $1";
        let aged: Result<u64, DbError> = db
            .write(move |tx| Box::pin(sql::run(tx, old, [vec![0u8, 1, 2].into()])))
            .await;
        aged.unwrap();
        let learnt = index.register(registration(person(1), 0)).await.unwrap();
        assert_eq!((learnt.number, &learnt.model), (shipped.number, &id), "{kind:?}");
        assert_ne!(shipped.model, id);
        let fresh = "SELECT count(*) FROM prepared WHERE length(packed) > 10";
        assert_eq!(sql::number(db.reader(), fresh, []).await, Ok(2), "{kind:?}");
    }
}
