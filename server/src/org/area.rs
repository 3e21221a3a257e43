//! The areas in which an organization works, with their names.

use sea_orm::{ConnectionTrait, QueryResult};

use super::{OrgError, check_name};
use crate::db::{DbError, sql};

/// An area that an organization has named.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct KnownArea {
    /// Its path: SN, SN/DKR or SN/DKR/Pikine.
    pub path: String,
    /// Its name.
    pub name: String,
    /// How many people live there, as far as it is known.
    pub people: Option<i64>,
}

/// Names an area, or gives it another name. The path was parsed by whoever calls.
pub async fn add_area(
    tx: &impl ConnectionTrait,
    organisation: i64,
    area: &KnownArea,
    at: i64,
) -> Result<(), OrgError> {
    check_name(&area.name)?;
    if area.path.is_empty() || area.people.is_some_and(|people| people < 0) {
        return Err(OrgError::Refused(
            "an area has a path, such as SN/DKR, and no fewer than 0 people",
        ));
    }
    const UPSERT: &str = "INSERT INTO areas (organisation, path, name, people, created) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (organisation, path) DO UPDATE SET name = excluded.name, people = excluded.people";
    let row = [
        organisation.into(),
        area.path.clone().into(),
        area.name.trim().into(),
        area.people.into(),
        at.into(),
    ];
    sql::run(tx, UPSERT, row).await?;
    Ok(())
}

/// The areas of an organization, by path.
pub async fn areas(db: &impl ConnectionTrait, organisation: i64) -> Result<Vec<KnownArea>, DbError> {
    const ALL: &str = "SELECT path, name, people FROM areas WHERE organisation = $1 ORDER BY path";
    let rows = sql::all(db, ALL, [organisation.into()]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<KnownArea, DbError> {
    Ok(KnownArea {
        path: row.try_get_by_index(0)?,
        name: row.try_get_by_index(1)?,
        people: row.try_get_by_index(2)?,
    })
}
