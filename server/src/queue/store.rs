//! Rows of jobs.

use sea_orm::{ConnectionTrait, DbBackend, QueryResult};

use super::bell::CHANNEL;
use super::{NewJob, Work};
use crate::db::{Db, DbError, Tx, sql};

/// Letters of a reason that are kept.
const REASON: usize = 500;

/// A job that a worker holds.
#[derive(Debug, Clone)]
pub(super) struct Claimed {
    pub(super) id: i64,
    pub(super) kind: String,
    pub(super) body: String,
    pub(super) tries: i32,
    pub(super) most_tries: i32,
    pub(super) holder: String,
}

impl Claimed {
    /// Reads id, kind, body, tries and most_tries.
    fn read(row: &QueryResult, holder: &str) -> Result<Self, DbError> {
        Ok(Self {
            id: row.try_get_by_index(0)?,
            kind: row.try_get_by_index(1)?,
            body: row.try_get_by_index(2)?,
            tries: row.try_get_by_index(3)?,
            most_tries: row.try_get_by_index(4)?,
            holder: holder.to_owned(),
        })
    }
}

/// Writes a job down in the transaction of its cause, and says its row; none where one of its single name waits already.
pub async fn enqueue<W: Work>(tx: &Tx, job: &NewJob<W>) -> Result<Option<i64>, DbError> {
    let body = serde_json::to_string(&job.work).map_err(|error| DbError::Internal(error.to_string()))?;
    let told = Told {
        kind: W::KIND,
        body: &body,
        priority: W::PRIORITY,
        tries: W::TRIES,
    };
    insert(tx, &told, (&job.topic, job.single.as_deref()), [job.due, job.at]).await
}

/// What a row says of the work.
pub(super) struct Told<'a> {
    pub(super) kind: &'static str,
    pub(super) body: &'a str,
    pub(super) priority: i16,
    pub(super) tries: i32,
}

