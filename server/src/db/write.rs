//! Writing: many writes in one commit on SQLite, a transaction each under locks on PostgreSQL.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use sea_orm::{DatabaseConnection, SqliteTransactionMode, TransactionOptions, TransactionTrait as _};
use tokio::sync::{mpsc, oneshot};

use super::checkpoint::Checkpoints;
use super::sqlite::Connect;
use super::{DbError, Tx, Writing, sql};

/// Most writes in one commit: enough to hide the flush, few enough that the first does not wait long.
const MOST_IN_A_COMMIT: usize = 64;

/// Most writes that wait. Whoever comes later waits to be let in.
const MOST_WAITING: usize = 1024;

/// Advisory locks of PostgreSQL that a write holds until its commit. They are taken at once and in one order (shared
/// ones, then exclusive ones, each ascending), so that two writes never wait for each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locks {
    shared: Vec<i64>,
    exclusive: Vec<i64>,
}

impl Locks {
    /// No locks.
    pub fn none() -> Self {
        Self::default()
    }

    /// Locks on `exclusive` keys, beside others who hold `shared` as well.
    pub fn new(mut shared: Vec<i64>, mut exclusive: Vec<i64>) -> Self {
        for keys in [&mut shared, &mut exclusive] {
            keys.sort_unstable();
            keys.dedup();
        }
        Self { shared, exclusive }
    }

    async fn take(&self, tx: &Tx) -> Result<(), DbError> {
        const TAKE: &str = "SELECT count(pg_advisory_xact_lock_shared(s.key)::text) \
             + (SELECT count(pg_advisory_xact_lock(e.key)::text) FROM unnest($2::text::bigint[]) AS e (key)) \
             FROM unnest($1::text::bigint[]) AS s (key)";
        if self.shared.is_empty() && self.exclusive.is_empty() {
            return Ok(());
        }
        let lists = [&self.shared, &self.exclusive].map(|keys| sql::list(sea_orm::DbBackend::Postgres, keys));
        sql::one(tx, TAKE, lists).await?;
        Ok(())
    }
}

/// A write in a transaction of its own, as on PostgreSQL.
pub(super) async fn in_own_transaction<T, E, F>(
    connection: &DatabaseConnection,
    locks: &Locks,
    work: F,
) -> Result<T, E>
where
    F: for<'tx> FnOnce(&'tx Tx) -> Writing<'tx, Result<T, E>> + Send + 'static,
    E: From<DbError>,
{
    let tx = connection.begin().await.map_err(DbError::from)?;
    locks.take(&tx).await?;
    match work(&tx).await {
        Ok(value) => {
            tx.commit().await.map_err(DbError::from)?;
            Ok(value)
        }
        Err(error) => {
            // The error of the work says more than that of undoing it.
            let _ = tx.rollback().await;
            Err(error)
        }
    }
}

/// The queue of SQLite's one writer.
#[derive(Clone)]
pub(super) struct Queue(mpsc::Sender<Message>);

enum Message {
    Write(Box<dyn Write>),
    /// Write what came before, close, and say so.
    Stop(oneshot::Sender<()>),
}

/// A write that waits.
trait Write: Send {
    /// Runs as the first of a transaction, without a savepoint, which costs a copy of each page that is changed. `false`
    /// says that the transaction has to be undone.
    fn run_first(self: Box<Self>, tx: &Tx) -> Writing<'_, (Box<dyn Answer>, bool)>;
    /// Runs in a savepoint. `Err` says that the transaction as a whole is lost.
    fn run(self: Box<Self>, tx: &Tx) -> Writing<'_, Result<Box<dyn Answer>, DbError>>;
    /// Was never run.
    fn refuse(self: Box<Self>, why: DbError);
}

/// A write that was run and waits for the commit.
trait Answer: Send {
    fn send(self: Box<Self>, committed: Result<(), DbError>);
}

struct Waiting<F, T, E> {
    work: F,
    reply: oneshot::Sender<Result<T, E>>,
}

struct Done<T, E> {
    outcome: Result<T, E>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Write for Waiting<F, T, E>
where
    F: for<'tx> FnOnce(&'tx Tx) -> Writing<'tx, Result<T, E>> + Send + 'static,
    T: Send + 'static,
    E: From<DbError> + Send + 'static,
{
    fn run_first(self: Box<Self>, tx: &Tx) -> Writing<'_, (Box<dyn Answer>, bool)> {
        Box::pin(async move {
            let Self { work, reply } = *self;
            let outcome = AssertUnwindSafe(work(tx)).catch_unwind().await;
            let outcome = outcome.unwrap_or_else(|_| Err(stopped_halfway().into()));
            let is_good = outcome.is_ok();
            (Box::new(Done { outcome, reply }) as Box<dyn Answer>, is_good)
        })
    }

    fn run(self: Box<Self>, tx: &Tx) -> Writing<'_, Result<Box<dyn Answer>, DbError>> {
        Box::pin(async move {
            let Self { work, reply } = *self;
            let outcome = match in_savepoint(tx, work).await {
                Ok(outcome) => outcome,
                Err(lost) => {
                    let _ = reply.send(Err(lost.clone().into()));
                    return Err(lost);
                }
            };
            Ok(Box::new(Done { outcome, reply }) as Box<dyn Answer>)
        })
    }

    fn refuse(self: Box<Self>, why: DbError) {
        let _ = self.reply.send(Err(why.into()));
    }
}

