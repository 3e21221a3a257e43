//! Workers: so many jobs at once in this process.

use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use teranga_core::ids::{self, OsRandom};
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinError, JoinHandle, JoinSet};

use super::bell::{self, Bell};
use super::store::{self, Claimed};
use super::{Failure, Kinds, Lease, backoff, tick};
use crate::app::App;
use crate::db::DbError;

/// Between two looks into the table when no bell rings.
const LOOK: Duration = Duration::from_millis(500);

/// Pause after the database did not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// How workers work.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Jobs at once.
    pub places: usize,
    /// How long a worker that died keeps its jobs.
    pub lease: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            places: std::thread::available_parallelism().map_or(2, usize::from),
            lease: Duration::from_secs(30),
        }
    }
}

/// What became of a job's turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// Failed; it comes again.
    Again,
    /// Failed for good.
    Dead,
    /// Cancelled, taken over, or put back because the process stops.
    Lost,
}

/// Comes when the process is asked to stop, or when nobody is left who could ask.
pub(super) async fn asked(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}

/// The workers of a process. Cheap to clone.
#[derive(Clone)]
pub struct Workers {
    app: App,
    kinds: Arc<Kinds>,
    settings: Settings,
    stopping: watch::Receiver<bool>,
}

impl Workers {
    /// Workers that know these kinds of jobs and stop when `stopping` says so.
    pub fn new(app: App, kinds: Arc<Kinds>, settings: Settings, stopping: watch::Receiver<bool>) -> Self {
        Self {
            app,
            kinds,
            settings,
            stopping,
        }
    }

    /// Works until it is asked to stop. Jobs under way are then put back, for others.
    pub async fn run(self) {
        let listening = tokio::spawn(bell::listen(self.app.clone(), self.stopping.clone()));
        let places = Arc::new(Semaphore::new(self.settings.places.max(1)));
        let bell = Bell::of(&self.app);
        let mut stopping = self.stopping.clone();
        let mut running = JoinSet::new();
        while !*stopping.borrow() {
            let place = tokio::select! {
                place = Arc::clone(&places).acquire_owned() => place,
                () = asked(&mut stopping) => break,
            };
            while running.try_join_next().is_some() {}
            let pause = match self.next().await {
                Ok(Some(job)) => {
                    let worker = self.clone();
                    running.spawn(async move {
                        let _place = place;
                        worker.carry_out(job).await
                    });
                    continue;
                }
                Ok(None) => LOOK,
                Err(error) => {
                    tracing::warn!(%error, "the table of jobs could not be read");
                    PAUSE
                }
            };
            tokio::select! {
                () = bell.rung() => {}
                () = tokio::time::sleep(pause) => {}
                () = asked(&mut stopping) => break,
            }
        }
        while running.join_next().await.is_some() {}
        listening.abort();
    }

    /// The next job that is due, now this worker's.
    pub(super) async fn next(&self) -> Result<Option<Claimed>, DbError> {
        let (db, now) = (&self.app.db, self.app.clock.millis());
        tick::all(db, &self.kinds, now).await?;
        if !store::stirs(db, now).await? {
            return Ok(None);
        }
        for job in store::abandoned(db, now).await? {
            self.take_from_the_dead(job, now).await?;
        }
        let holder = ids::bytes::<12>(&mut OsRandom).map_err(|error| DbError::Internal(error.to_string()))?;
        let holder = HEXLOWER.encode(&holder);
        let until = now + i64::try_from(self.settings.lease.as_millis()).unwrap_or(i64::MAX / 2);
        let kinds = self.kinds.names();
        db.write(move |tx| Box::pin(async move { store::claim(tx, &kinds, &holder, [now, until]).await }))
            .await
    }

    /// A job whose worker died waits again, unless it has taken too many with it.
    async fn take_from_the_dead(&self, job: Claimed, now: i64) -> Result<(), DbError> {
        const WHY: &str = "its worker stopped in the middle";
        tracing::warn!(
            job = job.id,
            kind = job.kind,
            tries = job.tries,
            "a worker let a job's lease run out"
        );
        if job.tries >= job.most_tries {
            return self.bury(job, WHY.to_owned()).await.map(|_| ());
        }
        let back = self.app.db.write(move |tx| {
            Box::pin(async move { store::put_back(tx, &job, (now, job.tries), Some(WHY)).await })
        });
        back.await.map(|_| ())
    }

