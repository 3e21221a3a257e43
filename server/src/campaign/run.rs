//! A run: started, cancelled, tried again.

use sea_orm::ConnectionTrait as _;
use serde_json::json;
use teranga_core::clock;

use super::plan::Plan;
use super::request::Making;
use super::shard::Shard;
use super::{CampaignError, quota};
use crate::access::Actor;
use crate::audit;
use crate::db::{DbError, Tx, sql};
use crate::queue::{self, NewJob};

/// What the jobs of a run belong to.
pub(super) fn topic(run: i64) -> String {
    format!("run:{run}")
}

/// Starts a run for everyone in a campaign who has no card and is in no other run; says its row. Quota is reserved, and
/// the job that cuts the run into shards is enqueued.
pub async fn start(tx: &Tx, actor: &Actor, campaign: i64, making: &Making) -> Result<i64, CampaignError> {
    const WAITING: &str = "SELECT count(*) FROM beneficiaries b JOIN campaigns c ON c.id = b.campaign \
         WHERE b.campaign = $1 AND c.organisation = $2 AND b.card IS NULL AND b.run IS NULL";
    const INSERT: &str = "INSERT INTO runs (organisation, campaign, request, reserved, actor, created) \
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    let organisation = actor.organisation;
    let wanted = sql::number(tx, WAITING, [campaign.into(), organisation.into()]).await?;
    if wanted == 0 {
        return Err(CampaignError::Refused(
            "everyone in the campaign has a card or is in a run; add people first",
        ));
    }
    quota::reserve(tx, organisation, wanted).await?;
    let row = [
        organisation.into(),
        campaign.into(),
        making.text()?.into(),
        wanted.into(),
        actor.name().into(),
        actor.at.into(),
    ];
    let run = sql::number(tx, INSERT, row).await?;
    queue::enqueue(tx, &NewJob::new(Plan { run }, actor.at).of(topic(run))).await?;
    audit::record(tx, &actor.entry("run.start", format!("run:{run}"))).await?;
    Ok(run)
}

/// Cancels a run: what is drawn stays, what is not is not, and its quota goes back. A run that has ended lets go of the
/// people of its failed shards. Says how many people were let go.
pub async fn cancel(tx: &Tx, actor: &Actor, run: i64) -> Result<i64, CampaignError> {
    const RUN: &str = "UPDATE runs SET state = 3, finished = COALESCE(finished, $1) WHERE id = $2 AND organisation = $3 \
         AND (state IN (0, 1) OR (state = 2 AND EXISTS (SELECT 1 FROM shards WHERE run = $2 AND state = 2)))";
    const OPEN: &str = "SELECT r.reserved - r.planned + (SELECT COALESCE(SUM(s.size), 0) FROM shards s \
         WHERE s.run = r.id AND s.state = 0) FROM runs r WHERE r.id = $1";
    const SHARDS: &str = "UPDATE shards SET state = 3, finished = $1 WHERE run = $2 AND state IN (0, 2)";
    const PEOPLE: &str = "UPDATE beneficiaries SET run = NULL, shard = NULL WHERE run = $1 AND card IS NULL";
    owned(tx, actor, run).await?;
    // Jobs before the run, as whoever completes a shard takes them.
    queue::cancel(tx, &topic(run), actor.at).await?;
    let values = [actor.at.into(), run.into(), actor.organisation.into()];
    if sql::run(tx, RUN, values).await? == 0 {
        return Err(CampaignError::Refused(
            "the run has ended, and nothing of it is left to cancel",
        ));
    }
    let open = sql::number(tx, OPEN, [run.into()]).await?;
    sql::run(tx, SHARDS, [actor.at.into(), run.into()]).await?;
    let let_go = sql::run(tx, PEOPLE, [run.into()]).await?;
    sql::run(
        tx,
        "UPDATE runs SET reserved = planned WHERE id = $1",
        [run.into()],
    )
    .await?;
    quota::settle(tx, actor.organisation, open, 0).await?;
    audit::record(tx, &actor.entry("run.cancel", format!("run:{run}"))).await?;
    Ok(i64::try_from(let_go).unwrap_or(i64::MAX))
}

