//! Campaigns of a program.

use sea_orm::{ConnectionTrait, QueryResult};

use super::{OrgError, check_code, check_name};
use crate::db::{DbError, sql};

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Campaign {
    /// Its row.
    pub id: i64,
    /// The row of its program.
    pub program: i64,
    /// What it is called by.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What stands on its cards and in their tokens; one of its own in the organization.
    pub prefix: String,
    /// When it begins, in milliseconds since 1970.
    pub starts: Option<i64>,
    /// When it ends, in milliseconds since 1970.
    pub ends: Option<i64>,
}

/// A campaign to be made.
#[derive(Debug, Clone)]
pub struct NewCampaign {
    /// The row of its program.
    pub program: i64,
    /// What it is called by.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What stands on its cards: 2 to 8 capital letters and digits.
    pub prefix: String,
    /// When it begins, in milliseconds since 1970.
    pub starts: Option<i64>,
    /// When it ends, in milliseconds since 1970.
    pub ends: Option<i64>,
    /// Milliseconds since 1970.
    pub at: i64,
}

/// Makes a campaign of one of the organization's programs; says its row.
pub async fn add_campaign(
    tx: &impl ConnectionTrait,
    organisation: i64,
    new: &NewCampaign,
) -> Result<i64, OrgError> {
    check_code(&new.code)?;
    check_name(&new.name)?;
    let is_prefix = (2..=8).contains(&new.prefix.len())
        && new
            .prefix
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !is_prefix {
        return Err(OrgError::Refused(
            "a campaign's prefix has 2 to 8 capital letters and digits, such as MAL26",
        ));
    }
    if new
        .starts
        .zip(new.ends)
        .is_some_and(|(starts, ends)| ends < starts)
    {
        return Err(OrgError::Refused("a campaign ends after it begins"));
    }
    // The organization stands in the condition, so that no program of another one gets a campaign.
    const INSERT: &str = "INSERT INTO campaigns (organisation, programme, code, name, prefix, starts, ends, created) \
         SELECT organisation, id, $3, $4, $5, $6, $7, $8 FROM programmes WHERE organisation = $1 AND id = $2 RETURNING id";
    let row = [
        organisation.into(),
        new.program.into(),
        new.code.clone().into(),
        new.name.trim().into(),
        new.prefix.clone().into(),
        new.starts.into(),
        new.ends.into(),
        new.at.into(),
    ];
    match sql::number(tx, INSERT, row).await? {
        0 => Err(OrgError::Refused(
            "the organization has no such program; list its programs",
        )),
        id => Ok(id),
    }
}

/// The campaigns of an organization, by code.
pub async fn campaigns(db: &impl ConnectionTrait, organisation: i64) -> Result<Vec<Campaign>, DbError> {
    const ALL: &str = "SELECT id, programme, code, name, prefix, starts, ends FROM campaigns WHERE organisation = $1 \
         ORDER BY code, id";
    let rows = sql::all(db, ALL, [organisation.into()]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<Campaign, DbError> {
    Ok(Campaign {
        id: row.try_get_by_index(0)?,
        program: row.try_get_by_index(1)?,
        code: row.try_get_by_index(2)?,
        name: row.try_get_by_index(3)?,
        prefix: row.try_get_by_index(4)?,
        starts: row.try_get_by_index(5)?,
        ends: row.try_get_by_index(6)?,
    })
}
