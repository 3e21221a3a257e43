//! The extractor: a request's `Authorization` header → an [`Actor`], or the problem that says to sign in.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use axum::http::header::{self, HeaderMap};
use axum::http::request::Parts;
use sea_orm::QueryResult;

use super::bearer::{self, digest};
use super::session_token::{self, Claims};
use super::{Actor, Area, Grant, Who};
use crate::app::App;
use crate::caller::{Caller, RequestId};
use crate::db::{Db, DbError, sql};
use crate::problem::{Kind, Problem};

/// Milliseconds between two notes of when a token was last used.
const HOUR: i64 = 3_600_000;

impl FromRequestParts<App> for Actor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let address = parts.extensions.get::<Caller>().map(|caller| caller.0);
        let mut actor = match known(app, &parts.headers).await {
            Ok(actor) => actor,
            Err(problem) => return Err(counted(app, address, problem)),
        };
        app.rates
            .session
            .admit(&actor.name())
            .map_err(|seconds| Problem::new(Kind::TooManyRequests).retry_after(seconds))?;
        actor.address = address;
        actor.request = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
        Ok(actor)
    }
}

async fn known(app: &App, headers: &HeaderMap) -> Result<Actor, Problem> {
    let token = bearer_of(headers)?;
    if token.starts_with(bearer::API) {
        by_api_token(app, token).await
    } else {
        by_session(app, token).await
    }
}

/// Whoever shows credentials that do not count is a visitor, and comes as often as one.
fn counted(app: &App, address: Option<IpAddr>, problem: Problem) -> Problem {
    match address.map(|address| app.rates.public.admit(&crate::caller::counted(address))) {
        Some(Err(seconds)) => Problem::new(Kind::TooManyRequests).retry_after(seconds),
        _ => problem,
    }
}

/// The token of a request that has exactly one.
fn bearer_of(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let unauthenticated = || Problem::new(Kind::Unauthenticated);
    let value = values.next().ok_or_else(unauthenticated)?;
    let text = value.to_str().ok().filter(|_| values.next().is_none());
    let (scheme, token) = text
        .and_then(|text| text.split_once(' '))
        .ok_or_else(unauthenticated)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim())
    } else {
        Err(unauthenticated())
    }
}

async fn by_session(app: &App, token: &str) -> Result<Actor, Problem> {
    let ended = || Problem::new(Kind::SessionEnded);
    let claims = session_token::open(&app.session.public(), token, app.clock.now().as_second());
    let claims = claims.map_err(|_| ended())?;
    session_actor(app, &claims).await?.ok_or_else(ended)
}

/// The user of a session that has not ended, if the token is of the version that counts.
async fn session_actor(app: &App, claims: &Claims) -> Result<Option<Actor>, DbError> {
    const SESSION: &str = "SELECT u.organisation, u.password_temporary, u.totp_since FROM sessions s \
         JOIN users u ON u.id = s.user_id WHERE s.id = $1 AND u.id = $2 AND u.version = $3 AND u.state = 0 \
         AND s.ended IS NULL AND s.expires > $4";
    let at = app.clock.millis();
    let keys = [claims.sid.into(), claims.sub.into(), claims.ver.into(), at.into()];
    let Some(row) = sql::one(app.db.reader(), SESSION, keys).await? else {
        return Ok(None);
    };
    Ok(Some(Actor {
        organisation: row.try_get_by_index(0)?,
        who: Who::User {
            id: claims.sub,
            session: claims.sid,
        },
        grants: grants_of(&app.db, claims.sub).await?,
        has_second_factor: row.try_get_by_index::<Option<i64>>(2)?.is_some(),
        must_change_password: row.try_get_by_index::<i16>(1)? != 0,
        at,
        address: None,
        request: None,
    }))
}

async fn grants_of(db: &Db, user: i64) -> Result<Vec<Grant>, DbError> {
    const GRANTS: &str = "SELECT role, area FROM user_roles WHERE user_id = $1 ORDER BY role, area";
    let rows = sql::all(db.reader(), GRANTS, [user.into()]).await?;
    rows.iter().map(|row| grant_of(row, 0)).collect()
}

/// A role and an area in two columns.
pub(super) fn grant_of(row: &QueryResult, column: usize) -> Result<Grant, DbError> {
    let (role, area): (String, String) = (row.try_get_by_index(column)?, row.try_get_by_index(column + 1)?);
    let damaged = |what: &str| DbError::Corrupt(format!("{what} of a user or a token does not read"));
    Ok(Grant {
        role: role.parse().map_err(|_| damaged("a role"))?,
        area: area.parse::<Area>().map_err(|_| damaged("an area"))?,
    })
}

async fn by_api_token(app: &App, token: &str) -> Result<Actor, Problem> {
    const TOKEN: &str = "SELECT id, organisation, last_used, role, area FROM api_tokens \
         WHERE hash = $1 AND revoked IS NULL AND (expires IS NULL OR expires > $2)";
    let at = app.clock.millis();
    let found = sql::one(app.db.reader(), TOKEN, [digest(token).into(), at.into()]).await?;
    let row = found.ok_or_else(|| Problem::new(Kind::Unauthenticated))?;
    let id: i64 = row.try_get_by_index(0)?;
    let last_used: Option<i64> = row.try_get_by_index(2)?;
    if last_used.is_none_or(|last| at - last > HOUR) {
        note_use(&app.db, id, at).await?;
    }
    Ok(Actor {
        organisation: row.try_get_by_index(1)?,
        who: Who::Token(id),
        grants: vec![grant_of(&row, 3)?],
        has_second_factor: false,
        must_change_password: false,
        at,
        address: None,
        request: None,
    })
}

async fn note_use(db: &Db, id: i64, at: i64) -> Result<(), DbError> {
    db.write(move |tx| {
        Box::pin(async move {
            const USED: &str = "UPDATE api_tokens SET last_used = $1 WHERE id = $2";
            sql::run(tx, USED, [at.into(), id.into()]).await
        })
    })
    .await?;
    Ok(())
}
