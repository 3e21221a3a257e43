//! Schedules: each tick is a row of (schedule, tick), which one machine writes, with its job in the same transaction.

use serde::{Deserialize, Serialize};

use super::kinds::{Kinds, Schedule};
use super::{Failure, Lease, NewJob, Work, store};
use crate::app::App;
use crate::db::{Db, DbError, Tx, sql};

/// Ticks of a schedule that are kept.
const KEPT: i64 = 100;

/// Days for which jobs are kept that were done or cancelled.
const DAYS: i64 = 7;

const DAY: i64 = 86_400_000;

/// The tick of a period, in milliseconds, that a time lies in, counted from 1970.
pub fn every(period: i64, now: i64) -> i64 {
    now.div_euclid(period.max(1))
}

/// Enqueues a job for a tick of a schedule, unless that was done already. Ticks only go forward.
pub async fn tick<W: Work>(tx: &Tx, schedule: &str, tick: i64, job: &NewJob<W>) -> Result<bool, DbError> {
    if !is_first(tx, schedule, tick).await? {
        return Ok(false);
    }
    store::enqueue(tx, job).await?;
    Ok(true)
}

async fn is_first(tx: &Tx, schedule: &str, tick: i64) -> Result<bool, DbError> {
    const INSERT: &str = "INSERT INTO ticks (schedule, tick) SELECT $1, CAST($2 AS BIGINT) \
         WHERE NOT EXISTS (SELECT 1 FROM ticks WHERE schedule = $1 AND tick >= $2) ON CONFLICT DO NOTHING";
    const FORGET: &str = "DELETE FROM ticks WHERE schedule = $1 AND tick < $2";
    if sql::run(tx, INSERT, [schedule.into(), tick.into()]).await? == 0 {
        return Ok(false);
    }
    sql::run(tx, FORGET, [schedule.into(), (tick - KEPT).into()]).await?;
    Ok(true)
}

/// Enqueues what the kinds' schedules ask for by now.
pub(super) async fn all(db: &Db, kinds: &Kinds, now: i64) -> Result<(), DbError> {
    const LAST: &str = "SELECT COALESCE(MAX(tick), -1) FROM ticks WHERE schedule = $1";
    for schedule in &kinds.schedules {
        let tick = every(schedule.period, now);
        if sql::number(db.reader(), LAST, [schedule.name.into()]).await? < tick {
            one(db, schedule, tick, now).await?;
        }
    }
    Ok(())
}

async fn one(db: &Db, schedule: &Schedule, tick: i64, now: i64) -> Result<(), DbError> {
    let told = schedule.told();
    let (name, kind, body) = (schedule.name, told.kind, told.body.to_owned());
    let (priority, tries) = (told.priority, told.tries);
    db.write(move |tx| {
        Box::pin(async move {
            if is_first(tx, name, tick).await? {
                let told = store::Told {
                    kind,
                    body: &body,
                    priority,
                    tries,
                };
                store::insert(tx, &told, ("", Some(name)), [now, now]).await?;
            }
            Ok(())
        })
    })
    .await
}

/// Forgets what was done long ago.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Sweep {}

impl Work for Sweep {
    const KIND: &'static str = "queue.sweep";

    async fn run(self, app: App, lease: Lease) -> Result<(), Failure> {
        let before = app.clock.millis() - DAYS * DAY;
        lease
            .finish(move |tx| {
                Box::pin(async move {
                    store::forget(tx, before).await?;
                    Ok(())
                })
            })
            .await
    }
}
