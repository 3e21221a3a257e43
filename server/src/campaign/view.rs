//! How far a run is, from its rows.

use sea_orm::{ConnectionTrait, QueryResult};
use serde::Serialize;
use utoipa::ToSchema;

use crate::db::{DbError, sql};

/// Where a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// It is being cut into shards, which are made meanwhile.
    Planning,
    /// Its shards are being made.
    Running,
    /// All its shards have ended.
    Ended,
    /// It was cancelled; what was made stays.
    Cancelled,
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RunView {
    /// Its number.
    #[schema(example = 7)]
    pub id: i64,
    /// The campaign's number.
    #[schema(example = 3)]
    pub campaign: i64,
    /// Where it is.
    #[schema(inline)]
    pub state: RunState,
    /// People whose cards it makes.
    #[schema(example = 100_000)]
    pub people: i64,
    /// People who were looked at so far.
    #[schema(example = 41_200)]
    pub looked_at: i64,
    /// Cards that were made, and count.
    #[schema(example = 40_000)]
    pub made: i64,
    /// People without a card, each with a reason.
    #[schema(example = 3)]
    pub refused: i64,
    /// Shards that it was cut into so far.
    pub shards: i64,
    /// Shards that ended with their cards.
    pub shards_done: i64,
    /// Shards that were given up: `retry` makes them again.
    pub shards_failed: i64,
    /// Why the last one was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// When it was started, in milliseconds since 1970.
    pub created: i64,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished: Option<i64>,
    /// When its files are removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<i64>,
}

impl RunView {
    /// Whether nothing more will happen by itself.
    pub fn is_over(&self) -> bool {
        matches!(self.state, RunState::Ended | RunState::Cancelled)
    }
}

const SELECT: &str = "SELECT r.id, r.campaign, r.state, r.reserved, r.created, r.finished, r.expires, \
     CAST(COALESCE(SUM(s.progress), 0) AS BIGINT), CAST(COALESCE(SUM(s.made), 0) AS BIGINT), \
     CAST(COALESCE(SUM(s.refused), 0) AS BIGINT), count(s.id), \
     CAST(COALESCE(SUM(CASE WHEN s.state = 1 THEN 1 ELSE 0 END), 0) AS BIGINT), \
     CAST(COALESCE(SUM(CASE WHEN s.state = 2 THEN 1 ELSE 0 END), 0) AS BIGINT), MAX(s.error) \
     FROM runs r LEFT JOIN shards s ON s.run = r.id";

/// How far a run of an organization is.
pub async fn view<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    run: i64,
) -> Result<Option<RunView>, DbError> {
    let text = format!("{SELECT} WHERE r.id = $1 AND r.organisation = $2 GROUP BY r.id");
    let row = sql::one(connection, &text, [run.into(), organisation.into()]).await?;
    row.as_ref().map(read).transpose()
}

/// The runs of a campaign, the latest first.
pub async fn of_campaign<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    campaign: i64,
) -> Result<Vec<RunView>, DbError> {
    let text = format!(
        "{SELECT} WHERE r.campaign = $1 AND r.organisation = $2 GROUP BY r.id ORDER BY r.id DESC LIMIT 200"
    );
    let rows = sql::all(connection, &text, [campaign.into(), organisation.into()]).await?;
    rows.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<RunView, DbError> {
    Ok(RunView {
        id: row.try_get_by_index(0)?,
        campaign: row.try_get_by_index(1)?,
        state: match row.try_get_by_index::<i16>(2)? {
            0 => RunState::Planning,
            1 => RunState::Running,
            2 => RunState::Ended,
            _ => RunState::Cancelled,
        },
        people: row.try_get_by_index(3)?,
        created: row.try_get_by_index(4)?,
        finished: row.try_get_by_index(5)?,
        expires: row.try_get_by_index(6)?,
        looked_at: row.try_get_by_index(7)?,
        made: row.try_get_by_index(8)?,
        refused: row.try_get_by_index(9)?,
        shards: row.try_get_by_index(10)?,
        shards_done: row.try_get_by_index(11)?,
        shards_failed: row.try_get_by_index(12)?,
        error: row.try_get_by_index(13)?,
    })
}
