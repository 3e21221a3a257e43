//! The contract of the queue, on both databases.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sea_orm::ConnectionTrait as _;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use super::testing::{drain, turn};
use super::*;
use crate::app::testing::{app_with, limits};
use crate::app::{App, Clock};
use crate::db::testing::{KINDS, Kind, TestDb};
use crate::db::{DbError, Tx, sql};

/// Writes its number into a table, or fails as it is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Note {
    number: i64,
    deed: Deed,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Deed {
    Write,
    WriteAndFail,
    Fail,
    Refuse,
    Panic,
    Nothing,
}

impl Work for Note {
    const KIND: &'static str = "test.note";
    const TRIES: i32 = 3;

    async fn run(self, _: App, lease: Lease) -> Result<(), Failure> {
        match self.deed {
            Deed::Write => {
                lease
                    .finish(move |tx| Box::pin(async move { note(tx, self.number).await }))
                    .await
            }
            Deed::WriteAndFail => {
                lease
                    .finish(move |tx| {
                        Box::pin(async move {
                            note(tx, self.number).await?;
                            Err(Failure::again("after it was written"))
                        })
                    })
                    .await
            }
            Deed::Fail => Err(Failure::again("not now")),
            Deed::Refuse => Err(Failure::never("never")),
            Deed::Panic => panic!("a job's own fault"),
            Deed::Nothing => Ok(()),
        }
    }

    fn given_up<'tx>(self, tx: &'tx Tx, _: &'tx str) -> crate::db::Writing<'tx, Result<(), DbError>> {
        Box::pin(async move {
            let told = note(tx, -self.number).await;
            told.map_err(|error| DbError::Internal(error.to_string()))
        })
    }
}

/// Comes by a schedule.
#[derive(Debug, Serialize, Deserialize)]
struct Chime {}

impl Work for Chime {
    const KIND: &'static str = "test.chime";

    async fn run(self, _: App, lease: Lease) -> Result<(), Failure> {
        lease.finish(|tx| Box::pin(note(tx, 1))).await
    }
}

async fn note(tx: &Tx, number: i64) -> Result<(), Failure> {
    sql::run(tx, "INSERT INTO notes (number) VALUES ($1)", [number.into()]).await?;
    Ok(())
}

struct Office {
    app: App,
    kinds: Arc<Kinds>,
    _db: TestDb,
}

impl Office {
    async fn new(kind: Kind) -> Self {
        Self::with(kind, Kinds::default().with::<Note>()).await
    }

    async fn with(kind: Kind, kinds: Kinds) -> Self {
        let clock = Clock::standing(Timestamp::from_second(1_800_000_000).unwrap());
        let (app, db) = app_with(kind, limits(), clock).await;
        let made = app.db.write(|tx| {
            Box::pin(async move {
                tx.execute_unprepared("CREATE TABLE notes (number BIGINT NOT NULL)")
                    .await?;
                Ok::<_, DbError>(())
            })
        });
        made.await.unwrap();
        Self {
            app,
            kinds: Arc::new(kinds),
            _db: db,
        }
    }

    async fn enqueue(&self, number: i64, deed: Deed) -> i64 {
        self.put(NewJob::new(Note { number, deed }, self.app.clock.millis()))
            .await
            .unwrap()
    }

    async fn put<W: Work + Sync + Clone>(&self, job: NewJob<W>) -> Option<i64> {
        let put = self
            .app
            .db
            .write(move |tx| Box::pin(async move { enqueue(tx, &job).await }));
        put.await.unwrap()
    }

    async fn turn(&self) -> Option<Outcome> {
        turn(&self.app, &self.kinds).await
    }

    fn worker(&self) -> (Workers, watch::Sender<bool>) {
        let (stop, stopping) = watch::channel(false);
        let settings = Settings {
            places: 3,
            lease: Duration::from_secs(30),
        };
        (
            Workers::new(self.app.clone(), Arc::clone(&self.kinds), settings, stopping),
            stop,
        )
    }

    async fn notes(&self) -> Vec<i64> {
        let rows = sql::all(
            self.app.db.reader(),
            "SELECT number FROM notes ORDER BY number",
            [],
        )
        .await;
        rows.unwrap()
            .iter()
            .map(|row| row.try_get_by_index(0).unwrap())
            .collect()
    }

    async fn depth(&self) -> [i64; 3] {
        let depth = depth(self.app.db.reader(), "").await.unwrap();
        [depth.waiting, depth.leased, depth.dead]
    }

