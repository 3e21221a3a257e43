//! What a job is: a type that is written down as JSON, and what is done when it is its turn.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Lease;
use crate::app::App;
use crate::db::{DbError, Tx, Writing};

/// A kind of job. The value is what is written down: rows' numbers and settings, nothing about a person.
pub trait Work: Serialize + DeserializeOwned + Send + 'static {
    /// Its name in the table: domain and deed, such as `campaign.shard`.
    const KIND: &'static str;
    /// How often it is tried before it is dead.
    const TRIES: i32 = 8;
    /// The higher the sooner; 0 is usual.
    const PRIORITY: i16 = 0;

    /// Does it. What it changes, it changes in [`Lease::finish`]; a job that returns without finishing is completed by
    /// the worker, for work that may be done twice without harm.
    fn run(self, app: App, lease: Lease) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Says to what the job belongs to that it will not be done, in the transaction that gives it up.
    fn given_up<'tx>(self, tx: &'tx Tx, why: &'tx str) -> Writing<'tx, Result<(), DbError>> {
        let _ = (tx, why);
        Box::pin(async { Ok(()) })
    }
}

/// Why a job was not done. What it says is kept in the table and logged: it names no person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The same may succeed later.
    #[error("{0}")]
    Again(String),
    /// The same will fail again.
    #[error("{0}")]
    Never(String),
    /// Somebody else has the job, or it was cancelled: nothing was changed.
    #[error("the job is no longer this worker's")]
    Lost,
}

impl Failure {
    /// Worth another try.
    pub fn again(why: impl std::fmt::Display) -> Self {
        Self::Again(why.to_string())
    }

    /// Not worth another try.
    pub fn never(why: impl std::fmt::Display) -> Self {
        Self::Never(why.to_string())
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        Self::Again(error.to_string())
    }
}

/// A job to be enqueued.
#[derive(Debug, Clone)]
pub struct NewJob<W> {
    pub(super) work: W,
    pub(super) topic: String,
    pub(super) single: Option<String>,
    pub(super) due: i64,
    pub(super) at: i64,
}

impl<W: Work> NewJob<W> {
    /// A job that is due at once; `at` is the time in milliseconds since 1970.
    pub fn new(work: W, at: i64) -> Self {
        Self {
            work,
            topic: String::new(),
            single: None,
            due: at,
            at,
        }
    }

    /// Says what it belongs to, such as `run:12`.
    #[must_use]
    pub fn of(mut self, topic: impl Into<String>) -> Self {
        self.topic = topic.into();
        self
    }

    /// One of this name waits at most: enqueued again meanwhile, it stays one. One of them runs at a time.
    #[must_use]
    pub fn single(mut self, name: impl Into<String>) -> Self {
        self.single = Some(name.into());
        self
    }

    /// Not before a time, in milliseconds since 1970.
    #[must_use]
    pub fn due(mut self, due: i64) -> Self {
        self.due = due;
        self
    }
}
