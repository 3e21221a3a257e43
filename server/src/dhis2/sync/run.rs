//! Runs: who reads a program, how far they are, and how it ended.

use sea_orm::{ConnectionTrait, QueryResult};
use serde::Serialize;
use teranga_core::ids::{OsRandom, Random as _};

use super::{Ground, Wanted};
use crate::audit;
use crate::db::{Db, DbError, Tx, sql};
use crate::dhis2::client::ClientError;
use crate::dhis2::{Dhis2Error, Programme};

/// Milliseconds for which a program is kept for whoever reads it. Each page makes it anew.
const LEASE: i64 = 600_000;

/// Milliseconds after which a run that stopped does not go on but begins anew.
const STALE: i64 = 86_400_000;

/// A run, and what became of the enrollments that it met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Run {
    /// Its row.
    #[schema(example = 12)]
    pub id: i64,
    /// manual, schedule, webhook or night.
    #[schema(example = "schedule")]
    pub cause: String,
    /// everything or changes.
    #[schema(example = "changes")]
    pub kind: String,
    /// running, stopped (it can go on), done or failed.
    #[schema(example = "done")]
    pub state: String,
    /// Changes since then, on the DHIS2 server's clock.
    #[schema(example = "2026-11-23T02:30:14.573")]
    pub since: Option<String>,
    /// The DHIS2 server's clock when it began.
    #[schema(example = "2026-11-23T02:45:00.120")]
    pub server_began: Option<String>,
    /// Pages that are taken in.
    #[schema(example = 3)]
    pub pages: u32,
    /// People who were listed.
    #[schema(example = 406)]
    pub people: i64,
    /// Enrollments of people who were registered already.
    pub linked: i64,
    /// Enrollments of new people whom a reviewer has to look at.
    pub review: i64,
    /// Enrollments of new people who are like someone.
    pub alert: i64,
    /// Enrollments of new people.
    pub new: i64,
    /// Enrollments that could not be taken in.
    pub refused: i64,
    /// People who were corrected.
    pub changed: i64,
    /// People who were as they had been.
    pub unchanged: i64,
    /// People who are not in the program any more.
    pub gone: i64,
    /// Why it stopped, in one word.
    pub error_code: Option<String>,
    /// Why it stopped, and what to do.
    pub error: Option<String>,
    /// When it began, in milliseconds since 1970.
    pub started: i64,
    /// When it ended.
    pub finished: Option<i64>,
}

const COLUMNS: &str = "id, cause, kind, state, since, server_began, pages, people, linked, review, alert, new, refused, \
     changed, unchanged, gone, error_code, error, started, finished";

fn read(row: &QueryResult) -> Result<Run, DbError> {
    Ok(Run {
        id: row.try_get_by_index(0)?,
        cause: row.try_get_by_index(1)?,
        kind: row.try_get_by_index(2)?,
        state: row.try_get_by_index(3)?,
        since: row.try_get_by_index(4)?,
        server_began: row.try_get_by_index(5)?,
        pages: row.try_get_by_index::<i32>(6)?.unsigned_abs(),
        people: row.try_get_by_index(7)?,
        linked: row.try_get_by_index(8)?,
        review: row.try_get_by_index(9)?,
        alert: row.try_get_by_index(10)?,
        new: row.try_get_by_index(11)?,
        refused: row.try_get_by_index(12)?,
        changed: row.try_get_by_index(13)?,
        unchanged: row.try_get_by_index(14)?,
        gone: row.try_get_by_index(15)?,
        error_code: row.try_get_by_index(16)?,
        error: row.try_get_by_index(17)?,
        started: row.try_get_by_index(18)?,
        finished: row.try_get_by_index(19)?,
    })
}

/// The runs of a program, the last first, before a row.
pub async fn runs<C: ConnectionTrait>(
    connection: &C,
    programme: i64,
    before: i64,
    most: u32,
) -> Result<Vec<Run>, DbError> {
    let text = format!(
        "SELECT {COLUMNS} FROM dhis2_runs WHERE programme = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
    );
    let values = [programme.into(), before.into(), i64::from(most).into()];
    let rows = sql::all(connection, &text, values).await?;
    rows.iter().map(read).collect()
}

