//! Organizations.

use sea_orm::{ConnectionTrait, QueryResult};
use teranga_core::places::Places;

use super::{OrgError, check_code, check_name};
use crate::db::{DbError, sql};

/// An organization.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Organisation {
    /// Its row.
    pub id: i64,
    /// What it is called by.
    pub code: String,
    /// Its name, as on cards and pages.
    pub name: String,
    /// ISO 3166-1 alpha-2, of numbers that are given without another place.
    pub country: String,
}

/// An organization to be made.
#[derive(Debug, Clone)]
pub struct NewOrganisation {
    /// What it is called by.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its country: a code or a name in any spelling.
    pub country: String,
    /// Milliseconds since 1970.
    pub at: i64,
}

/// Makes an organization; says its row.
pub async fn add_organisation(tx: &impl ConnectionTrait, new: &NewOrganisation) -> Result<i64, OrgError> {
    check_code(&new.code)?;
    check_name(&new.name)?;
    let country = Places::builtin()
        .country(&new.country)
        .map(|country| country.alpha2.clone());
    let country = country.ok_or(OrgError::Refused(
        "the country is not one of Africa's; name it by its code, such as SN",
    ))?;
    const INSERT: &str =
        "INSERT INTO organisations (code, name, country, created) VALUES ($1, $2, $3, $4) RETURNING id";
    let row = [
        new.code.clone().into(),
        new.name.trim().into(),
        country.into(),
        new.at.into(),
    ];
    Ok(sql::number(tx, INSERT, row).await?)
}

/// All organizations, by code.
pub async fn organisations(db: &impl ConnectionTrait) -> Result<Vec<Organisation>, DbError> {
    let rows = sql::all(
        db,
        "SELECT id, code, name, country FROM organisations ORDER BY code",
        [],
    )
    .await?;
    rows.iter().map(read).collect()
}

/// The organization with a code.
pub async fn organisation(db: &impl ConnectionTrait, code: &str) -> Result<Option<Organisation>, DbError> {
    const ONE: &str = "SELECT id, code, name, country FROM organisations WHERE code = $1";
    let row = sql::one(db, ONE, [code.into()]).await?;
    row.as_ref().map(read).transpose()
}

/// Gives an organization another name.
pub async fn rename_organisation(tx: &impl ConnectionTrait, id: i64, name: &str) -> Result<(), OrgError> {
    check_name(name)?;
    const RENAME: &str = "UPDATE organisations SET name = $1 WHERE id = $2";
    sql::run(tx, RENAME, [name.trim().into(), id.into()]).await?;
    Ok(())
}

fn read(row: &QueryResult) -> Result<Organisation, DbError> {
    Ok(Organisation {
        id: row.try_get_by_index(0)?,
        code: row.try_get_by_index(1)?,
        name: row.try_get_by_index(2)?,
        country: row.try_get_by_index(3)?,
    })
}
