//! How many cards an organization may make: reserved when a run starts, used by what it makes, given back for the rest.

use sea_orm::ConnectionTrait;

use super::CampaignError;
use crate::db::{DbError, Tx, sql};

/// An organization's quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Quota {
    /// Cards that it may make in all.
    #[schema(example = 100_000)]
    pub granted: i64,
    /// Cards that it made.
    #[schema(example = 41_200)]
    pub used: i64,
    /// Cards that runs under way have taken.
    #[schema(example = 2_000)]
    pub reserved: i64,
}

impl Quota {
    /// What is left.
    pub fn left(&self) -> i64 {
        (self.granted - self.used - self.reserved).max(0)
    }
}

/// Sets how many cards an organization may make in all.
pub async fn grant(tx: &Tx, organisation: i64, granted: i64) -> Result<(), DbError> {
    const GRANT: &str = "INSERT INTO card_quotas (organisation, granted) VALUES ($1, $2) \
         ON CONFLICT (organisation) DO UPDATE SET granted = excluded.granted";
    sql::run(tx, GRANT, [organisation.into(), granted.into()]).await?;
    Ok(())
}

/// The quota of an organization; none where there is no limit.
pub async fn quota<C: ConnectionTrait>(connection: &C, organisation: i64) -> Result<Option<Quota>, DbError> {
    const ONE: &str = "SELECT granted, used, reserved FROM card_quotas WHERE organisation = $1";
    let Some(row) = sql::one(connection, ONE, [organisation.into()]).await? else {
        return Ok(None);
    };
    Ok(Some(Quota {
        granted: row.try_get_by_index(0)?,
        used: row.try_get_by_index(1)?,
        reserved: row.try_get_by_index(2)?,
    }))
}

/// Takes quota for cards. The condition stands in the update, so that two at its edge never both get the last of it.
pub(crate) async fn reserve(tx: &Tx, organisation: i64, cards: i64) -> Result<(), CampaignError> {
    const RESERVE: &str = "UPDATE card_quotas SET reserved = reserved + $1 \
         WHERE organisation = $2 AND granted - used - reserved >= $1";
    if sql::run(tx, RESERVE, [cards.into(), organisation.into()]).await? == 1 {
        return Ok(());
    }
    match quota(tx, organisation).await? {
        None => Ok(()),
        Some(quota) => Err(CampaignError::Quota {
            wanted: cards,
            left: quota.left(),
        }),
    }
}

/// Of `reserved` cards, `made` were made; the others' quota goes back.
pub(crate) async fn settle(tx: &Tx, organisation: i64, reserved: i64, made: i64) -> Result<(), DbError> {
    const SETTLE: &str =
        "UPDATE card_quotas SET reserved = reserved - $1, used = used + $2 WHERE organisation = $3";
    if reserved != 0 || made != 0 {
        sql::run(tx, SETTLE, [reserved.into(), made.into(), organisation.into()]).await?;
    }
    Ok(())
}
