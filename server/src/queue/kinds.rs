//! The kinds of jobs that a process knows, registered by their domains.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::store::Told;
use super::{Failure, Lease, Work};
use crate::app::App;
use crate::db::{DbError, Tx, Writing};

/// A kind of job whose type is forgotten.
pub(super) trait Kind: Send + Sync {
    fn run(&self, app: App, body: &str, lease: Lease) -> BoxFuture<'static, Result<(), Failure>>;
    fn given_up<'tx>(&self, tx: &'tx Tx, body: &str, why: &'tx str) -> Writing<'tx, Result<(), DbError>>;
}

struct Typed<W>(PhantomData<fn() -> W>);

impl<W: Work> Kind for Typed<W> {
    fn run(&self, app: App, body: &str, lease: Lease) -> BoxFuture<'static, Result<(), Failure>> {
        match serde_json::from_str::<W>(body) {
            Ok(work) => Box::pin(work.run(app, lease)),
            // The body may be of a newer version: its text is not repeated.
            Err(_) => Box::pin(async { Err(Failure::never("the job was written down in another form")) }),
        }
    }

    fn given_up<'tx>(&self, tx: &'tx Tx, body: &str, why: &'tx str) -> Writing<'tx, Result<(), DbError>> {
        match serde_json::from_str::<W>(body) {
            Ok(work) => work.given_up(tx, why),
            Err(_) => Box::pin(async { Ok(()) }),
        }
    }
}

/// A job that comes again and again.
pub(super) struct Schedule {
    pub(super) name: &'static str,
    pub(super) period: i64,
    kind: &'static str,
    body: String,
    priority: i16,
    tries: i32,
}

impl Schedule {
    pub(super) fn told(&self) -> Told<'_> {
        Told {
            kind: self.kind,
            body: &self.body,
            priority: self.priority,
            tries: self.tries,
        }
    }
}

/// The kinds of jobs that a process knows, and its schedules.
#[derive(Default)]
pub struct Kinds {
    kinds: BTreeMap<&'static str, Box<dyn Kind>>,
    pub(super) schedules: Vec<Schedule>,
}

impl Kinds {
    /// None yet, but the table's own housekeeping.
    pub fn new() -> Self {
        Self::default().with_every("queue.sweep", Duration::from_secs(3600), &super::tick::Sweep {})
    }

    /// Adds a kind.
    #[must_use]
    pub fn with<W: Work>(mut self) -> Self {
        self.kinds.insert(W::KIND, Box::new(Typed::<W>(PhantomData)));
        self
    }

    /// Adds a kind, and a job of it each `period`, counted from 1970: every machine counts the same ticks.
    #[must_use]
    pub fn with_every<W: Work>(mut self, name: &'static str, period: Duration, work: &W) -> Self {
        // A kind's own form, which always becomes JSON.
        let body = serde_json::to_string(work).unwrap_or_default();
        self.schedules.push(Schedule {
            name,
            period: i64::try_from(period.as_millis()).unwrap_or(i64::MAX).max(1),
            kind: W::KIND,
            body,
            priority: W::PRIORITY,
            tries: W::TRIES,
        });
        self.with::<W>()
    }

    /// The same kinds, without what comes by itself: a test says when.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn unscheduled(mut self) -> Self {
        self.schedules.clear();
        self
    }

    /// The names of the kinds.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.kinds.keys().copied().collect()
    }

    pub(super) fn get(&self, kind: &str) -> Option<&dyn Kind> {
        self.kinds.get(kind).map(|kind| &**kind)
    }
}