    fn pass(&self, seconds: i64) {
        self.app.clock.pass(SignedDuration::from_secs(seconds));
    }
}

#[tokio::test]
async fn a_job_is_there_with_its_cause_and_done_with_its_results() {
    for kind in KINDS {
        let office = Office::new(kind).await;
        let at = office.app.clock.millis();
        let undone = office.app.db.write(move |tx| {
            Box::pin(async move {
                enqueue(
                    tx,
                    &NewJob::new(
                        Note {
                            number: 1,
                            deed: Deed::Write,
                        },
                        at,
                    ),
                )
                .await?;
                Err::<(), _>(DbError::Busy)
            })
        });
        assert_eq!(undone.await, Err(DbError::Busy));
        assert_eq!(office.turn().await, None, "no cause, no job");

        office.enqueue(2, Deed::Write).await;
        office.enqueue(3, Deed::WriteAndFail).await;
        office.enqueue(4, Deed::Nothing).await;
        assert_eq!(office.turn().await, Some(Outcome::Done));
        assert_eq!(office.turn().await, Some(Outcome::Again));
        assert_eq!(office.turn().await, Some(Outcome::Done));
        assert_eq!(office.turn().await, None);
        assert_eq!(office.notes().await, [2], "what failed wrote nothing");
        assert_eq!(office.depth().await, [1, 0, 0]);
    }
}

#[tokio::test]
async fn a_failure_comes_again_after_longer_and_longer_pauses_until_it_is_dead() {
    for kind in KINDS {
        let office = Office::new(kind).await;
        let job = office.enqueue(7, Deed::Fail).await;
        for pause in [2, 4] {
            assert_eq!(office.turn().await, Some(Outcome::Again));
            assert_eq!(office.turn().await, None, "it waits");
            office.pass(pause);
        }
        assert_eq!(office.turn().await, Some(Outcome::Dead));
        assert_eq!(office.notes().await, [-7], "whom it belongs to was told");
        assert_eq!(office.depth().await, [0, 0, 1]);
        let row = sql::one(
            office.app.db.reader(),
            "SELECT error FROM jobs WHERE id = $1",
            [job.into()],
        )
        .await;
        assert_eq!(
            row.unwrap().unwrap().try_get_by_index::<String>(0).unwrap(),
            "not now"
        );
    }
}

#[tokio::test]
async fn a_panic_is_a_failure_and_what_never_succeeds_is_dead_at_once() {
    for kind in KINDS {
        let office = Office::new(kind).await;
        office.enqueue(1, Deed::Panic).await;
        assert_eq!(office.turn().await, Some(Outcome::Again));
        office.enqueue(2, Deed::Refuse).await;
        assert_eq!(office.turn().await, Some(Outcome::Dead));
        assert_eq!(office.notes().await, [-2]);
        assert_eq!(office.depth().await, [1, 0, 1]);
    }
}

#[tokio::test]
async fn a_dead_workers_job_goes_to_another_and_the_first_can_write_nothing_more() {
    for kind in KINDS {
        let office = Office::new(kind).await;
        office.enqueue(5, Deed::Write).await;
        let (worker, _stop) = office.worker();
        let slow = worker.next().await.unwrap().unwrap();
        assert!(worker.next().await.unwrap().is_none(), "it is held");
        office.pass(31);
        assert_eq!(office.turn().await, Some(Outcome::Done));
        assert_eq!(worker.carry_out(slow).await, Outcome::Lost);
        assert_eq!(office.notes().await, [5]);
    }
}

#[tokio::test]
async fn a_job_that_kills_its_workers_is_given_up() {
    for kind in KINDS {
        let office = Office::new(kind).await;
        office.enqueue(5, Deed::Write).await;
        let (worker, _stop) = office.worker();
        for _ in 0..3 {
            assert!(worker.next().await.unwrap().is_some());
            office.pass(31);
        }
        assert!(worker.next().await.unwrap().is_none());
        assert_eq!(
            (office.notes().await, office.depth().await),
            (vec![-5], [0, 0, 1])
        );
    }
}

