//! How many jobs are in which state, for whoever watches.

use sea_orm::ConnectionTrait;

use crate::db::{DbError, sql};

/// How many jobs wait, are worked on, and are dead.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Depth {
    /// Waiting, due or not.
    pub waiting: i64,
    /// Held by a worker.
    pub leased: i64,
    /// Given up.
    pub dead: i64,
}

/// Counts the jobs of a topic, or of all topics where it is empty.
pub async fn depth<C: ConnectionTrait>(connection: &C, topic: &str) -> Result<Depth, DbError> {
    const COUNT: &str = "SELECT state, count(*) FROM jobs WHERE ($1 = '' OR topic = $1) AND state IN (0, 1, 3) GROUP BY state";
    let mut depth = Depth::default();
    for row in sql::all(connection, COUNT, [topic.into()]).await? {
        let (state, jobs): (i16, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        match state {
            0 => depth.waiting = jobs,
            1 => depth.leased = jobs,
            _ => depth.dead = jobs,
        }
    }
    Ok(depth)
}
