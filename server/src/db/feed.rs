//! Feeds: changes numbered in the order of their commits, so that another process follows them by asking for what is
//! later than the last number it has seen.
//!
//! The number is taken by an update of the feed's one row, in the transaction of the change. Another transaction that
//! wants a number waits for that row until the first has committed, so that a higher number is never seen before a lower.

use sea_orm::ConnectionTrait;

use super::{DbError, Tx, sql};

/// What can be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// Cards made and revoked.
    Cards,
    /// Keys made, retired, compromised.
    Keys,
}

impl Feed {
    const fn name(self) -> &'static str {
        match self {
            Self::Cards => "cards",
            Self::Keys => "keys",
        }
    }

    /// The number of the change that a transaction is about to make.
    pub async fn advance(self, tx: &Tx) -> Result<i64, DbError> {
        const NEXT: &str = "UPDATE feeds SET revision = revision + 1 WHERE name = $1 RETURNING revision";
        sql::number(tx, NEXT, [self.name().into()]).await
    }
}

/// The newest numbers of all feeds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Newest {
    /// Of [`Feed::Cards`].
    pub cards: i64,
    /// Of [`Feed::Keys`].
    pub keys: i64,
}

/// Asks for the newest numbers, in one small query.
pub async fn newest<C: ConnectionTrait>(connection: &C) -> Result<Newest, DbError> {
    let mut newest = Newest::default();
    for row in sql::all(connection, "SELECT name, revision FROM feeds", []).await? {
        let (name, revision): (String, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        match name.as_str() {
            "cards" => newest.cards = revision,
            "keys" => newest.keys = revision,
            _ => {}
        }
    }
    Ok(newest)
}
