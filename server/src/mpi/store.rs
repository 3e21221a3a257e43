//! Rows of the index.

use sea_orm::QueryResult;
use teranga_core::clock;
use teranga_core::ids::OsRandom;
use teranga_core::person::{Demographics, MpiId};

use super::MpiError;
use crate::db::{DbError, Tx, sql};

/// How often a number that is taken is drawn again: of 1.8e12, two in a row are a fault.
const DRAWS: usize = 8;

/// Who does something, where and when.
pub(super) struct Act<'a> {
    pub(super) organisation: i64,
    pub(super) actor: &'a str,
    pub(super) at: i64,
}

/// Whom a registration stands under.
pub(super) struct Place {
    pub(super) parent: i64,
    pub(super) root: i64,
}

pub(super) async fn insert(
    tx: &Tx,
    act: &Act<'_>,
    person: &Demographics,
    source: &str,
    under: Option<&Place>,
) -> Result<i64, MpiError> {
    const INSERT: &str = "INSERT INTO identities (organisation, parent, root, bond, person, country, region, district, \
         sex, source, created, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11) RETURNING id";
    let values = [
        act.organisation.into(),
        under.map(|place| place.parent).into(),
        under.map_or(0, |place| place.root).into(),
        i16::from(under.is_some()).into(),
        written(person)?.into(),
        person.place.country.clone().into(),
        person.place.region.clone().into(),
        person.place.district.clone().into(),
        (person.sex as i16).into(),
        source.into(),
        act.at.into(),
    ];
    let id = sql::number(tx, INSERT, values).await?;
    if under.is_none() {
        sql::run(tx, "UPDATE identities SET root = id WHERE id = $1", [id.into()]).await?;
    }
    Ok(id)
}

/// Gives an identity a number that nobody has: the database says whether it is taken.
pub(super) async fn give_number(
    tx: &Tx,
    act: &Act<'_>,
    id: i64,
    person: &Demographics,
) -> Result<MpiId, MpiError> {
    const CLAIM: &str = "INSERT INTO numbers (code, number, organisation, identity, state, at) \
         VALUES ($1, $2, $3, $4, 0, $5) ON CONFLICT (code) DO NOTHING";
    for _ in 0..DRAWS {
        let date = clock::date_of(clock::now());
        let number = MpiId::generate(&person.place.country, &person.place.region, date, &mut OsRandom)?;
        let row = [
            number.random_part().into(),
            number.as_str().into(),
            act.organisation.into(),
            id.into(),
            act.at.into(),
        ];
        if sql::run(tx, CLAIM, row).await? == 1 {
            let named = [number.as_str().into(), id.into()];
            sql::run(tx, "UPDATE identities SET number = $1 WHERE id = $2", named).await?;
            return Ok(number);
        }
    }
    Err(DbError::Internal("no free number was drawn".to_owned()).into())
}

pub(super) async fn number_of(tx: &Tx, id: i64) -> Result<MpiId, MpiError> {
    let row = sql::one(tx, "SELECT number FROM identities WHERE id = $1", [id.into()]).await?;
    let text: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
    text.and_then(|text| MpiId::parse(&text).ok())
        .ok_or(MpiError::Unknown)
}

pub(super) async fn fact(
    tx: &Tx,
    act: &Act<'_>,
    kind: &str,
    (identity, other): (i64, Option<i64>),
    body: &serde_json::Value,
) -> Result<i64, MpiError> {
    const INSERT: &str = "INSERT INTO facts (organisation, kind, identity, other, actor, at, body) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id";
    let values = [
        act.organisation.into(),
        kind.into(),
        identity.into(),
        other.into(),
        act.actor.into(),
        act.at.into(),
        body.to_string().into(),
    ];
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
