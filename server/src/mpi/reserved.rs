//! Numbers that phones give out offline: eight characters reserved for one phone, which puts country, region and year
//! before them.
//!
//! A registration that came with such a number gets it as its own when it is someone new; when it was linked, the number
//! stays an alias of the identity it was linked to, so that what was written on a card in the field leads to the person.

use std::collections::{HashMap, HashSet};

use sea_orm::ConnectionTrait as _;
use teranga_core::ids::OsRandom;
use teranga_core::matching::Decision;
use teranga_core::person::MpiId;

use super::{MpiError, Outcomes};
use crate::db::{DbError, Tx, sql};

/// A number that a phone gave to a registration.
#[derive(Debug, Clone, Copy)]
pub struct Given {
    /// The row of the phone for which it was reserved.
    pub device: i64,
    /// The number.
    pub number: MpiId,
    /// Whether one that nobody knows is believed: after the server was restored from a backup that did not have it.
    pub may_be_forgotten: bool,
}

/// Reserves `count` numbers for a phone, and says their eight characters.
pub async fn reserve(
    tx: &Tx,
    (organisation, device): (i64, i64),
    count: usize,
    at: i64,
) -> Result<Vec<String>, MpiError> {
    let text = format!(
        "INSERT INTO numbers (code, organisation, state, device, at) \
         SELECT {}, CAST($2 AS BIGINT), 2, CAST($3 AS BIGINT), CAST($4 AS BIGINT) FROM {} WHERE true \
         ON CONFLICT (code) DO NOTHING RETURNING code",
        sql::text(0),
        sql::rows(tx.get_database_backend(), 1)
    );
    let mut reserved = Vec::with_capacity(count);
    while reserved.len() < count {
        let drawn = (reserved.len()..count).map(|_| MpiId::draw(&mut OsRandom));
        let drawn = drawn.collect::<Result<HashSet<_>, _>>();
        let drawn = drawn.map_err(teranga_core::person::GenerateError::from)?;
        let rows: Vec<_> = drawn.iter().map(|code| serde_json::json!([code])).collect();
        let values = [sql::table(&rows), organisation.into(), device.into(), at.into()];
        for row in sql::all(tx, &text, values).await? {
            reserved.push(row.try_get_by_index(0)?);
        }
    }
    Ok(reserved)
}

/// How many numbers a phone still has.
pub async fn left(tx: &Tx, device: i64) -> Result<i64, DbError> {
    const LEFT: &str = "SELECT count(*) FROM numbers WHERE device = $1 AND state = 2";
    sql::number(tx, LEFT, [device.into()]).await
}

/// Gives registrations the numbers that phones gave them, in the transaction that resolved them; the outcomes then say the
/// numbers under which the people stand. `given` has a place for each outcome. A number that is not the phone's to give is
/// passed over.
pub async fn adopt(
    tx: &Tx,
    organisation: i64,
    given: &[Option<Given>],
    outcomes: &mut Outcomes,
    at: i64,
) -> Result<(), MpiError> {
    let standing = standing(tx, organisation, given).await?;
    let mut taken = HashSet::new();
    let (mut own, mut aliases, mut renamed) = (Vec::new(), Vec::new(), HashMap::new());
    for (given, outcome) in given.iter().zip(outcomes.iter()) {
        let (Some(given), Ok(outcome)) = (given, outcome) else {
            continue;
        };
        let code = given.number.random_part();
        let is_free = match standing.get(code) {
            Some(device) => *device == Some(given.device),
            None => given.may_be_forgotten,
        };
        if !is_free || !taken.insert(code.to_owned()) {
            continue;
        }
        let row = serde_json::json!([
            code,
            given.number.as_str(),
            outcome.row,
            outcome.number.random_part()
        ]);
        if outcome.decision == Decision::Link {
            aliases.push(row);
        } else {
            own.push(row);
            renamed.insert(outcome.number, given.number);
        }
    }
    write(tx, organisation, &own, 0, at).await?;
    write(tx, organisation, &aliases, 1, at).await?;
    rename(tx, &own).await?;
    // Others of the list may have been linked to someone whose number is another now.
    for outcome in outcomes.iter_mut().flatten() {
        if let Some(number) = renamed.get(&outcome.number) {
            outcome.number = *number;
        }
    }
    Ok(())
}

/// For each number that is known: the phone for which it is reserved, or none when it is no longer free.
async fn standing(
    tx: &Tx,
    organisation: i64,
    given: &[Option<Given>],
) -> Result<HashMap<String, Option<i64>>, MpiError> {
    let given = given.iter().flatten();
    let codes: Vec<&str> = given.map(|given| given.number.random_part()).collect();
    if codes.is_empty() {
        return Ok(HashMap::new());
    }
    let text = format!(
        "SELECT code, CASE WHEN state = 2 AND organisation = $2 THEN device END FROM numbers WHERE code IN {}",
        sql::strings(tx.get_database_backend(), 1)
    );
    let rows = sql::all(tx, &text, [sql::texts(&codes), organisation.into()]).await?;
    let read = |row: &sea_orm::QueryResult| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?));
    rows.iter().map(read).collect()
}

async fn write(
    tx: &Tx,
    organisation: i64,
    rows: &[serde_json::Value],
    state: i16,
    at: i64,
) -> Result<(), MpiError> {
    if rows.is_empty() {
        return Ok(());
    }
    let text = format!(
        "INSERT INTO numbers (code, number, organisation, identity, state, at) \
         SELECT {}, {}, CAST($2 AS BIGINT), {}, CAST($3 AS SMALLINT), CAST($4 AS BIGINT) FROM {} WHERE true \
         ON CONFLICT (code) DO UPDATE SET number = excluded.number, identity = excluded.identity, \
         state = excluded.state, at = excluded.at",
        sql::text(0),
        sql::text(1),
        sql::int(2),
        sql::rows(tx.get_database_backend(), 1)
    );
    let values = [sql::table(rows), organisation.into(), state.into(), at.into()];
    sql::run(tx, &text, values).await?;
    Ok(())
}

/// Someone new was given a number of their own before; the phone's takes its place.
async fn rename(tx: &Tx, own: &[serde_json::Value]) -> Result<(), MpiError> {
    if own.is_empty() {
        return Ok(());
    }
    let listed = sql::rows(tx.get_database_backend(), 1);
    let renamed = format!(
        "UPDATE identities SET number = {} FROM {listed} WHERE identities.id = {}",
        sql::text(1),
        sql::int(2)
    );
    sql::run(tx, &renamed, [sql::table(own)]).await?;
    let drawn = format!(
        "DELETE FROM numbers WHERE code IN (SELECT {} FROM {listed})",
        sql::text(3)
    );
    sql::run(tx, &drawn, [sql::table(own)]).await?;
    Ok(())
}