/// What became of an enrollment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct EnrollmentOutcome {
    /// Its UID in DHIS2.
    #[schema(example = "laLy7xhmsp8")]
    pub enrollment: String,
    /// The tracked entity's UID.
    #[schema(example = "pt9h4XeAjk4")]
    pub tracked_entity: String,
    /// linked, review, alert, new or refused.
    #[schema(example = "refused")]
    pub outcome: String,
    /// Why it was refused.
    pub reason: Option<String>,
    /// The person's MPI id.
    pub mpi_id: Option<String>,
    /// It is gone from DHIS2.
    pub gone: bool,
}

/// Enrollments of a program after one, of one outcome or of all.
pub async fn enrollments<C: ConnectionTrait>(
    connection: &C,
    programme: i64,
    outcome: Option<&str>,
    (after, most): (&str, u32),
) -> Result<Vec<EnrollmentOutcome>, DbError> {
    const SELECT: &str = "SELECT enrollment, tracked_entity, outcome, reason, number, gone FROM dhis2_enrollments \
         WHERE programme = $1 AND enrollment > $2 AND ($3 = '' OR outcome = $3) ORDER BY enrollment LIMIT $4";
    let values = [
        programme.into(),
        after.into(),
        outcome.unwrap_or_default().into(),
        i64::from(most).into(),
    ];
    let rows = sql::all(connection, SELECT, values).await?;
    let read = |row: &QueryResult| {
        Ok(EnrollmentOutcome {
            enrollment: row.try_get_by_index(0)?,
            tracked_entity: row.try_get_by_index(1)?,
            outcome: row.try_get_by_index(2)?,
            reason: row.try_get_by_index(3)?,
            mpi_id: row.try_get_by_index(4)?,
            gone: row.try_get_by_index::<i16>(5)? != 0,
        })
    };
    rows.iter().map(read).collect()
}

/// Takes a program, so that no other machine reads it meanwhile.
pub(super) async fn lease(db: &Db, programme: i64, now: i64) -> Result<i64, Dhis2Error> {
    let mut bytes = [0; 8];
    let fault = |error: teranga_core::ids::RandomError| DbError::Internal(error.to_string());
    OsRandom.fill(&mut bytes).map_err(fault)?;
    let lease = i64::from_be_bytes(bytes);
    let taken: Result<u64, DbError> = db
        .write(move |tx| {
            Box::pin(async move {
                const TAKE: &str = "UPDATE dhis2_programmes SET leased_by = $1, leased_until = $2 \
                     WHERE id = $3 AND leased_until < $4";
                let values = [lease.into(), (now + LEASE).into(), programme.into(), now.into()];
                sql::run(tx, TAKE, values).await
            })
        })
        .await;
    if taken? == 0 {
        return Err(Dhis2Error::UnderWay);
    }
    Ok(lease)
}

/// Keeps the program for another while; an error where someone else has taken it.
pub(super) async fn renew(tx: &Tx, programme: i64, lease: i64, now: i64) -> Result<(), DbError> {
    const RENEW: &str = "UPDATE dhis2_programmes SET leased_until = $1 WHERE id = $2 AND leased_by = $3";
    let values = [(now + LEASE).into(), programme.into(), lease.into()];
    if sql::run(tx, RENEW, values).await? == 0 {
        return Err(DbError::Busy);
    }
    Ok(())
}

/// Gives the program back, and says when it is due.
pub(super) async fn release(db: &Db, programme: &Programme, lease: i64, now: i64) -> Result<(), DbError> {
    let id = programme.id;
    db.write(move |tx| {
        Box::pin(async move {
            const GIVE: &str = "UPDATE dhis2_programmes SET leased_by = NULL, leased_until = 0, \
                 due = CASE WHEN enabled = 1 THEN $1 + interval_minutes * 60000 ELSE NULL END \
                 WHERE id = $2 AND leased_by = $3";
            sql::run(tx, GIVE, [now.into(), id.into(), lease.into()]).await?;
            Ok(())
        })
    })
    .await
}

