//! The index as the rest of the server meets it: registrations that come at the same time are resolved together.
//!
//! A commit costs a flush of the disk and every query a way to the database and back, however many registrations share
//! them. So whoever comes waits for the list under way, and goes with everyone else who waited. When a list fails as a
//! whole, its registrations are tried one by one, so that none is refused for another's sake.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, mpsc, oneshot};

use super::MpiError;
use super::ready::{self, Ready};
use super::resolve::{self, Outcome, Outcomes, Registration};
use super::weights::Kept;
use crate::db::{Db, DbError, Tx, Writing};

/// Most registrations in a list.
const MOST: usize = 64;

/// How long a list waits for as many as went with the last one.
const GATHERED: Duration = Duration::from_millis(1);

/// Most that wait. Whoever comes later waits to be let in.
const MOST_WAITING: usize = 1024;

/// How often a list that met an equal number or a passing fault is tried.
const TRIES: usize = 3;

/// The index of all organisations of a database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Index {
    db: Db,
    kept: Arc<Kept>,
    queue: mpsc::Sender<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    ready: Ready,
    reply: oneshot::Sender<Result<Outcome, MpiError>>,
}

impl Index {
    /// The index of a database.
    pub fn new(db: Db) -> Self {
        let (queue, waiting) = mpsc::channel(MOST_WAITING);
        let kept = Arc::new(Kept::default());
        let waiting = Arc::new(Mutex::new(waiting));
        // SQLite has one writer; on PostgreSQL one list is decided while another is flushed.
        let lanes = if db.backend() == sea_orm::DbBackend::Postgres {
            2
        } else {
            1
        };
        for _ in 0..lanes {
            tokio::spawn(resolve_until_closed(
                db.clone(),
                Arc::clone(&kept),
                Arc::clone(&waiting),
            ));
        }
        Self { db, kept, queue }
    }

    /// Registers a person; the answer comes when it is on the disk.
    pub async fn register(&self, registration: Registration) -> Result<Outcome, MpiError> {
        let closed = || MpiError::Db(DbError::Unavailable("it is being closed".to_owned()));
        let (reply, answer) = oneshot::channel();
        let waiting = Waiting {
            ready: Ready::new(registration)?,
            reply,
        };
        self.queue.send(waiting).await.map_err(|_| closed())?;
        answer.await.map_err(|_| closed())?
    }

    /// Registers many in one transaction, and in the same one does what follows from it. Nothing is tried again.
    pub async fn register_then<T, F>(&self, registrations: Vec<Registration>, then: F) -> Result<T, MpiError>
    where
        F: for<'tx> FnOnce(&'tx Tx, Outcomes) -> Writing<'tx, Result<T, MpiError>> + Send + 'static,
        T: Send + 'static,
    {
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for one in ready::all(registrations).await? {
            match one {
                Ok(one) => {
                    good.push(one);
                    bad.push(None);
                }
                Err(error) => bad.push(Some(error)),
            }
        }
        let kept = Arc::clone(&self.kept);
        let locks = ready::locks(&good);
        self.db
            .write_under(locks, move |tx| {
                Box::pin(async move {
                    let mut outcomes = by_organisation(tx, good, &kept).await?.into_iter();
                    let lost =
                        || Err(DbError::Internal("a registration without an outcome".to_owned()).into());
                    let outcome = |error: Option<MpiError>| match error {
                        Some(error) => Err(error),
                        None => outcomes.next().unwrap_or_else(lost),
                    };
                    let outcomes = bad.into_iter().map(outcome).collect();
                    then(tx, outcomes).await
                })
            })
            .await
    }

    /// Registers many in one transaction, as a loader does.
    pub async fn register_all(&self, registrations: Vec<Registration>) -> Result<Outcomes, MpiError> {
        self.register_then(registrations, |_, outcomes| Box::pin(async move { Ok(outcomes) }))
            .await
    }
}

async fn resolve_until_closed(db: Db, kept: Arc<Kept>, queue: Arc<Mutex<mpsc::Receiver<Waiting>>>) {
    let mut expected = 1;
    loop {
        let mut list = Vec::new();
        {
            let mut queue = queue.lock().await;
            if queue.recv_many(&mut list, MOST).await == 0 {
                return;
            }
            // Those whose answers were just sent are about to ask again, and go cheaper together.
            let gathered = async {
                let mut room = MOST - list.len();
                while list.len() < expected && queue.recv_many(&mut list, room).await > 0 {
                    room = MOST - list.len();
                }
            };
            let _ = tokio::time::timeout(GATHERED, gathered).await;
        }
        expected = list.len();
        let (ready, replies): (Vec<Ready>, Vec<_>) =
            list.into_iter().map(|one| (one.ready, one.reply)).unzip();
        for (outcome, reply) in outcomes(&db, &kept, ready).await.into_iter().zip(replies) {
            // A caller that went away does not mind.
            let _ = reply.send(outcome);
        }
    }
}

/// The outcome of each, whatever becomes of the others.
async fn outcomes(db: &Db, kept: &Arc<Kept>, ready: Vec<Ready>) -> Outcomes {
    let count = ready.len();
    match together(db, kept, ready.clone()).await {
        Ok(outcomes) => outcomes,
        Err(MpiError::Db(error)) if error.is_passing() || error == DbError::Full || count == 1 => {
            (0..count).map(|_| Err(error.clone().into())).collect()
        }
        Err(_) => {
            let mut outcomes = Vec::with_capacity(count);
            for one in ready {
                let alone = together(db, kept, vec![one]).await;
                outcomes.extend(alone.unwrap_or_else(|error| vec![Err(error)]));
            }
            outcomes
        }
    }
}

/// Resolves a list in one transaction.
async fn together(db: &Db, kept: &Arc<Kept>, ready: Vec<Ready>) -> Result<Outcomes, MpiError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let (kept, list) = (Arc::clone(kept), ready.clone());
        let done = db
            .write_under(ready::locks(&ready), move |tx| {
                Box::pin(async move { by_organisation(tx, list, &kept).await })
            })
            .await;
        match done {
            // Two drew one number, or waited for each other.
            Err(MpiError::Db(DbError::Conflict(_) | DbError::Busy)) if tries < TRIES => {}
            done => return done,
        }
    }
}

async fn by_organisation(tx: &Tx, ready: Vec<Ready>, kept: &Kept) -> Result<Outcomes, MpiError> {
    let mut order: Vec<usize> = (0..ready.len()).collect();
    order.sort_by_key(|&at| ready[at].organisation());
    let mut slots: Vec<Option<Ready>> = ready.into_iter().map(Some).collect();
    let organisation = |slots: &[Option<Ready>], at: usize| slots[at].as_ref().map(Ready::organisation);
    let groups: Vec<Vec<usize>> = order
        .chunk_by(|&one, &other| organisation(&slots, one) == organisation(&slots, other))
        .map(<[usize]>::to_vec)
        .collect();
    let mut outcomes = Vec::with_capacity(slots.len());
    for group in groups {
        let list = group.iter().filter_map(|&at| slots[at].take()).collect();
        let resolved = resolve::all(tx, list, kept).await?;
        outcomes.extend(group.into_iter().zip(resolved));
    }
    outcomes.sort_by_key(|(at, _)| *at);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}