pub(super) async fn insert(
    tx: &Tx,
    told: &Told<'_>,
    (topic, single): (&str, Option<&str>),
    [due, at]: [i64; 2],
) -> Result<Option<i64>, DbError> {
    const INSERT: &str = "INSERT INTO jobs (kind, body, topic, single, priority, most_tries, due, created) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING id";
    let values = [
        told.kind.into(),
        told.body.into(),
        topic.into(),
        single.map(str::to_owned).into(),
        told.priority.into(),
        told.tries.into(),
        due.into(),
        at.into(),
    ];
    let row = sql::one(tx, INSERT, values).await?;
    if tx.get_database_backend() == DbBackend::Postgres {
        // Heard by every worker once the transaction is committed.
        sql::one(tx, "SELECT pg_notify($1, '')", [CHANNEL.into()]).await?;
    }
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// Cancels the jobs of a topic that are not done; says how many. Whoever works on one finds that it is no longer theirs.
pub async fn cancel(tx: &Tx, topic: &str, at: i64) -> Result<u64, DbError> {
    const CANCEL: &str = "UPDATE jobs SET state = 4, holder = NULL, lease = NULL, finished = $1 \
         WHERE topic = $2 AND topic <> '' AND state IN (0, 1)";
    sql::run(tx, CANCEL, [at.into(), topic.into()]).await
}

/// Lets the dead jobs of a topic be tried anew, as often as at first; says how many.
pub async fn revive(tx: &Tx, topic: &str, at: i64) -> Result<u64, DbError> {
    const REVIVE: &str = "UPDATE jobs SET state = 0, tries = 0, due = $1, finished = NULL \
         WHERE topic = $2 AND topic <> '' AND state = 3";
    sql::run(tx, REVIVE, [at.into(), topic.into()]).await
}

/// Whether there is anything to claim or to take from a worker that is gone, by a look that writes nothing.
pub(super) async fn stirs(db: &Db, now: i64) -> Result<bool, DbError> {
    const STIRS: &str = "SELECT CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE state = 0 AND due <= $1) \
         OR EXISTS (SELECT 1 FROM jobs WHERE state = 1 AND lease < $1) THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END";
    Ok(sql::number(db.reader(), STIRS, [now.into()]).await? == 1)
}

/// The next job of the kinds, leased until `until`.
pub(super) async fn claim(
    tx: &Tx,
    kinds: &[&str],
    holder: &str,
    [now, until]: [i64; 2],
) -> Result<Option<Claimed>, DbError> {
    let backend = tx.get_database_backend();
    let skip = match backend {
        DbBackend::Postgres => "FOR UPDATE SKIP LOCKED",
        _ => "",
    };
    let kinds_of = sql::strings(backend, 4);
    let text = format!(
        "UPDATE jobs SET state = 1, tries = tries + 1, lease = $1, holder = $2 WHERE id = (\
         SELECT id FROM jobs WHERE state = 0 AND due <= $3 AND kind IN {kinds_of} AND (single IS NULL OR NOT EXISTS \
         (SELECT 1 FROM jobs AS other WHERE other.single = jobs.single AND other.state = 1)) \
         ORDER BY priority DESC, due, id LIMIT 1 {skip}) RETURNING id, kind, body, tries, most_tries"
    );
    let values = [until.into(), holder.into(), now.into(), sql::texts(kinds)];
    let row = sql::one(tx, &text, values).await?;
    row.map(|row| Claimed::read(&row, holder)).transpose()
}

/// Jobs whose holder has let the lease run out.
pub(super) async fn abandoned(db: &Db, now: i64) -> Result<Vec<Claimed>, DbError> {
    const ABANDONED: &str = "SELECT id, kind, body, tries, most_tries, holder FROM jobs \
         WHERE state = 1 AND lease < $1 ORDER BY id LIMIT 100";
    let rows = sql::all(db.reader(), ABANDONED, [now.into()]).await?;
    rows.iter()
        .map(|row| Claimed::read(row, &row.try_get_by_index::<String>(5)?))
        .collect()
}

/// Makes a lease longer; `false` when the job is someone else's or nobody's.
pub(super) async fn renew(tx: &Tx, job: &Claimed, until: i64) -> Result<bool, DbError> {
    const RENEW: &str = "UPDATE jobs SET lease = $1 WHERE id = $2 AND holder = $3 AND state = 1";
    let values = [until.into(), job.id.into(), job.holder.as_str().into()];
    Ok(sql::run(tx, RENEW, values).await? == 1)
}

/// Completes a job; `false` when it is someone else's or nobody's.
pub(super) async fn complete(tx: &Tx, job: &Claimed, at: i64) -> Result<bool, DbError> {
    const DONE: &str = "UPDATE jobs SET state = 2, lease = NULL, error = NULL, finished = $1 \
         WHERE id = $2 AND holder = $3 AND state = 1";
    let values = [at.into(), job.id.into(), job.holder.as_str().into()];
    Ok(sql::run(tx, DONE, values).await? == 1)
}

/// Puts a job back, to be claimed from `due` on. Where another of its single name waits meanwhile, that one stands for
/// both.
pub(super) async fn put_back(
    tx: &Tx,
    job: &Claimed,
    (due, tries): (i64, i32),
    why: Option<&str>,
) -> Result<bool, DbError> {
    const BACK: &str = "UPDATE jobs SET state = CASE WHEN EXISTS (SELECT 1 FROM jobs AS other \
         WHERE other.single = jobs.single AND other.state = 0) THEN 4 ELSE 0 END, \
         due = $1, tries = $2, error = $3, lease = NULL, holder = NULL WHERE id = $4 AND holder = $5 AND state = 1";
    let values = [
        due.into(),
        tries.into(),
        why.map(cut).into(),
        job.id.into(),
        job.holder.as_str().into(),
    ];
    Ok(sql::run(tx, BACK, values).await? == 1)
}

/// Buries a job that will not be done.
pub(super) async fn bury(tx: &Tx, job: &Claimed, why: &str, at: i64) -> Result<bool, DbError> {
    const BURY: &str = "UPDATE jobs SET state = 3, error = $1, lease = NULL, holder = NULL, finished = $2 \
         WHERE id = $3 AND holder = $4 AND state = 1";
    let values = [
        cut(why).into(),
        at.into(),
        job.id.into(),
        job.holder.as_str().into(),
    ];
    Ok(sql::run(tx, BURY, values).await? == 1)
}

/// Forgets jobs that were done or cancelled before a time. Dead ones stay.
pub(super) async fn forget(tx: &Tx, before: i64) -> Result<u64, DbError> {
    const FORGET: &str = "DELETE FROM jobs WHERE finished < $1 AND state IN (2, 4)";
    sql::run(tx, FORGET, [before.into()]).await
}

fn cut(why: &str) -> String {
    why.chars().take(REASON).collect()
}