/// Goes on with the run that stopped, if it reads the same, or begins one.
pub(super) async fn begin(ground: &Ground<'_>, wanted: &Wanted) -> Result<Run, Dhis2Error> {
    let now = ground.room.clock.millis();
    let since = match (&wanted.since, wanted.everything) {
        (Some(since), _) => Some(since.clone()),
        (None, true) => None,
        (None, false) => ground.programme.since.clone(),
    };
    let kind = if since.is_some() { "changes" } else { "everything" };
    let (programme, organisation) = (ground.programme.id, ground.programme.organisation);
    let (cause, server) = (wanted.cause, ground.server_now.clone());
    let entry = ground
        .actor
        .entry("dhis2.sync", format!("dhis2-programme:{programme}"));
    let began = ground.room.db.write(move |tx| {
        Box::pin(async move {
            let find = format!(
                "SELECT {COLUMNS} FROM dhis2_runs WHERE programme = $1 AND state IN ('stopped', 'running') AND kind = $2 \
                 AND COALESCE(since, '') = $3 AND started > $4 AND error_code IS DISTINCT FROM 'short' \
                 ORDER BY id DESC LIMIT 1"
            );
            let values = [
                programme.into(),
                kind.into(),
                since.clone().unwrap_or_default().into(),
                (now - STALE).into(),
            ];
            let open = sql::one(tx, &find, values).await?;
            let over = "UPDATE dhis2_runs SET state = 'failed', finished = $1 WHERE programme = $2 \
                 AND state IN ('stopped', 'running')";
            sql::run(tx, over, [now.into(), programme.into()]).await?;
            if let Some(row) = open {
                let run = read(&row)?;
                let again = "UPDATE dhis2_runs SET state = 'running', error = NULL, error_code = NULL, finished = NULL \
                     WHERE id = $1";
                sql::run(tx, again, [run.id.into()]).await?;
                return Ok(run);
            }
            const INSERT: &str = "INSERT INTO dhis2_runs (organisation, programme, cause, kind, state, since, \
                 server_began, started) VALUES ($1, $2, $3, $4, 'running', $5, $6, $7) RETURNING id";
            let row = [
                organisation.into(),
                programme.into(),
                cause.into(),
                kind.into(),
                since.into(),
                server.into(),
                now.into(),
            ];
            let id = sql::number(tx, INSERT, row).await?;
            audit::record(tx, &entry).await?;
            let one = format!("SELECT {COLUMNS} FROM dhis2_runs WHERE id = $1");
            let row = sql::one(tx, &one, [id.into()]).await?;
            let lost = || DbError::Internal("a run that was just written".to_owned());
            read(&row.ok_or_else(lost)?)
        })
    });
    Ok(began.await?)
}

/// Writes down why a run ended early, and whether it can go on.
pub(super) async fn stopped(
    ground: &Ground<'_>,
    run: &Run,
    error: &Dhis2Error,
    may_go_on: bool,
) -> Result<(), DbError> {
    let state = if may_go_on { "stopped" } else { "failed" };
    let code = match error {
        Dhis2Error::Client(error) => ClientError::code(error),
        Dhis2Error::Db(_) => "database",
        _ => "index",
    };
    let (id, now, text) = (run.id, ground.room.clock.millis(), error.to_string());
    ground
        .room
        .db
        .write(move |tx| {
            Box::pin(async move {
                const UPDATE: &str = "UPDATE dhis2_runs SET state = $1, error_code = $2, error = $3, finished = $4 \
                     WHERE id = $5";
                let values = [state.into(), code.into(), text.into(), now.into(), id.into()];
                sql::run(tx, UPDATE, values).await?;
                Ok(())
            })
        })
        .await
}

