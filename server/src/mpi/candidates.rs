//! Who could be this person: those who share a blocking key, in the organisation.
//!
//! A key that more than [`MOST`] share is split by year of birth and commune, once, and marked by identity 0; from then
//! on only its parts are stored. A part that is still shared by more finds nobody.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::ConnectionTrait as _;
use teranga_core::matching::{PreparedPerson, blocking};
use teranga_core::person::Demographics;

use super::MpiError;
use super::store::person_in;
use crate::db::{DbError, Tx, sql};

/// As in the core's own blocks.
const MOST: usize = 300;

/// Identity that marks a key as split.
const SPLIT: i64 = 0;

/// Someone who shares a key.
pub(super) struct Candidate {
    pub(super) id: i64,
    pub(super) root: i64,
    /// The identity that they stand under was deactivated.
    pub(super) inactive: bool,
    pub(super) prepared: PreparedPerson,
}

/// The keys of a person in an organisation, as they are stored and locked.
pub(super) fn keys(organisation: i64, person: &PreparedPerson) -> Vec<i64> {
    let mut keys = Vec::new();
    blocking::keys(person, &mut keys);
    keys.into_iter().map(|key| stored(organisation, key)).collect()
}

fn stored(organisation: i64, key: u64) -> i64 {
    key.wrapping_add(organisation.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .cast_signed()
}

fn parts(key: i64, person: &PreparedPerson) -> Vec<i64> {
    let mut parts = Vec::new();
    blocking::refined(key.cast_unsigned(), person, &mut parts);
    parts.into_iter().map(u64::cast_signed).collect()
}

/// Candidates of a person, and the keys under which the person is to be stored.
pub(super) async fn find(
    tx: &Tx,
    keys: &[i64],
    person: &PreparedPerson,
) -> Result<(Vec<Candidate>, Vec<i64>), MpiError> {
    let mut whole = members(tx, keys).await?;
    let mut under = Vec::new();
    let mut found = BTreeSet::new();
    let mut refined = Vec::new();
    for &key in keys {
        let group = whole.remove(&key).unwrap_or_default();
        if group.contains(&SPLIT) {
            refined.extend(parts(key, person));
        } else if group.len() > MOST {
            split(tx, key, &group).await?;
            refined.extend(parts(key, person));
        } else {
            under.push(key);
            found.extend(group);
        }
    }
    let groups = members(tx, &refined).await?;
    found.extend(groups.into_values().filter(|group| group.len() <= MOST).flatten());
    under.extend(refined);
    Ok((load(tx, &found.into_iter().collect::<Vec<_>>()).await?, under))
}

async fn members(tx: &Tx, keys: &[i64]) -> Result<BTreeMap<i64, Vec<i64>>, DbError> {
    let mut groups = BTreeMap::<i64, Vec<i64>>::new();
    if keys.is_empty() {
        return Ok(groups);
    }
    let backend = tx.get_database_backend();
    let text = format!(
        "SELECT key, identity FROM blocking_keys WHERE key IN {}",
        sql::numbers(backend, 1)
    );
    for row in sql::all(tx, &text, [sql::list(backend, keys)]).await? {
        groups
            .entry(row.try_get_by_index(0)?)
            .or_default()
            .push(row.try_get_by_index(1)?);
    }
    Ok(groups)
}

async fn split(tx: &Tx, key: i64, group: &[i64]) -> Result<(), DbError> {
    for member in load(tx, group).await? {
        store(tx, &parts(key, &member.prepared), member.id).await?;
    }
    sql::run(tx, "DELETE FROM blocking_keys WHERE key = $1", [key.into()]).await?;
    store(tx, &[key], SPLIT).await
}

/// Writes down under which keys someone is found.
pub(super) async fn store(tx: &Tx, keys: &[i64], id: i64) -> Result<(), DbError> {
    let backend = tx.get_database_backend();
    let text = format!(
        "INSERT INTO blocking_keys (key, identity) SELECT DISTINCT listed.*, CAST($2 AS BIGINT) FROM {} AS listed \
         WHERE true ON CONFLICT DO NOTHING",
        sql::numbers(backend, 1)
    );
    sql::run(tx, &text, [sql::list(backend, keys), id.into()])
        .await
        .map(|_| ())
}

async fn load(tx: &Tx, ids: &[i64]) -> Result<Vec<Candidate>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let backend = tx.get_database_backend();
    let text = format!(
        "SELECT i.id, i.root, r.state, i.person FROM identities i JOIN identities r ON r.id = i.root \
         WHERE i.id IN {} AND r.state < 2 ORDER BY i.id",
        sql::numbers(backend, 1)
    );
    let rows = sql::all(tx, &text, [sql::list(backend, ids)]).await?;
    rows.iter()
        .map(|row| {
            let person: Demographics = person_in(row, 3)?;
            Ok(Candidate {
                id: row.try_get_by_index(0)?,
                root: row.try_get_by_index(1)?,
                inactive: row.try_get_by_index::<i16>(2)? != 0,
                prepared: PreparedPerson::new(&person),
            })
        })
        .collect()
}
