//! Sessions: a sign-in, and the refresh tokens that follow from it, each of which works once.
//!
//! On a network that loses answers a client shows a token whose successor never reached it. Within [`GRACE`], and as long
//! as nobody showed the successor, it gets another one in its place. Whoever holds the replaced one is told apart the
//! moment it is shown, so that a copied token ends the session as before (docs/adr/0010).

use sea_orm::ConnectionTrait;

use super::bearer::{self, Secret, digest};
use crate::db::{DbError, sql};

/// Milliseconds that a refresh token lives: whoever does nothing for so long signs in again.
const IDLE: i64 = 12 * 3_600_000;

/// Milliseconds that a session lives, whatever is done in it.
const WHOLE: i64 = 7 * 24 * 3_600_000;

/// Milliseconds within which a token that was used may be shown again, because the answer was lost on its way.
const GRACE: i64 = 10_000;

/// Begins a session; says its row and its first refresh token.
pub async fn start(tx: &impl ConnectionTrait, user: i64, at: i64) -> Result<(i64, Secret), DbError> {
    const INSERT: &str = "INSERT INTO sessions (user_id, started, expires) VALUES ($1, $2, $3) RETURNING id";
    let session = sql::number(tx, INSERT, [user.into(), at.into(), (at + WHOLE).into()]).await?;
    Ok((session, add_refresh(tx, session, at).await?))
}

/// Deletes what is left of a user's sessions whose time has passed.
pub async fn sweep(tx: &impl ConnectionTrait, user: i64, at: i64) -> Result<(), DbError> {
    const TOKENS: &str = "DELETE FROM refresh_tokens WHERE session IN \
         (SELECT id FROM sessions WHERE user_id = $1 AND expires <= $2)";
    sql::run(tx, TOKENS, [user.into(), at.into()]).await?;
    const SESSIONS: &str = "DELETE FROM sessions WHERE user_id = $1 AND expires <= $2";
    sql::run(tx, SESSIONS, [user.into(), at.into()]).await?;
    Ok(())
}

/// Gives a session the refresh token that comes after one that was shown.
pub async fn follow(
    tx: &impl ConnectionTrait,
    session: i64,
    shown: &str,
    at: i64,
) -> Result<Secret, DbError> {
    const UPDATE: &str = "UPDATE refresh_tokens SET successor = $1 WHERE hash = $2";
    let next = add_refresh(tx, session, at).await?;
    let pair = [digest(next.reveal()).into(), digest(shown).into()];
    sql::run(tx, UPDATE, pair).await?;
    Ok(next)
}

/// Gives a session one more refresh token.
pub async fn add_refresh(tx: &impl ConnectionTrait, session: i64, at: i64) -> Result<Secret, DbError> {
    const INSERT: &str = "INSERT INTO refresh_tokens (hash, session, expires) VALUES ($1, $2, $3)";
    let token = bearer::draw(bearer::REFRESH).map_err(|error| DbError::Internal(error.to_string()))?;
    let row = [digest(token.reveal()).into(), session.into(), (at + IDLE).into()];
    sql::run(tx, INSERT, row).await?;
    Ok(token)
}

/// What a refresh token turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Good, and used up now.
    Good {
        /// The session.
        session: i64,
        /// The user.
        user: i64,
        /// The organization.
        organisation: i64,
        /// The version of session tokens that counts.
        version: i32,
    },
    /// Used before: somebody has a copy. The session was ended.
    Reused {
        /// The session.
        session: i64,
        /// The user.
        user: i64,
        /// The organization.
        organisation: i64,
    },
    /// Unknown, too old, or of a session that has ended.
    Over,
}

