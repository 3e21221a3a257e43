//! Rows that are older than five years leave, and a signed checkpoint closes what they were.
//!
//! A checkpoint says up to which place the chain was removed, with the hash that the chain had there: the walk begins at
//! it as it would begin at the first row. Only whole stretches up to a signed head leave, and only if every row of them is
//! old enough. The triggers let nothing else go, and that rows left is an audit row itself.

use teranga_core::card::key::Context;
use teranga_core::card::signing::SigningKey;

use super::chain::{Checkpoint, Hash, checkpoint_message};
use super::record::{Entry, record};
use super::seal::LOCK;
use crate::db::{Db, DbError, Locks, Tx, sql};

/// Milliseconds for which every row stays: five years, the longest that five years can be.
pub const KEPT: i64 = (5 * 365 + 2) * 24 * 3_600_000;

/// Places of the chain that leave in one transaction.
const STRETCH: i64 = 10_000;

/// Removes what is old enough at a time; says how many rows left.
pub async fn retire(db: &Db, publisher: SigningKey, at: i64) -> Result<i64, DbError> {
    let publisher = std::sync::Arc::new(publisher);
    let mut left = 0;
    loop {
        let publisher = std::sync::Arc::clone(&publisher);
        let stretch = db
            .write_under(Locks::new(vec![], vec![LOCK]), move |tx| {
                Box::pin(async move { retire_stretch(tx, &publisher, at).await })
            })
            .await?;
        if stretch == 0 {
            return Ok(left);
        }
        left += stretch;
    }
}

async fn retire_stretch(tx: &Tx, publisher: &SigningKey, at: i64) -> Result<i64, DbError> {
    let before = at - KEPT;
    let first = sql::number(tx, "SELECT coalesce(min(place), 0) FROM audit_chain", []).await?;
    let Some((place, hash)) = last_head(tx, first, before).await? else {
        return Ok(0);
    };
    sign(tx, publisher, (place, &hash), (before, at)).await?;
    // Written before the others leave, so that no id is ever given twice.
    let target = format!("audit:{first}-{place}");
    record(tx, &Entry::new(None, at, "system", "audit.retire", target)).await?;
    const ROWS: &str = "SELECT min(audit), max(audit) FROM audit_chain WHERE place <= $1";
    let row = sql::one(tx, ROWS, [place.into()]).await?;
    let row = row.ok_or_else(|| DbError::Internal("a chain without an end".to_owned()))?;
    let ids: (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    for text in [
        "DELETE FROM audit_heads WHERE place <= $1",
        "DELETE FROM audit_chain WHERE place <= $1",
    ] {
        sql::run(tx, text, [place.into()]).await?;
    }
    // Rows of the stretch that are chained later are in the chain still.
    const LEFT: &str = "id BETWEEN $1 AND $2 AND NOT EXISTS (SELECT 1 FROM audit_chain c WHERE c.audit = id) \
         AND NOT EXISTS (SELECT 1 FROM audit_waiting w WHERE w.audit = id)";
    let private = format!("DELETE FROM audit_private WHERE audit IN (SELECT id FROM audit WHERE {LEFT})");
    sql::run(tx, &private, [ids.0.into(), ids.1.into()]).await?;
    sql::run(
        tx,
        &format!("DELETE FROM audit WHERE {LEFT}"),
        [ids.0.into(), ids.1.into()],
    )
    .await?;
    Ok(place - first + 1)
}

/// The last signed head of the first stretch up to which every row is older than `before`.
async fn last_head(tx: &Tx, first: i64, before: i64) -> Result<Option<(i64, Hash)>, DbError> {
    const YOUNG: &str = "SELECT coalesce(min(c.place), $1) FROM audit_chain c JOIN audit a ON a.id = c.audit \
         WHERE c.place < $1 AND a.at >= $2";
    const HEAD: &str = "SELECT place, hash FROM audit_heads WHERE place < $1 ORDER BY place DESC LIMIT 1";
    let young = sql::number(tx, YOUNG, [(first + STRETCH).into(), before.into()]).await?;
    let Some(row) = sql::one(tx, HEAD, [young.into()]).await? else {
        return Ok(None);
    };
    let hash = Hash::try_from(row.try_get_by_index::<Vec<u8>>(1)?)
        .map_err(|_| DbError::Corrupt("a hash of the audit chain is not 32 bytes".to_owned()))?;
    Ok(Some((row.try_get_by_index(0)?, hash)))
}

async fn sign(
    tx: &Tx,
    publisher: &SigningKey,
    (place, hash): (i64, &Hash),
    (before, at): (i64, i64),
) -> Result<(), DbError> {
    const INSERT: &str = "INSERT INTO audit_checkpoints (place, hash, before, at, kid, signature) \
         VALUES ($1, $2, $3, $4, $5, $6)";
    let message = checkpoint_message(place, &data_encoding::HEXLOWER.encode(hash), before, at);
    let signature = publisher
        .sign(Context::AuditHead, &message)
        .map_err(|error| DbError::Internal(error.to_string()))?;
    let row = [
        place.into(),
        hash.to_vec().into(),
        before.into(),
        at.into(),
        publisher.kid().to_string().into(),
        signature.to_vec().into(),
    ];
    sql::run(tx, INSERT, row).await?;
    Ok(())
}

/// Where the chain begins, if rows have left.
pub(super) async fn checkpoint<C: sea_orm::ConnectionTrait>(
    connection: &C,
) -> Result<Option<Checkpoint>, DbError> {
    const LAST: &str =
        "SELECT place, hash, before, at, kid, signature FROM audit_checkpoints ORDER BY place DESC LIMIT 1";
    let Some(row) = sql::one(connection, LAST, []).await? else {
        return Ok(None);
    };
    let hexadecimal =
        |at| Ok::<_, DbError>(data_encoding::HEXLOWER.encode(&row.try_get_by_index::<Vec<u8>>(at)?));
    Ok(Some(Checkpoint {
        place: row.try_get_by_index(0)?,
        hash: hexadecimal(1)?,
        before: row.try_get_by_index(2)?,
        at: row.try_get_by_index(3)?,
        kid: row.try_get_by_index(4)?,
        signature: hexadecimal(5)?,
    }))
}