    /// Does a job, whatever comes of it.
    pub(super) async fn carry_out(&self, job: Claimed) -> Outcome {
        let lease = Lease::new(self.app.clone(), job.clone(), self.settings.lease);
        let Some(kind) = self.kinds.get(&job.kind) else {
            return Outcome::Lost;
        };
        // A task of its own, so that a panic stays there.
        let work = tokio::spawn(kind.run(self.app.clone(), &job.body, lease.clone()));
        let ended = self.attend(work, &lease).await;
        let outcome = match ended {
            Some(Ok(Ok(()))) if lease.is_finished() => Ok(Outcome::Done),
            Some(Ok(Ok(()))) => self.completed(&lease).await,
            Some(Ok(Err(failure))) => self.failed(job, failure).await,
            Some(Err(error)) if error.is_panic() => {
                self.failed(job, Failure::again("the job stopped in a panic"))
                    .await
            }
            Some(Err(_)) | None => self.let_go(job, &lease).await,
        };
        outcome.unwrap_or_else(|error| {
            // Its lease runs out, and it comes again.
            tracing::warn!(job = lease.job(), %error, "what became of a job could not be written down");
            Outcome::Lost
        })
    }

    /// Renews the lease while the work goes on. `None` when the work was broken off.
    async fn attend(
        &self,
        mut work: JoinHandle<Result<(), Failure>>,
        lease: &Lease,
    ) -> Option<Result<Result<(), Failure>, JoinError>> {
        let mut stopping = self.stopping.clone();
        let mut missed = 0;
        loop {
            tokio::select! {
                ended = &mut work => return Some(ended),
                () = tokio::time::sleep(self.settings.lease / 4) => match lease.renew().await {
                    Ok(true) => missed = 0,
                    // The database may come back before the lease has run out.
                    Err(_) if missed < 2 => missed += 1,
                    // What was finished is no longer held either.
                    Ok(false) if lease.is_finished() => {}
                    _ => break,
                },
                () = asked(&mut stopping) => break,
            }
        }
        lease.lose();
        work.abort();
        match work.await {
            Ok(ended) => Some(Ok(ended)),
            Err(_) => None,
        }
    }

    async fn completed(&self, lease: &Lease) -> Result<Outcome, DbError> {
        match lease.finish(|_| Box::pin(async { Ok(()) })).await {
            Ok(()) => Ok(Outcome::Done),
            Err(Failure::Lost) => Ok(Outcome::Lost),
            Err(Failure::Again(why) | Failure::Never(why)) => Err(DbError::Unavailable(why)),
        }
    }

    async fn failed(&self, job: Claimed, failure: Failure) -> Result<Outcome, DbError> {
        let (why, is_last) = match failure {
            Failure::Lost => return Ok(Outcome::Lost),
            Failure::Again(why) => (why, job.tries >= job.most_tries),
            Failure::Never(why) => (why, true),
        };
        tracing::warn!(
            job = job.id,
            kind = job.kind,
            tries = job.tries,
            is_last,
            why,
            "a job failed"
        );
        if is_last {
            return self.bury(job, why).await;
        }
        let due = self.app.clock.millis() + backoff::pause(job.tries);
        let back = self.app.db.write(move |tx| {
            Box::pin(async move { store::put_back(tx, &job, (due, job.tries), Some(&why)).await })
        });
        Ok(if back.await? {
            Outcome::Again
        } else {
            Outcome::Lost
        })
    }

    async fn bury(&self, job: Claimed, why: String) -> Result<Outcome, DbError> {
        let (kinds, at) = (Arc::clone(&self.kinds), self.app.clock.millis());
        let buried = self.app.db.write(move |tx| {
            Box::pin(async move {
                let is_ours = store::bury(tx, &job, &why, at).await?;
                if let Some(kind) = kinds.get(&job.kind).filter(|_| is_ours) {
                    kind.given_up(tx, &job.body, &why).await?;
                }
                Ok::<_, DbError>(is_ours)
            })
        });
        Ok(if buried.await? {
            Outcome::Dead
        } else {
            Outcome::Lost
        })
    }

    /// Puts a job back that was broken off because the process stops: the try does not count.
    async fn let_go(&self, job: Claimed, lease: &Lease) -> Result<Outcome, DbError> {
        if *self.stopping.borrow() && !lease.is_finished() {
            let now = self.app.clock.millis();
            let back = self.app.db.write(move |tx| {
                Box::pin(async move { store::put_back(tx, &job, (now, job.tries - 1), None).await })
            });
            back.await?;
        }
        Ok(Outcome::Lost)
    }
}
