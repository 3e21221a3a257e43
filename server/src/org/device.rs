//! Phones of an organization.

use sea_orm::{ConnectionTrait, QueryResult};

use super::{OrgError, check_name};
use crate::db::{DbError, sql};

/// A phone.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Device {
    /// Its row.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// Where it works: SN, SN/DKR or SN/DKR/Pikine; nothing: everywhere.
    pub area: String,
    /// Whether it was invited, is enrolled, or was revoked.
    pub state: DeviceState,
    /// When it last spoke with the server, in milliseconds since 1970.
    pub last_sync: Option<i64>,
}

/// How far a phone is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceState {
    /// It has not spoken with the server yet.
    Invited,
    /// It works.
    Enrolled,
    /// Nothing that it sends or asks counts any more.
    Revoked,
}

impl DeviceState {
    /// The state in one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::Enrolled => "enrolled",
            Self::Revoked => "revoked",
        }
    }
}

/// Invites a phone; says its row. The path of the area was parsed by whoever calls.
pub async fn add_device(
    tx: &impl ConnectionTrait,
    organisation: i64,
    (name, area): (&str, &str),
    at: i64,
) -> Result<i64, OrgError> {
    check_name(name)?;
    const INSERT: &str =
        "INSERT INTO devices (organisation, name, area, created) VALUES ($1, $2, $3, $4) RETURNING id";
    let row = [organisation.into(), name.trim().into(), area.into(), at.into()];
    Ok(sql::number(tx, INSERT, row).await?)
}

/// Revokes a phone. Says whether the organization has it.
pub async fn revoke_device(tx: &impl ConnectionTrait, organisation: i64, id: i64) -> Result<bool, DbError> {
    const REVOKE: &str = "UPDATE devices SET state = 2 WHERE organisation = $1 AND id = $2";
    Ok(sql::run(tx, REVOKE, [organisation.into(), id.into()]).await? == 1)
}

/// The phones of an organization.
pub async fn devices(db: &impl ConnectionTrait, organisation: i64) -> Result<Vec<Device>, DbError> {
    const ALL: &str =
        "SELECT id, name, area, state, last_sync FROM devices WHERE organisation = $1 ORDER BY id";
    let rows = sql::all(db, ALL, [organisation.into()]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<Device, DbError> {
    Ok(Device {
        id: row.try_get_by_index(0)?,
        name: row.try_get_by_index(1)?,
        area: row.try_get_by_index(2)?,
        state: match row.try_get_by_index::<i16>(3)? {
            0 => DeviceState::Invited,
            1 => DeviceState::Enrolled,
            _ => DeviceState::Revoked,
        },
        last_sync: row.try_get_by_index(4)?,
    })
}
