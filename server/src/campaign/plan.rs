//! Cutting a run into shards: a few thousand people at a time, each with the job that makes their cards.

use sea_orm::ConnectionTrait as _;
use serde::{Deserialize, Serialize};

use super::request::Making;
use super::shard::Shard;
use super::{CampaignError, quota, run};
use crate::app::App;
use crate::db::{DbError, Tx, Writing, sql};
use crate::queue::{self, Failure, Lease, NewJob, Work};

/// Cuts a run into shards. Cut off, it goes on where it stopped: each shard is written with its people and its job.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Plan {
    /// The run's row.
    pub run: i64,
}

impl Work for Plan {
    const KIND: &'static str = "campaign.plan";
    const TRIES: i32 = 20;
    const PRIORITY: i16 = 1;

    async fn run(self, app: App, lease: Lease) -> Result<(), Failure> {
        let at = app.clock.millis();
        let (sender, receiver) = std::sync::mpsc::channel();
        loop {
            let sender = sender.clone();
            lease
                .note(move |tx| {
                    Box::pin(async move {
                        let is_last = next(tx, self.run, at).await?;
                        // The receiver lives as long as this loop.
                        let _ = sender.send(is_last);
                        Ok(())
                    })
                })
                .await?;
            queue::ring(&app);
            if receiver.try_recv().unwrap_or(true) {
                break;
            }
        }
        lease
            .finish(move |tx| Box::pin(async move { Ok(end(tx, self.run, at).await?) }))
            .await
    }

    fn given_up<'tx>(self, tx: &'tx Tx, _: &'tx str) -> Writing<'tx, Result<(), DbError>> {
        // What is in shards is made; the rest is let go.
        Box::pin(async move { end(tx, self.run, teranga_core::clock::now().as_millisecond()).await })
    }
}

/// The next shard; whether it was the last.
async fn next(tx: &Tx, run: i64, at: i64) -> Result<bool, CampaignError> {
    const ABOUT: &str = "SELECT campaign, request, reserved - planned FROM runs WHERE id = $1 AND state = 0";
    const SHARD: &str = "INSERT INTO shards (run, number, size) SELECT CAST($1 AS BIGINT), \
         COALESCE(MAX(number), 0) + 1, CAST($2 AS INTEGER) FROM shards WHERE run = $1 RETURNING id";
    run::lock(tx, run).await?;
    let Some(about) = sql::one(tx, ABOUT, [run.into()]).await? else {
        return Ok(true);
    };
    let (campaign, left): (i64, i64) = (
        about.try_get_by_index(0).map_err(DbError::from)?,
        about.try_get_by_index(2).map_err(DbError::from)?,
    );
    let request: String = about.try_get_by_index(1).map_err(DbError::from)?;
    let size = left.min(Making::of(&request)?.shard.into());
    let people = waiting(tx, campaign, size).await?;
    if people.is_empty() {
        return Ok(true);
    }
    let size = i32::try_from(people.len()).unwrap_or(i32::MAX);
    let shard = sql::number(tx, SHARD, [run.into(), size.into()]).await?;
    let backend = tx.get_database_backend();
    let take = format!(
        "UPDATE beneficiaries SET run = $2, shard = $3, fault = NULL WHERE id IN {}",
        sql::numbers(backend, 1)
    );
    sql::run(tx, &take, [sql::list(backend, &people), run.into(), shard.into()]).await?;
    sql::run(
        tx,
        "UPDATE runs SET planned = planned + $1 WHERE id = $2",
        [i64::from(size).into(), run.into()],
    )
    .await?;
    queue::enqueue(tx, &NewJob::new(Shard { run, shard }, at).of(run::topic(run))).await?;
    Ok(left <= i64::from(size))
}

/// People of a campaign who wait, taken by nobody else.
async fn waiting(tx: &Tx, campaign: i64, most: i64) -> Result<Vec<i64>, DbError> {
    let lock = match tx.get_database_backend() {
        sea_orm::DbBackend::Postgres => "FOR UPDATE SKIP LOCKED",
        _ => "",
    };
    let text = format!(
        "SELECT id FROM beneficiaries WHERE campaign = $1 AND card IS NULL AND run IS NULL ORDER BY id LIMIT $2 {lock}"
    );
    let rows = sql::all(tx, &text, [campaign.into(), most.into()]).await?;
    Ok(rows
        .iter()
        .map(|row| row.try_get_by_index(0))
        .collect::<Result<_, _>>()?)
}

/// The run is cut: from now on it ends with its last shard. Quota that no shard uses goes back.
async fn end(tx: &Tx, run: i64, at: i64) -> Result<(), DbError> {
    const LEFT: &str = "SELECT organisation, reserved - planned FROM runs WHERE id = $1 AND state = 0";
    const CUT: &str = "UPDATE runs SET state = 1, reserved = planned WHERE id = $1 AND state = 0";
    run::lock(tx, run).await?;
    let Some(row) = sql::one(tx, LEFT, [run.into()]).await? else {
        return Ok(());
    };
    let (organisation, left): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    sql::run(tx, CUT, [run.into()]).await?;
    quota::settle(tx, organisation, left, 0).await?;
    run::end_if_done(tx, run, at).await?;
    Ok(())
}
