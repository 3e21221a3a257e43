//! Rows of the index.
//!
//! What a list of registrations writes goes into each table in one statement. What one change writes goes through
//! [`fact`].

mod findable;
mod registration;
mod review;

pub(super) use findable::{identifiers, keys, keys_anew, prepared, words};
pub(super) use registration::{Decided, all};
pub(super) use review::{Review, review, reviews};

use sea_orm::{ConnectionTrait, DbBackend, QueryResult};
use teranga_core::clock;
use teranga_core::ids::OsRandom;
use teranga_core::matching::PreparedPerson;
use teranga_core::person::{Demographics, MpiId};

use super::MpiError;
use crate::access::Actor;
use crate::audit;
use crate::db::{DbError, Tx, sql};

/// Most rows in one parameter.
const CHUNK: usize = 10_000;

/// Numbers for new identities.
pub(super) async fn ids(tx: &Tx, count: usize, highest: i64) -> Result<Vec<i64>, DbError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    match tx.get_database_backend() {
        DbBackend::Postgres => {
            let text =
                "SELECT nextval(pg_get_serial_sequence('identities', 'id')) FROM generate_series(1, $1)";
            let rows = sql::all(tx, text, [count.into()]).await?;
            Ok(rows
                .iter()
                .map(|row| row.try_get_by_index(0))
                .collect::<Result<_, _>>()?)
        }
        // One writer: nobody else counts on.
        _ => Ok((highest + 1..=highest + count).collect()),
    }
}

/// Draws a number; the database says whether it is taken when it is written.
pub(super) fn draw(person: &Demographics) -> Result<MpiId, MpiError> {
    let date = clock::date_of(clock::now());
    Ok(MpiId::generate(
        &person.place.country,
        &person.place.region,
        date,
        &mut OsRandom,
    )?)
}

/// The year of birth, where it lies in one.
pub(super) fn birth_year(person: &PreparedPerson) -> Option<i32> {
    let shown = person.birth?.to_string();
    (!shown.contains('/')).then(|| shown.split('-').next()?.parse().ok())?
}

pub(super) async fn number_of<C: ConnectionTrait>(tx: &C, id: i64) -> Result<MpiId, MpiError> {
    let row = sql::one(tx, "SELECT number FROM identities WHERE id = $1", [id.into()]).await?;
    let text: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
    text.and_then(|text| MpiId::parse(&text).ok())
        .ok_or(MpiError::Unknown)
}

/// Writes down what happened, for the record of the identity and for the audit.
pub(super) async fn fact(
    tx: &Tx,
    actor: &Actor,
    (kind, action): (&str, &'static str),
    (identity, other): (i64, Option<i64>),
    body: &serde_json::Value,
) -> Result<i64, MpiError> {
    const INSERT: &str = "INSERT INTO facts (organisation, kind, identity, other, actor, at, body) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
    let values = [
        actor.organisation.into(),
        kind.into(),
        identity.into(),
        other.into(),
        actor.name().into(),
        actor.at.into(),
        body.to_string().into(),
    ];
    let target = match other {
        Some(other) => format!("identity:{identity},identity:{other}"),
        None => format!("identity:{identity}"),
    };
    audit::record(tx, &actor.entry(action, target)).await?;
    Ok(sql::number(tx, INSERT, values).await?)
}

pub(super) fn written(person: &Demographics) -> Result<String, DbError> {
    serde_json::to_string(person).map_err(|_| DbError::Internal("a person cannot be written".to_owned()))
}

/// The person in a column; a row that does not read is a damaged one.
pub(super) fn person_in(row: &QueryResult, column: usize) -> Result<Demographics, DbError> {
    let text: String = row.try_get_by_index(column)?;
    serde_json::from_str(&text).map_err(|_| DbError::Corrupt("a person does not read".to_owned()))
}
