//! What a worker holds while it works.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::Failure;
use super::store::{self, Claimed};
use crate::app::App;
use crate::db::{DbError, Tx, Writing};

/// A job that is held. Clones hold the same.
#[derive(Clone)]
pub struct Lease(Arc<Held>);

struct Held {
    app: App,
    job: Claimed,
    time: Duration,
    is_lost: AtomicBool,
    is_finished: AtomicBool,
}

impl Lease {
    pub(super) fn new(app: App, job: Claimed, time: Duration) -> Self {
        Self(Arc::new(Held {
            app,
            job,
            time,
            is_lost: AtomicBool::new(false),
            is_finished: AtomicBool::new(false),
        }))
    }

    /// The job's row.
    pub fn job(&self) -> i64 {
        self.0.job.id
    }

    /// Which try it is, from 1.
    pub fn tries(&self) -> i32 {
        self.0.job.tries
    }

    /// A name that no other try of any job has.
    pub fn holder(&self) -> &str {
        &self.0.job.holder
    }

    /// Whether the work is in vain: the job was cancelled, is someone else's, or the process is stopping. Work on
    /// threads of its own asks now and then.
    pub fn is_lost(&self) -> bool {
        self.0.is_lost.load(Ordering::Relaxed)
    }

    /// Writes the results and completes the job, both or neither. Fails, and writes nothing, when the job is no longer
    /// held.
    pub async fn finish<T, F>(&self, work: F) -> Result<T, Failure>
    where
        F: for<'tx> FnOnce(&'tx Tx) -> Writing<'tx, Result<T, Failure>> + Send + 'static,
        T: Send + 'static,
    {
        let (job, at) = (self.0.job.clone(), self.0.app.clock.millis());
        let done = self.0.app.db.write(move |tx| {
            Box::pin(async move {
                // The job's row first: whoever cancels or takes it over waits for this, or this for them.
                if !store::complete(tx, &job, at).await? {
                    return Err(Failure::Lost);
                }
                work(tx).await
            })
        });
        let value = done.await?;
        self.0.is_finished.store(true, Ordering::Release);
        super::ring(&self.0.app);
        Ok(value)
    }

    /// Writes something while the job goes on, unless it is no longer held.
    pub async fn note<F>(&self, work: F) -> Result<(), Failure>
    where
        F: for<'tx> FnOnce(&'tx Tx) -> Writing<'tx, Result<(), Failure>> + Send + 'static,
    {
        let (job, until) = (self.0.job.clone(), self.until());
        let noted = self.0.app.db.write(move |tx| {
            Box::pin(async move {
                if !store::renew(tx, &job, until).await? {
                    return Err(Failure::Lost);
                }
                work(tx).await
            })
        });
        noted.await
    }

    pub(super) fn is_finished(&self) -> bool {
        self.0.is_finished.load(Ordering::Acquire)
    }

    pub(super) fn lose(&self) {
        self.0.is_lost.store(true, Ordering::Relaxed);
    }

    fn until(&self) -> i64 {
        let time = i64::try_from(self.0.time.as_millis()).unwrap_or(i64::MAX);
        self.0.app.clock.millis().saturating_add(time)
    }

    pub(super) async fn renew(&self) -> Result<bool, DbError> {
        let (job, until) = (self.0.job.clone(), self.until());
        self.0
            .app
            .db
            .write(move |tx| Box::pin(async move { store::renew(tx, &job, until).await }))
            .await
    }
}
