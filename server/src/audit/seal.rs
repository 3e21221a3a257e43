//! The sealer: chains what was committed, and signs the end.

use sea_orm::{ConnectionTrait, QueryResult};
use teranga_core::card::key::{Context, Purpose};
use teranga_core::card::signing::SigningKey;
use teranga_core::card::trust::Scope;
use tokio::sync::watch;

use super::chain::{Hash, Row, START, hash_of, head_message};
use super::retire::retire;
use crate::app::App;
use crate::db::{Db, DbError, Locks, Tx, sql};

/// Rows in one transaction of the sealer.
const BATCH: i64 = 1000;

/// Milliseconds between two looks for rows that wait.
const PAUSE: u64 = 1000;

/// Milliseconds between two looks for rows that are old enough to leave.
const DAY: i64 = 24 * 3_600_000;

/// The lock of the sealer: two servers of one database seal one after the other.
pub(super) const LOCK: i64 = 0x7465_7261_6e67_6102;

/// Chains all rows that wait and signs the end; says how many they were.
pub async fn seal(db: &Db, publisher: SigningKey, at: i64) -> Result<u64, DbError> {
    let publisher = std::sync::Arc::new(publisher);
    let mut sealed = 0;
    loop {
        let publisher = std::sync::Arc::clone(&publisher);
        let batch = db
            .write_under(Locks::new(vec![], vec![LOCK]), move |tx| {
                Box::pin(async move { seal_batch(tx, &publisher, at).await })
            })
            .await?;
        sealed += batch;
        if batch < BATCH.unsigned_abs() {
            return Ok(sealed);
        }
    }
}

async fn seal_batch(tx: &Tx, publisher: &SigningKey, at: i64) -> Result<u64, DbError> {
    let rows = waiting(tx).await?;
    if rows.is_empty() {
        return Ok(0);
    }
    let (mut place, mut hash) = end(tx).await?;
    for row in &rows {
        place += 1;
        hash = hash_of(&hash, place, row);
        const CHAIN: &str = "INSERT INTO audit_chain (place, audit, hash) VALUES ($1, $2, $3)";
        sql::run(tx, CHAIN, [place.into(), row.id.into(), hash.to_vec().into()]).await?;
    }
    // By id, since on PostgreSQL others may have become visible meanwhile.
    let taken: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let backend = tx.get_database_backend();
    let done = format!(
        "DELETE FROM audit_waiting WHERE audit IN {}",
        sql::numbers(backend, 1)
    );
    sql::run(tx, &done, [sql::list(backend, &taken)]).await?;
    sign(tx, publisher, (place, &hash), at).await?;
    Ok(rows.len() as u64)
}

async fn waiting(tx: &Tx) -> Result<Vec<Row>, DbError> {
    const WAITING: &str = "SELECT a.id, a.organisation, a.at, a.actor, a.action, a.target, a.commitment \
         FROM audit_waiting w JOIN audit a ON a.id = w.audit ORDER BY w.audit LIMIT $1";
    let rows = sql::all(tx, WAITING, [BATCH.into()]).await?;
    rows.iter().map(row_of).collect()
}

/// The first seven columns of a query as a row.
pub(super) fn row_of(row: &QueryResult) -> Result<Row, DbError> {
    let commitment: Option<Vec<u8>> = row.try_get_by_index(6)?;
    Ok(Row {
        id: row.try_get_by_index(0)?,
        organisation: row.try_get_by_index(1)?,
        at: row.try_get_by_index(2)?,
        actor: row.try_get_by_index(3)?,
        action: row.try_get_by_index(4)?,
        target: row.try_get_by_index(5)?,
        commitment: commitment.map(|bytes| data_encoding::HEXLOWER.encode(&bytes)),
    })
}

/// The chain's length and hash.
async fn end(tx: &Tx) -> Result<(i64, Hash), DbError> {
    const END: &str = "SELECT place, hash FROM audit_chain ORDER BY place DESC LIMIT 1";
    // All that was chained may have left.
    const CLOSED: &str = "SELECT place, hash FROM audit_checkpoints ORDER BY place DESC LIMIT 1";
    let last = match sql::one(tx, END, []).await? {
        Some(row) => Some(row),
        None => sql::one(tx, CLOSED, []).await?,
    };
    let Some(row) = last else {
        return Ok((0, START));
    };
    let hash: Vec<u8> = row.try_get_by_index(1)?;
    let hash = Hash::try_from(hash)
        .map_err(|_| DbError::Corrupt("a hash of the audit chain is not 32 bytes".to_owned()))?;
    Ok((row.try_get_by_index(0)?, hash))
}

async fn sign(tx: &Tx, publisher: &SigningKey, (place, hash): (i64, &Hash), at: i64) -> Result<(), DbError> {
    const HEAD: &str =
        "INSERT INTO audit_heads (place, hash, at, kid, signature) VALUES ($1, $2, $3, $4, $5)";
    let message = head_message(place, &data_encoding::HEXLOWER.encode(hash), at);
    let signature = publisher
        .sign(Context::AuditHead, &message)
        .map_err(|error| DbError::Internal(error.to_string()))?;
    let row = [
        place.into(),
        hash.to_vec().into(),
        at.into(),
        publisher.kid().to_string().into(),
        signature.to_vec().into(),
    ];
    sql::run(tx, HEAD, row).await?;
    Ok(())
}

/// The sealer of a server that runs.
pub struct Sealer {
    app: App,
}

impl Sealer {
    /// A sealer for a server.
    pub fn new(app: App) -> Self {
        Self { app }
    }

    /// Seals once a second, and once more when it is asked to stop.
    pub async fn run(self, mut stopping: watch::Receiver<bool>) {
        let mut looked = None;
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(PAUSE));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let stop = tokio::select! {
                _ = ticks.tick() => false,
                _ = stopping.wait_for(|stop| *stop) => true,
            };
            if let Err(error) = self.once().await {
                tracing::error!(%error, "the audit chain could not be sealed; it is tried again");
            }
            if stop {
                return;
            }
            let now = self.app.clock.millis();
            if looked.is_none_or(|looked| now - looked >= DAY) {
                looked = Some(now);
                if let Err(error) = self.retire(now).await {
                    tracing::error!(%error, "old rows of the audit could not leave; it is tried again tomorrow");
                }
            }
        }
    }

    /// Seals what waits; looking first spares a quiet server its writes.
    async fn once(&self) -> anyhow::Result<()> {
        const ANY: &str = "SELECT count(*) FROM (SELECT 1 FROM audit_waiting LIMIT 1) AS any_row";
        if sql::number(self.app.db.reader(), ANY, []).await? > 0 {
            let publisher = self.app.keys.signer(Purpose::Publisher, &Scope::Organisation)?;
            seal(&self.app.db, publisher, self.app.clock.millis()).await?;
        }
        Ok(())
    }

    async fn retire(&self, now: i64) -> anyhow::Result<()> {
        let publisher = self.app.keys.signer(Purpose::Publisher, &Scope::Organisation)?;
        let left = retire(&self.app.db, publisher, now).await?;
        if left > 0 {
            tracing::info!(rows = left, "rows of the audit left after five years");
        }
        Ok(())
    }
}