/// Lets the shards of a run that failed be tried again; says how many they are.
pub async fn retry(tx: &Tx, actor: &Actor, run: i64) -> Result<u64, CampaignError> {
    const FAILED: &str = "SELECT id, size FROM shards WHERE run = $1 AND state = 2 ORDER BY number";
    const AGAIN: &str =
        "UPDATE shards SET state = 0, progress = 0, error = NULL, finished = NULL WHERE id = $1";
    const RUN: &str =
        "UPDATE runs SET state = 1, finished = NULL, expires = NULL WHERE id = $1 AND state IN (1, 2)";
    owned(tx, actor, run).await?;
    let rows = sql::all(tx, FAILED, [run.into()]).await?;
    if rows.is_empty() || sql::run(tx, RUN, [run.into()]).await? == 0 {
        return Err(CampaignError::Refused("the run has no shard that failed"));
    }
    redate(tx, run, actor.at).await?;
    for row in &rows {
        let (shard, size): (i64, i32) = (
            row.try_get_by_index(0).map_err(DbError::from)?,
            row.try_get_by_index(1).map_err(DbError::from)?,
        );
        quota::reserve(tx, actor.organisation, size.into()).await?;
        sql::run(tx, AGAIN, [shard.into()]).await?;
        queue::enqueue(tx, &NewJob::new(Shard { run, shard }, actor.at).of(topic(run))).await?;
    }
    audit::record(tx, &actor.entry("run.retry", format!("run:{run}"))).await?;
    Ok(rows.len() as u64)
}

/// Cards that are made on a later day are issued on that day: lists may speak of the earlier one by now.
async fn redate(tx: &Tx, run: i64, at: i64) -> Result<(), CampaignError> {
    const REQUEST: &str = "SELECT request FROM runs WHERE id = $1";
    let row = sql::one(tx, REQUEST, [run.into()])
        .await?
        .ok_or(CampaignError::Unknown)?;
    let request: String = row.try_get_by_index(0).map_err(DbError::from)?;
    let mut making = Making::of(&request)?;
    let today = clock::date_of_day(at.div_euclid(1000 * clock::SECONDS_PER_DAY)).unwrap_or(making.issued);
    if making.issued >= today {
        return Ok(());
    }
    if making.expires <= today {
        return Err(CampaignError::Refused(
            "the run's cards would be expired; start another run",
        ));
    }
    making.issued = today;
    sql::run(
        tx,
        "UPDATE runs SET request = $1 WHERE id = $2",
        [making.text()?.into(), run.into()],
    )
    .await?;
    Ok(())
}

async fn owned(tx: &Tx, actor: &Actor, run: i64) -> Result<(), CampaignError> {
    const OWN: &str = "SELECT count(*) FROM runs WHERE id = $1 AND organisation = $2";
    match sql::number(tx, OWN, [run.into(), actor.organisation.into()]).await? {
        0 => Err(CampaignError::Unknown),
        _ => Ok(()),
    }
}

/// Ends a run whose shards have all come to an end. The run's row is locked by whoever asks, so that the last of two
/// shards that end at once sees the other.
pub(super) async fn end_if_done(tx: &Tx, run: i64, at: i64) -> Result<bool, DbError> {
    const END: &str = "UPDATE runs SET state = 2, finished = $1, expires = $2 WHERE id = $3 AND state = 1 \
         AND NOT EXISTS (SELECT 1 FROM shards WHERE run = $3 AND state = 0)";
    const DAYS: &str = "SELECT p.settings FROM runs r JOIN campaigns c ON c.id = r.campaign \
         JOIN programmes p ON p.id = c.programme WHERE r.id = $1";
    let row = sql::one(tx, DAYS, [run.into()]).await?;
    let settings: String = row
        .map(|row| row.try_get_by_index(0))
        .transpose()?
        .unwrap_or_default();
    let expires = at + days(&settings) * 86_400_000;
    Ok(sql::run(tx, END, [at.into(), expires.into(), run.into()]).await? == 1)
}

/// Days for which a programme keeps files: `{"artifact_days": 183}` in its settings.
fn days(settings: &str) -> i64 {
    const USUAL: i64 = 183;
    let settings: serde_json::Value = serde_json::from_str(settings).unwrap_or(json!({}));
    settings["artifact_days"]
        .as_i64()
        .filter(|days| (1..=36_500).contains(days))
        .unwrap_or(USUAL)
}

/// Locks a run's row until the transaction ends.
pub(super) async fn lock(tx: &Tx, run: i64) -> Result<i16, DbError> {
    let text = format!(
        "SELECT state FROM runs WHERE id = $1{}",
        sql::for_update(tx.get_database_backend())
    );
    let row = sql::one(tx, &text, [run.into()]).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?.unwrap_or(3))
}