/// Uses a refresh token up. The transaction has to be committed whatever it says.
pub async fn show(tx: &impl ConnectionTrait, token: &str, at: i64) -> Result<Shown, DbError> {
    const USE: &str = "UPDATE refresh_tokens SET used = $1 WHERE hash = $2 AND used IS NULL";
    const WHOSE: &str = "SELECT t.session, s.user_id, u.organisation, u.version, t.expires, s.expires, s.ended, u.state \
         FROM refresh_tokens t JOIN sessions s ON s.id = t.session JOIN users u ON u.id = s.user_id WHERE t.hash = $1";
    let hash = digest(token);
    let is_first = sql::run(tx, USE, [at.into(), hash.clone().into()]).await? == 1;
    let Some(row) = sql::one(tx, WHOSE, [hash.clone().into()]).await? else {
        return Ok(Shown::Over);
    };
    let (session, user, organisation) = (
        row.try_get_by_index(0)?,
        row.try_get_by_index(1)?,
        row.try_get_by_index(2)?,
    );
    let is_over = row.try_get_by_index::<i64>(4)? <= at
        || row.try_get_by_index::<i64>(5)? <= at
        || row.try_get_by_index::<Option<i64>>(6)?.is_some()
        || row.try_get_by_index::<i16>(7)? != 0;
    if is_over {
        return Ok(Shown::Over);
    }
    if !is_first && !answer_was_lost(tx, &hash, at).await? {
        end(tx, session, "reused", at).await?;
        return Ok(Shown::Reused {
            session,
            user,
            organisation,
        });
    }
    let version = row.try_get_by_index(3)?;
    Ok(Shown::Good {
        session,
        user,
        organisation,
        version,
    })
}

/// Whether a token that was used a moment ago has a successor that nobody showed; if so, it is used up, and whoever shows
/// it from now on has a copy.
async fn answer_was_lost(tx: &impl ConnectionTrait, hash: &[u8], at: i64) -> Result<bool, DbError> {
    const REPLACE: &str = "UPDATE refresh_tokens SET used = $1 WHERE used IS NULL AND hash = \
         (SELECT t.successor FROM refresh_tokens t WHERE t.hash = $2 AND t.used > $3)";
    let values = [at.into(), hash.to_vec().into(), (at - GRACE).into()];
    Ok(sql::run(tx, REPLACE, values).await? == 1)
}

/// Ends a session.
pub async fn end(tx: &impl ConnectionTrait, session: i64, why: &str, at: i64) -> Result<(), DbError> {
    const END: &str = "UPDATE sessions SET ended = $1, ended_for = $2 WHERE id = $3 AND ended IS NULL";
    sql::run(tx, END, [at.into(), why.into(), session.into()]).await?;
    Ok(())
}

/// Ends the sessions of a user, but for one.
pub async fn end_all(
    tx: &impl ConnectionTrait,
    user: i64,
    but: Option<i64>,
    why: &str,
    at: i64,
) -> Result<(), DbError> {
    const END: &str =
        "UPDATE sessions SET ended = $1, ended_for = $2 WHERE user_id = $3 AND ended IS NULL AND id <> $4";
    sql::run(
        tx,
        END,
        [at.into(), why.into(), user.into(), but.unwrap_or(0).into()],
    )
    .await?;
    Ok(())
}

/// The session of a refresh token, its user and organization, as long as it has not ended.
pub async fn of_refresh(
    tx: &impl ConnectionTrait,
    hash: Vec<u8>,
) -> Result<Option<(i64, i64, i64)>, DbError> {
    const WHOSE: &str = "SELECT t.session, s.user_id, u.organisation FROM refresh_tokens t \
         JOIN sessions s ON s.id = t.session JOIN users u ON u.id = s.user_id WHERE t.hash = $1 AND s.ended IS NULL";
    let row = sql::one(tx, WHOSE, [hash.into()]).await?;
    let whose = |row: sea_orm::QueryResult| {
        Ok((
            row.try_get_by_index(0)?,
            row.try_get_by_index(1)?,
            row.try_get_by_index(2)?,
        ))
    };
    row.map(whose).transpose()
}

/// Makes the refresh tokens of a session so far count for nothing, without taking them for copies.
pub async fn forget_refresh(tx: &impl ConnectionTrait, session: i64) -> Result<(), DbError> {
    sql::run(
        tx,
        "DELETE FROM refresh_tokens WHERE session = $1",
        [session.into()],
    )
    .await?;
    Ok(())
}
