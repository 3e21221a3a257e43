//! Programs of an organization.

use sea_orm::{ConnectionTrait, QueryResult};

use super::{OrgError, check_code, check_name};
use crate::db::{DbError, sql};

/// A program.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Program {
    /// Its row.
    pub id: i64,
    /// What it is called by.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What the public may read.
    pub public_name: String,
    /// vaccination, malaria, nutrition, maternal, hiv, insurance, refugees, agriculture, laboratory, identity, other
    pub kind: String,
    /// Whether being in it is itself sensitive.
    pub sensitive: bool,
    /// Years that a person's record is kept after the program; none: lifelong.
    pub retention_years: Option<i32>,
    /// When it was closed, in milliseconds since 1970.
    pub closed: Option<i64>,
}

/// A program to be made.
#[derive(Debug, Clone)]
pub struct NewProgram {
    /// What it is called by.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What the public may read; the name when there is none, which a sensitive program may not leave it at.
    pub public_name: Option<String>,
    /// What kind.
    pub kind: String,
    /// Whether being in it is itself sensitive.
    pub sensitive: bool,
    /// Years that a person's record is kept after the program; none: lifelong.
    pub retention_years: Option<i32>,
    /// Milliseconds since 1970.
    pub at: i64,
}

/// The kinds of programs.
const KINDS: [&str; 11] = [
    "vaccination",
    "malaria",
    "nutrition",
    "maternal",
    "hiv",
    "insurance",
    "refugees",
    "agriculture",
    "laboratory",
    "identity",
    "other",
];

const COLUMNS: &str = "id, code, name, public_name, kind, sensitive, retention_years, closed";

/// Makes a program; says its row.
pub async fn add_program(
    tx: &impl ConnectionTrait,
    organisation: i64,
    new: &NewProgram,
) -> Result<i64, OrgError> {
    check_code(&new.code)?;
    check_name(&new.name)?;
    if !KINDS.contains(&new.kind.as_str()) {
        return Err(OrgError::Refused(
            "a program is of the kind vaccination, malaria, nutrition, maternal, hiv, insurance, refugees, agriculture, \
             laboratory, identity or other",
        ));
    }
    let is_sensitive = new.sensitive || new.kind == "hiv";
    let public_name = match &new.public_name {
        Some(public) => public.trim(),
        None if is_sensitive => {
            return Err(OrgError::Refused(
                "a sensitive program needs a neutral public name: it stands where anyone may read it",
            ));
        }
        None => new.name.trim(),
    };
    check_name(public_name)?;
    if new
        .retention_years
        .is_some_and(|years| !(1..=100).contains(&years))
    {
        return Err(OrgError::Refused("records are kept 1 to 100 years, or lifelong"));
    }
    const INSERT: &str = "INSERT INTO programmes (organisation, code, name, public_name, kind, sensitive, \
         retention_years, created) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
    let row = [
        organisation.into(),
        new.code.clone().into(),
        new.name.trim().into(),
        public_name.into(),
        new.kind.clone().into(),
        i16::from(is_sensitive).into(),
        new.retention_years.into(),
        new.at.into(),
    ];
    Ok(sql::number(tx, INSERT, row).await?)
}

/// The programs of an organization, by code.
pub async fn programs(db: &impl ConnectionTrait, organisation: i64) -> Result<Vec<Program>, DbError> {
    let all = format!("SELECT {COLUMNS} FROM programmes WHERE organisation = $1 ORDER BY code");
    let rows = sql::all(db, &all, [organisation.into()]).await?;
    rows.iter().map(read).collect()
}

/// The program of an organization with a code.
pub async fn program(
    db: &impl ConnectionTrait,
    organisation: i64,
    code: &str,
) -> Result<Option<Program>, DbError> {
    let one = format!("SELECT {COLUMNS} FROM programmes WHERE organisation = $1 AND code = $2");
    let row = sql::one(db, &one, [organisation.into(), code.into()]).await?;
    row.as_ref().map(read).transpose()
}

/// Closes a program; from then on its years of keeping records run. Says whether it was open.
pub async fn close_program(
    tx: &impl ConnectionTrait,
    organisation: i64,
    id: i64,
    at: i64,
) -> Result<bool, DbError> {
    const CLOSE: &str =
        "UPDATE programmes SET closed = $1 WHERE organisation = $2 AND id = $3 AND closed IS NULL";
    Ok(sql::run(tx, CLOSE, [at.into(), organisation.into(), id.into()]).await? == 1)
}

fn read(row: &QueryResult) -> Result<Program, DbError> {
    Ok(Program {
        id: row.try_get_by_index(0)?,
        code: row.try_get_by_index(1)?,
        name: row.try_get_by_index(2)?,
        public_name: row.try_get_by_index(3)?,
        kind: row.try_get_by_index(4)?,
        sensitive: row.try_get_by_index::<i16>(5)? != 0,
        retention_years: row.try_get_by_index(6)?,
        closed: row.try_get_by_index(7)?,
    })
}