/// People whom a run saw.
pub(super) async fn seen(db: &Db, programme: i64, run: i64) -> Result<u64, DbError> {
    const COUNT: &str = "SELECT count(*) FROM dhis2_members WHERE programme = $1 AND seen = $2";
    let number = sql::number(db.reader(), COUNT, [programme.into(), run.into()]).await?;
    Ok(number.unsigned_abs())
}

/// People who are in the program.
pub(super) async fn present(db: &Db, programme: i64) -> Result<u64, DbError> {
    const COUNT: &str = "SELECT count(*) FROM dhis2_members WHERE programme = $1 AND gone = 0";
    Ok(sql::number(db.reader(), COUNT, [programme.into()])
        .await?
        .unsigned_abs())
}

/// People whom a run of everything did not see, and how many were there.
pub(super) async fn missing(db: &Db, programme: i64, run: i64) -> Result<(u64, u64), DbError> {
    const COUNT: &str = "SELECT count(*) FROM dhis2_members WHERE programme = $1 AND gone = 0 AND seen <> $2";
    let gone = sql::number(db.reader(), COUNT, [programme.into(), run.into()]).await?;
    Ok((gone.unsigned_abs(), present(db, programme).await?))
}

/// Lets go of everyone whom a run of everything did not see, and writes the end of a run down.
pub(super) async fn finish(ground: &Ground<'_>, run: Run) -> Result<Run, Dhis2Error> {
    let now = ground.room.clock.millis();
    let (programme, program) = (ground.programme.id, ground.programme.program);
    let entry = ground
        .actor
        .entry("dhis2.sync-end", format!("dhis2-run:{}", run.id));
    let done = ground.room.db.write(move |tx| {
        Box::pin(async move {
            let mut gone = 0;
            if run.kind == "everything" {
                gone = let_go(tx, (programme, program), run.id, now).await?;
                let update = "UPDATE dhis2_programmes SET reconciled = $1 WHERE id = $2";
                sql::run(tx, update, [now.into(), programme.into()]).await?;
            }
            const UPDATE: &str =
                "UPDATE dhis2_runs SET state = 'done', gone = gone + $1, finished = $2 WHERE id = $3";
            sql::run(tx, UPDATE, [gone.cast_signed().into(), now.into(), run.id.into()]).await?;
            const SINCE: &str = "UPDATE dhis2_programmes SET since = $1 WHERE id = $2";
            sql::run(tx, SINCE, [run.server_began.clone().into(), programme.into()]).await?;
            audit::record(tx, &entry).await?;
            let one = format!("SELECT {COLUMNS} FROM dhis2_runs WHERE id = $1");
            let row = sql::one(tx, &one, [run.id.into()]).await?;
            row.as_ref().map_or(Ok(run), read)
        })
    });
    let done: Result<Run, DbError> = done.await;
    Ok(done?)
}

/// Ends what is not listed any more; says how many people that was.
async fn let_go(tx: &Tx, (programme, program): (i64, i64), run: i64, now: i64) -> Result<u64, DbError> {
    const PEOPLE: &str = "UPDATE dhis2_members SET gone = 1 WHERE programme = $1 AND gone = 0 AND seen <> $2";
    const ENROLLMENTS: &str = "UPDATE dhis2_enrollments SET gone = 1 WHERE programme = $1 AND gone = 0 AND run <> $2 \
         AND tracked_entity IN (SELECT tracked_entity FROM dhis2_members WHERE programme = $1 AND gone = 1)";
    const ENDED: &str = "UPDATE enrollments SET ended = $1 WHERE programme = $2 AND source = 'dhis2' AND ended IS NULL \
         AND reference IN (SELECT enrollment FROM dhis2_enrollments WHERE programme = $3 AND gone = 1)";
    let gone = sql::run(tx, PEOPLE, [programme.into(), run.into()]).await?;
    sql::run(tx, ENROLLMENTS, [programme.into(), run.into()]).await?;
    sql::run(tx, ENDED, [now.into(), program.into(), programme.into()]).await?;
    Ok(gone)
}
