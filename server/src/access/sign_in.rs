//! Signing in, staying signed in, and out.
//!
//! Nobody learns whether there is an account: an unknown login, a wrong password, a wrong code and an account that may not
//! sign in get the same answer after the same work.

use std::net::IpAddr;

use sha2::{Digest as _, Sha256};

use super::bearer::digest;
use super::password::{self, Password};
use super::second_factor;
use super::session::{self, Shown};
use super::session_token::{self, Claims, LIFE};
use super::user::{self, User, normalized};
use crate::app::App;
use crate::audit::{self, Entry};
use crate::caller::counted;
use crate::db::{DbError, Tx};
use crate::problem::{Kind, Problem};

/// Wrong passwords in a row after which an account stays closed until an administrator opens it (NIST SP 800-63B).
const MOST_FAILURES: i32 = 100;

/// What a sign-in gives.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub struct Tokens {
    /// The session token, for the header `Authorization: Bearer`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds that the session token lives.
    pub expires_in: i64,
    /// Gives the next two tokens at /auth/refresh, once.
    pub refresh_token: String,
}

/// Makes the answer of a session.
pub(super) fn tokens(
    app: &App,
    (user, session, version): (i64, i64, i32),
    refresh: super::Secret,
) -> Result<Tokens, Problem> {
    let claims = Claims::new(user, session, version, app.clock.now().as_second());
    Ok(Tokens {
        access_token: session_token::sign(&app.session, &claims).map_err(Problem::internal)?,
        token_type: "Bearer",
        expires_in: LIFE,
        refresh_token: refresh.into_revealed(),
    })
}

/// Signs someone in.
pub(super) async fn sign_in(
    app: &App,
    login: &str,
    password: &Password,
    code: Option<&str>,
    address: IpAddr,
) -> Result<Tokens, Problem> {
    let login = normalized(login);
    admit(app, &login, address)?;
    let found = user::by_login(app.db.reader(), &login).await?;
    let kept = found.as_ref().map(|user| user.password.clone());
    let fits = password::verify(&app.heavy, password, kept).await?;
    let able = |user: &User| fits && user.is_active && user.failures < MOST_FAILURES;
    let Some(user) = found.as_ref().filter(|user| able(user)) else {
        return Err(failed(app, login, found.as_ref(), address).await);
    };
    if user.totp_since.is_some() {
        let Some(code) = code else {
            return Err(Problem::new(Kind::CodeNeeded));
        };
        if !second_factor::take(app, user, code).await? {
            return Err(failed(app, login, found.as_ref(), address).await);
        }
    }
    let at = app.clock.millis();
    let (id, organisation, version) = (user.id, user.organisation, user.version);
    let (session, refresh) = app
        .db
        .write(move |tx| Box::pin(async move { begin(tx, id, organisation, at, address).await }))
        .await
        .map_err(|error: DbError| Problem::from(error))?;
    tokens(app, (id, session, version), refresh)
}

/// So many tries from an address, and so many at an account, whether there is one or not.
fn admit(app: &App, login: &str, address: IpAddr) -> Result<(), Problem> {
    let account: [u8; 32] = Sha256::digest(login.as_bytes()).into();
    app.rates
        .sign_in
        .admit(&counted(address))
        .and_then(|()| app.rates.account.admit(&account))
        .map_err(|seconds| Problem::new(Kind::TooManyRequests).retry_after(seconds))
}

async fn begin(
    tx: &Tx,
    user: i64,
    organisation: i64,
    at: i64,
    address: IpAddr,
) -> Result<(i64, super::Secret), DbError> {
    user::signed_in(tx, user, at).await?;
    session::sweep(tx, user, at).await?;
    let (session, refresh) = session::start(tx, user, at).await?;
    let entry = Entry::new(
        Some(organisation),
        at,
        format!("user:{user}"),
        "session.start",
        format!("session:{session}"),
    );
    audit::record(tx, &entry.with_private("address", address.to_string())).await?;
    Ok((session, refresh))
}

/// Writes a failure down, with the same statements whether there is an account or not.
async fn failed(app: &App, login: String, user: Option<&User>, address: IpAddr) -> Problem {
    let at = app.clock.millis();
    let target = user.map_or_else(|| "user:unknown".to_owned(), |user| format!("user:{}", user.id));
    let entry = Entry::new(
        user.map(|user| user.organisation),
        at,
        "visitor",
        "session.refuse",
        target,
    )
    .with_private("address", address.to_string());
    let written = app.db.write(move |tx| {
        Box::pin(async move {
            user::failed(tx, &login).await?;
            audit::record(tx, &entry).await
        })
    });
    match written.await {
        Ok(_) => Problem::new(Kind::WrongCredentials),
        Err(error) => Problem::from(error),
    }
}

/// The next two tokens for a refresh token. One that was used before ends its session: somebody has a copy.
pub(super) async fn refresh(app: &App, token: String, address: IpAddr) -> Result<Tokens, Problem> {
    let at = app.clock.millis();
    let work = app.db.write(move |tx| {
        Box::pin(async move {
            let shown = session::show(tx, &token, at).await?;
            let next = match &shown {
                Shown::Good { session, .. } => Some(session::follow(tx, *session, &token, at).await?),
                Shown::Reused {
                    session,
                    user,
                    organisation,
                } => {
                    let target = format!("session:{session}");
                    let entry = Entry::new(
                        Some(*organisation),
                        at,
                        format!("user:{user}"),
                        "session.reuse",
                        target,
                    );
                    audit::record(tx, &entry.with_private("address", address.to_string())).await?;
                    None
                }
                Shown::Over => None,
            };
            Ok::<_, DbError>((shown, next))
        })
    });
    match work.await? {
        (
            Shown::Good {
                session,
                user,
                version,
                ..
            },
            Some(next),
        ) => tokens(app, (user, session, version), next),
        _ => Err(Problem::new(Kind::SessionEnded)),
    }
}

/// Ends the session of a refresh token. What is unknown or over is no error: the caller wants it gone.
pub(super) async fn sign_out(app: &App, token: &str, address: IpAddr) -> Result<(), Problem> {
    let (hash, at) = (digest(token), app.clock.millis());
    let work = app.db.write(move |tx| {
        Box::pin(async move {
            let Some((session, user, organisation)) = session::of_refresh(tx, hash).await? else {
                return Ok(());
            };
            session::end(tx, session, "signed-out", at).await?;
            let target = format!("session:{session}");
            let entry = Entry::new(
                Some(organisation),
                at,
                format!("user:{user}"),
                "session.end",
                target,
            );
            audit::record(tx, &entry.with_private("address", address.to_string())).await?;
            Ok::<_, DbError>(())
        })
    });
    Ok(work.await?)
}
