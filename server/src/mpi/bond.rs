//! Merging two identities, and undoing a merge or a link.

use sea_orm::ConnectionTrait;
use teranga_core::person::MpiId;

use super::MpiError;
use super::store;
use crate::access::Actor;
use crate::db::{DbError, Locks, Tx, sql};

/// The lock of an organisation's structure.
pub(super) fn lock(organisation: i64) -> i64 {
    organisation ^ 0x4d50_4931_0000_0000
}

/// The locks under which [`merge`] and [`undo`] have to run: no registration at the same time.
pub fn structure(organisation: i64) -> Locks {
    Locks::new(vec![], vec![lock(organisation)])
}

/// The number of the identity that a number leads to today.
pub async fn find<C: ConnectionTrait>(tx: &C, organisation: i64, number: &MpiId) -> Result<MpiId, MpiError> {
    let (_, root) = row_of(tx, organisation, number).await?;
    store::number_of(tx, root).await
}

/// The row that has a number, and the identity that it stands under.
pub(super) async fn row_of<C: ConnectionTrait>(
    tx: &C,
    organisation: i64,
    number: &MpiId,
) -> Result<(i64, i64), MpiError> {
    const SELECT: &str = "SELECT i.id, i.root FROM numbers n JOIN identities i ON i.id = n.identity \
         WHERE n.code = $1 AND n.number = $2 AND n.organisation = $3 AND n.state < 2";
    let values = [
        number.random_part().into(),
        number.as_str().into(),
        organisation.into(),
    ];
    let row = sql::one(tx, SELECT, values).await?.ok_or(MpiError::Unknown)?;
    Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))
}

/// Merges `other` into `survivor`; both numbers lead to the survivor afterwards.
pub async fn merge(tx: &Tx, actor: &Actor, survivor: &MpiId, other: &MpiId) -> Result<(), MpiError> {
    let (_, into) = row_of(tx, actor.organisation, survivor).await?;
    let (id, root) = row_of(tx, actor.organisation, other).await?;
    if root == into {
        return Err(MpiError::Refused(
            "both numbers are one identity already; nothing was changed",
        ));
    }
    if id != root {
        return Err(MpiError::Refused(
            "this number was merged before; merge the identity that it leads to",
        ));
    }
    let bond = [into.into(), actor.at.into(), id.into()];
    sql::run(
        tx,
        "UPDATE identities SET parent = $1, bond = 3, changed = $2 WHERE id = $3",
        bond,
    )
    .await?;
    move_below(tx, id, into).await?;
    let pair = [id.min(into).into(), id.max(into).into()];
    sql::run(tx, "DELETE FROM splits WHERE low = $1 AND high = $2", pair).await?;
    settle(tx, actor, (id, into), 1).await?;
    store::fact(
        tx,
        actor,
        ("merge", "person.merge"),
        (into, Some(id)),
        &serde_json::json!({}),
    )
    .await?;
    Ok(())
}

/// Undoes the merge of the identity that has a number. The two are never joined by the machine again.
pub async fn undo(tx: &Tx, actor: &Actor, number: &MpiId) -> Result<(), MpiError> {
    let (id, root) = row_of(tx, actor.organisation, number).await?;
    if id == root {
        return Err(MpiError::Refused(
            "this identity stands for itself; there is no merge to undo",
        ));
    }
    let values = [actor.at.into(), id.into()];
    sql::run(
        tx,
        "UPDATE identities SET parent = NULL, bond = 0, changed = $1 WHERE id = $2",
        values,
    )
    .await?;
    move_below(tx, id, id).await?;
    let fact = store::fact(
        tx,
        actor,
        ("unmerge", "person.unmerge"),
        (id, Some(root)),
        &serde_json::json!({}),
    )
    .await?;
    let pair = [id.min(root).into(), id.max(root).into(), fact.into()];
    sql::run(
        tx,
        "INSERT INTO splits (low, high, fact) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        pair,
    )
    .await?;
    settle(tx, actor, (id, root), 2).await
}

/// Writes down that two identities are two people: the machine never joins them.
pub async fn tell_apart(tx: &Tx, actor: &Actor, (one, other): (i64, i64)) -> Result<(), MpiError> {
    let fact = store::fact(
        tx,
        actor,
        ("split", "person.tell-apart"),
        (one, Some(other)),
        &serde_json::json!({}),
    )
    .await?;
    let pair = [one.min(other).into(), one.max(other).into(), fact.into()];
    sql::run(
        tx,
        "INSERT INTO splits (low, high, fact) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        pair,
    )
    .await?;
    settle(tx, actor, (one, other), 2).await
}

/// Everyone who stands under a row now stands under `root`.
async fn move_below(tx: &Tx, id: i64, root: i64) -> Result<(), MpiError> {
    const UPDATE: &str = "WITH RECURSIVE below (id) AS (SELECT CAST($1 AS BIGINT) UNION ALL \
         SELECT i.id FROM identities i JOIN below ON i.parent = below.id) \
         UPDATE identities SET root = $2 WHERE id IN (SELECT id FROM below)";
    sql::run(tx, UPDATE, [id.into(), root.into()]).await?;
    Ok(())
}

/// A review of the pair is answered by what a person just did.
async fn settle(tx: &Tx, actor: &Actor, (one, other): (i64, i64), state: i16) -> Result<(), MpiError> {
    const UPDATE: &str = "UPDATE reviews SET state = $1, decided = $2, decided_by = $3 \
         WHERE low = $4 AND high = $5 AND state = 0";
    let pair = [
        state.into(),
        actor.at.into(),
        actor.name().into(),
        one.min(other).into(),
        one.max(other).into(),
    ];
    sql::run(tx, UPDATE, pair).await?;
    Ok(())
}

/// Whether a person told any two of these apart.
pub(super) async fn any_split(tx: &Tx, roots: &[i64]) -> Result<bool, DbError> {
    if roots.len() < 2 {
        return Ok(false);
    }
    let backend = tx.get_database_backend();
    let text = format!(
        "SELECT count(*) FROM splits WHERE low IN {} AND high IN {}",
        sql::numbers(backend, 1),
        sql::numbers(backend, 1)
    );
    Ok(sql::number(tx, &text, [sql::list(backend, roots)]).await? > 0)
}