impl<T: Send, E: From<DbError> + Send> Answer for Done<T, E> {
    fn send(self: Box<Self>, committed: Result<(), DbError>) {
        // A caller that went away does not mind.
        let _ = self.reply.send(committed.map_err(E::from).and(self.outcome));
    }
}

/// The outer error says that the savepoint could be neither kept nor undone.
async fn in_savepoint<T, E, F>(tx: &Tx, work: F) -> Result<Result<T, E>, DbError>
where
    F: for<'tx> FnOnce(&'tx Tx) -> Writing<'tx, Result<T, E>>,
    E: From<DbError>,
{
    let savepoint = tx.begin().await?;
    match AssertUnwindSafe(work(&savepoint)).catch_unwind().await {
        Ok(Ok(value)) => {
            savepoint.commit().await?;
            Ok(Ok(value))
        }
        Ok(Err(error)) => {
            savepoint.rollback().await?;
            Ok(Err(error))
        }
        Err(_) => {
            savepoint.rollback().await?;
            Ok(Err(stopped_halfway().into()))
        }
    }
}

fn stopped_halfway() -> DbError {
    DbError::Internal("a write stopped halfway and was undone".to_owned())
}

impl Queue {
    /// Starts the writer. It ends when the last handle is dropped.
    pub(super) fn start(connect: Connect) -> Self {
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        tokio::spawn(write_until_closed(connect, receiver));
        Self(sender)
    }

    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'tx> FnOnce(&'tx Tx) -> Writing<'tx, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        let gone = || E::from(DbError::Unavailable("it is being closed".to_owned()));
        let (reply, answer) = oneshot::channel();
        let waiting = Message::Write(Box::new(Waiting { work, reply }));
        self.0.send(waiting).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }

    /// Waits until everything before it is written and the file is closed.
    pub(super) async fn close(&self) {
        let (reply, answer) = oneshot::channel();
        if self.0.send(Message::Stop(reply)).await.is_ok() {
            let _ = answer.await;
        }
    }
}

async fn write_until_closed(connect: Connect, mut waiting: mpsc::Receiver<Message>) {
    let mut connection: Option<DatabaseConnection> = None;
    let mut checkpoints = Some(Checkpoints::start(connect.clone()));
    let mut next = waiting.recv().await;
    while let Some(message) = next.take() {
        let first = match message {
            Message::Write(first) => first,
            Message::Stop(reply) => {
                if let Some(checkpoints) = checkpoints.take() {
                    checkpoints.stop().await;
                }
                if let Some(open) = connection.take() {
                    // Closing cannot lose what was committed.
                    let _ = open.close().await;
                }
                let _ = reply.send(());
                return;
            }
        };
        let open = match connection.take() {
            Some(open) => Ok(open),
            None => connect.connect().await,
        };
        match open {
            Ok(open) => {
                let (outcome, left) = commit_together(&open, first, &mut waiting).await;
                if let Some(checkpoints) = checkpoints.as_mut().filter(|_| outcome.is_ok()) {
                    checkpoints.committed(&open).await;
                }
                // A connection on which a transaction was lost is not used again: its state is not known.
                connection = outcome.is_ok().then_some(open);
                next = left;
            }
            Err(error) => first.refuse(error),
        }
        if next.is_none() {
            next = waiting.recv().await;
        }
    }
}

/// One transaction of the first write and those that are waiting by the time it is done; also what it took and did not
/// run.
async fn commit_together(
    connection: &DatabaseConnection,
    first: Box<dyn Write>,
    waiting: &mut mpsc::Receiver<Message>,
) -> (Result<(), DbError>, Option<Message>) {
    let immediate = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    let tx = match connection
        .begin_with_options(immediate)
        .await
        .map_err(DbError::from)
    {
        Ok(tx) => tx,
        Err(error) => {
            first.refuse(error.clone());
            return (
                if error == DbError::Busy {
                    Ok(())
                } else {
                    Err(error)
                },
                None,
            );
        }
    };
    let (answer, is_good) = first.run_first(&tx).await;
    if !is_good {
        let undone = tx.rollback().await.map_err(DbError::from);
        answer.send(Ok(()));
        return (undone, None);
    }
    let mut done = vec![answer];
    let mut next = waiting.try_recv().ok();
    let mut outcome = Ok(());
    while let Some(Message::Write(write)) = next {
        match write.run(&tx).await {
            Ok(answer) => done.push(answer),
            Err(lost) => outcome = Err(lost),
        }
        let goes_on = outcome.is_ok() && done.len() < MOST_IN_A_COMMIT;
        next = if goes_on { waiting.try_recv().ok() } else { None };
    }
    if outcome.is_ok() {
        outcome = tx.commit().await.map_err(DbError::from);
    }
    for answer in done {
        answer.send(outcome.clone());
    }
    (outcome, next)
}
