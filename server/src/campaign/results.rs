//! What a shard's job writes in the transaction that completes it.

use sea_orm::ConnectionTrait as _;
use serde_json::json;

use super::{quota, run};
use crate::audit::{self, Entry};
use crate::card::store::{self, PrintedCard};
use crate::db::{DbError, Tx, sql};
use crate::files::Kept;
use crate::queue::Failure;

/// A file that was sent to the object store.
pub(super) struct Sent {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) kept: Kept,
}

/// What became of a shard.
pub(super) struct Results {
    pub(super) run: i64,
    pub(super) shard: i64,
    pub(super) organisation: i64,
    pub(super) cards: Vec<PrintedCard>,
    pub(super) refused: Vec<(i64, String)>,
    pub(super) sent: Vec<Sent>,
    pub(super) size: usize,
}

/// Writes it down. The run's row is locked first, so that shards of one run end one after the other.
pub(super) async fn write(tx: &Tx, results: Results, at: i64) -> Result<(), Failure> {
    const SHARD: &str = "UPDATE shards SET state = 1, progress = size, made = $1, refused = $2, finished = $3, \
         error = NULL WHERE id = $4 AND state = 0";
    if !matches!(run::lock(tx, results.run).await?, 0 | 1) {
        return Err(Failure::Lost);
    }
    let (made, refused) = (count(results.cards.len()), count(results.refused.len()));
    let values = [made.into(), refused.into(), at.into(), results.shard.into()];
    if sql::run(tx, SHARD, values).await? == 0 {
        return Err(Failure::Lost);
    }
    store::insert_printed(tx, &results.cards).await?;
    point(tx, &results).await?;
    let_go(tx, &results.refused).await?;
    for sent in &results.sent {
        artifact(tx, &results, sent, at).await?;
    }
    quota::settle(tx, results.organisation, count(results.size).into(), made.into()).await?;
    let target = format!("shard:{}", results.shard);
    audit::record(
        tx,
        &Entry::new(Some(results.organisation), at, "system", "cards.issue", target),
    )
    .await?;
    if run::end_if_done(tx, results.run, at).await? {
        super::issuing::published(tx, results.organisation, at).await?;
    }
    Ok(())
}

fn count(of: usize) -> i32 {
    i32::try_from(of).unwrap_or(i32::MAX)
}

/// Beneficiaries get their cards.
async fn point(tx: &Tx, results: &Results) -> Result<(), DbError> {
    let ids: Vec<i64> = results.cards.iter().filter_map(|card| card.beneficiary).collect();
    let backend = tx.get_database_backend();
    let text = format!(
        "UPDATE beneficiaries SET fault = NULL, card = (SELECT c.id FROM cards c WHERE c.beneficiary = beneficiaries.id \
         AND c.state = 0) WHERE id IN {}",
        sql::numbers(backend, 1)
    );
    sql::run(tx, &text, [sql::list(backend, &ids)]).await?;
    Ok(())
}

/// Whoever got none may be in another run, once what is wrong is put right.
async fn let_go(tx: &Tx, refused: &[(i64, String)]) -> Result<(), DbError> {
    const LET_GO: &str = "UPDATE beneficiaries SET run = NULL, shard = NULL, fault = $1 WHERE id = $2";
    for (beneficiary, why) in refused {
        let why: String = why.chars().take(300).collect();
        sql::run(tx, LET_GO, [why.into(), (*beneficiary).into()]).await?;
    }
    Ok(())
}

async fn artifact(tx: &Tx, results: &Results, sent: &Sent, at: i64) -> Result<(), DbError> {
    const INSERT: &str = "INSERT INTO artifacts (organisation, run, shard, name, path, bytes, sha256, created) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let bytes = i64::try_from(sent.kept.bytes).unwrap_or(i64::MAX);
    let row = [
        results.organisation.into(),
        results.run.into(),
        results.shard.into(),
        sent.name.clone().into(),
        sent.path.clone().into(),
        bytes.into(),
        sent.kept.sha256.to_vec().into(),
        at.into(),
    ];
    sql::run(tx, INSERT, row).await?;
    Ok(())
}

/// A shard's job was given up: its people stay in it, for a retry, and its quota goes back.
pub(super) async fn fail(tx: &Tx, run: i64, shard: i64, why: &str) -> Result<(), DbError> {
    const FAIL: &str = "UPDATE shards SET state = 2, progress = 0, error = $1, finished = $2 WHERE id = $3 AND state = 0 \
         RETURNING size";
    const OF: &str = "SELECT organisation FROM runs WHERE id = $1";
    let at = teranga_core::clock::now().as_millisecond();
    run::lock(tx, run).await?;
    let Some(row) = sql::one(tx, FAIL, [why.into(), at.into(), shard.into()]).await? else {
        return Ok(());
    };
    let size: i32 = row.try_get_by_index(0)?;
    let organisation = sql::number(tx, OF, [run.into()]).await?;
    quota::settle(tx, organisation, size.into(), 0).await?;
    let entry = Entry::new(
        Some(organisation),
        at,
        "system",
        "shard.fail",
        format!("shard:{shard}"),
    );
    audit::record(tx, &entry.with_private("reason", json!(why))).await?;
    if run::end_if_done(tx, run, at).await? {
        super::issuing::published(tx, organisation, at).await?;
    }
    Ok(())
}