#[tokio::test]
async fn a_topic_is_cancelled_whole_and_its_dead_can_be_revived() {
    for kind in KINDS {
        let office = Office::new(kind).await;
        let at = office.app.clock.millis();
        let of = |number, deed| NewJob::new(Note { number, deed }, at).of("run:1");
        office.put(of(1, Deed::Write)).await;
        office.put(of(2, Deed::Write)).await;
        office.enqueue(3, Deed::Write).await;
        let (worker, _stop) = office.worker();
        let held = worker.next().await.unwrap().unwrap();
        let cancelled = office
            .app
            .db
            .write(move |tx| Box::pin(async move { cancel(tx, "run:1", at).await }));
        assert_eq!(cancelled.await, Ok(2));
        assert_eq!(worker.carry_out(held).await, Outcome::Lost);
        assert_eq!(drain(&office.app, &office.kinds).await, 1);
        assert_eq!(office.notes().await, [3]);

        office.put(of(4, Deed::Refuse)).await;
        assert_eq!(office.turn().await, Some(Outcome::Dead));
        let revived = office
            .app
            .db
            .write(move |tx| Box::pin(async move { revive(tx, "run:1", at).await }));
        assert_eq!(revived.await, Ok(1), "cancelled jobs stay cancelled");
        assert_eq!(office.turn().await, Some(Outcome::Dead));
    }
}

/// Sooner than others.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Urgent {}

impl Work for Urgent {
    const KIND: &'static str = "test.urgent";
    const PRIORITY: i16 = 5;

    async fn run(self, _: App, lease: Lease) -> Result<(), Failure> {
        lease.finish(|tx| Box::pin(note(tx, 99))).await
    }
}

#[tokio::test]
async fn the_urgent_comes_first_the_later_waits_and_a_single_one_stays_one() {
    for kind in KINDS {
        let office = Office::with(kind, Kinds::default().with::<Note>().with::<Urgent>()).await;
        let at = office.app.clock.millis();
        office.enqueue(1, Deed::Write).await;
        office
            .put(NewJob::new(Urgent {}, at).single("only"))
            .await
            .unwrap();
        assert_eq!(office.put(NewJob::new(Urgent {}, at).single("only")).await, None);
        office
            .put(NewJob::new(Urgent {}, at).due(at + 5_000))
            .await
            .unwrap();

        let (worker, _stop) = office.worker();
        let first = worker.next().await.unwrap().unwrap();
        assert_eq!(first.kind, "test.urgent");
        // One may wait while one runs; it is not run beside it.
        office
            .put(NewJob::new(Urgent {}, at).single("only"))
            .await
            .unwrap();
        assert_eq!(worker.next().await.unwrap().unwrap().kind, "test.note");
        assert!(worker.next().await.unwrap().is_none());
        assert_eq!(worker.carry_out(first).await, Outcome::Done);
        assert_eq!(drain(&office.app, &office.kinds).await, 1);
        office.pass(5);
        assert_eq!(drain(&office.app, &office.kinds).await, 1);
    }
}

#[tokio::test]
async fn a_tick_is_enqueued_once_however_many_count_it() {
    for kind in KINDS {
        let kinds = Kinds::default().with_every("test.chime", Duration::from_secs(60), &Chime {});
        let office = Office::with(kind, kinds).await;
        let (one, _stop) = office.worker();
        let (two, _stop) = office.worker();
        let (first, second) = tokio::join!(one.next(), two.next());
        let held: Vec<_> = [first.unwrap(), second.unwrap()].into_iter().flatten().collect();
        assert_eq!(held.len(), 1);
        assert_eq!(one.carry_out(held[0].clone()).await, Outcome::Done);
        assert_eq!(office.turn().await, None);
        office.pass(60);
        assert_eq!(drain(&office.app, &office.kinds).await, 1);
        // A clock that goes back rings no tick twice.
        office.pass(-60);
        assert_eq!(office.turn().await, None);
        assert_eq!(office.notes().await, [1, 1]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_jobs_are_each_done_once_by_workers_that_come_and_go() {
    for kind in KINDS {
        let office = Office::new(kind).await;
        for number in 0..120 {
            office.enqueue(number, Deed::Write).await;
        }
        let mut rounds = 0;
        while office.depth().await != [0, 0, 0] {
            let (one, stop_one) = office.worker();
            let (two, stop_two) = office.worker();
            let working = [tokio::spawn(one.run()), tokio::spawn(two.run())];
            // The first two rounds are broken off in the middle of their work.
            let enough = if rounds < 2 { 20 * (rounds + 1) } else { 120 };
            while office.notes().await.len() < enough {
                tokio::task::yield_now().await;
            }
            let _ = (stop_one.send(true), stop_two.send(true));
            for one in working {
                one.await.unwrap();
            }
            rounds += 1;
        }
        assert_eq!(office.notes().await, (0..120).collect::<Vec<_>>());
    }
}
