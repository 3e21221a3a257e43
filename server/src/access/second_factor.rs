//! The second factor: set up, used, replaced by recovery codes, removed.

use data_encoding::{BASE32_NOPAD, HEXLOWER};
use sea_orm::ConnectionTrait;
use teranga_core::ids::{self, OsRandom};
use zeroize::Zeroizing;

use super::bearer::digest;
use super::user::{self, User};
use super::{Actor, session, totp};
use crate::app::App;
use crate::audit;
use crate::db::{DbError, sql};
use crate::problem::Problem;

/// Recovery codes at once.
const CODES: usize = 10;

fn belongs_to(user: i64) -> String {
    format!("users/{user}/totp")
}

/// A new secret and what an authenticator reads it from.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct Enrolment {
    /// The secret in base32, to be typed.
    pub secret: String,
    /// The secret as a URI, to be shown as a QR code.
    #[schema(example = "otpauth://totp/Teranga:awa?secret=...")]
    pub uri: String,
}

/// Draws a secret. It counts once a code of it was given to [`confirm`].
pub(super) async fn begin(app: &App, actor: &Actor, user: &User) -> Result<Enrolment, Problem> {
    let secret: [u8; totp::SECRET] = ids::bytes(&mut OsRandom).map_err(Problem::internal)?;
    let sealed = app
        .vault
        .seal(&belongs_to(user.id), &secret)
        .map_err(Problem::internal)?;
    let (id, entry) = (
        user.id,
        actor.entry("second-factor.begin", format!("user:{}", user.id)),
    );
    app.db
        .write(move |tx| {
            Box::pin(async move {
                user::set_totp(tx, id, Some(sealed)).await?;
                audit::record(tx, &entry).await
            })
        })
        .await?;
    let secret = BASE32_NOPAD.encode(&secret);
    let uri = totp::uri(&secret, &user.login);
    Ok(Enrolment { secret, uri })
}

/// Makes the secret count, and gives recovery codes. Other sessions end.
pub(super) async fn confirm(
    app: &App,
    actor: &Actor,
    user: &User,
    code: &str,
    session: i64,
) -> Result<Vec<String>, Problem> {
    let Some(step) = step_of(app, user, code)? else {
        return Err(Problem::field(
            "/code",
            "the code that the authenticator shows now; check the phone's clock",
        ));
    };
    let codes = draw_codes()?;
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| code_digest(code)).collect();
    let (id, entry) = (
        user.id,
        actor.entry("second-factor.set", format!("user:{}", user.id)),
    );
    let at = app.clock.millis();
    app.db
        .write(move |tx| {
            Box::pin(async move {
                const SET: &str = "UPDATE users SET totp_since = $1, totp_step = $2 WHERE id = $3";
                sql::run(tx, SET, [at.into(), step.into(), id.into()]).await?;
                replace_codes(tx, id, hashes).await?;
                session::end_all(tx, id, Some(session), "second-factor", at).await?;
                audit::record(tx, &entry).await
            })
        })
        .await?;
    Ok(codes)
}

/// New recovery codes in place of the old.
pub(super) async fn renew_codes(app: &App, actor: &Actor, user: i64) -> Result<Vec<String>, Problem> {
    let codes = draw_codes()?;
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| code_digest(code)).collect();
    let entry = actor.entry("second-factor.renew-codes", format!("user:{user}"));
    app.db
        .write(move |tx| {
            Box::pin(async move {
                replace_codes(tx, user, hashes).await?;
                audit::record(tx, &entry).await
            })
        })
        .await?;
    Ok(codes)
}

/// Takes the second factor away.
pub(super) async fn remove(app: &App, actor: &Actor, user: i64) -> Result<(), Problem> {
    let entry = actor.entry("second-factor.remove", format!("user:{user}"));
    app.db
        .write(move |tx| {
            Box::pin(async move {
                user::set_totp(tx, user, None).await?;
                audit::record(tx, &entry).await
            })
        })
        .await?;
    Ok(())
}

/// Uses a code up: one of the authenticator, or a recovery code. Says whether it counted.
pub(super) async fn take(app: &App, user: &User, code: &str) -> Result<bool, Problem> {
    let (id, at) = (user.id, app.clock.millis());
    let step = step_of(app, user, code)?;
    let hash = code_digest(code);
    let work = app.db.write(move |tx| {
        Box::pin(async move {
            // The condition decides between two who show the same code at once.
            const STEP: &str = "UPDATE users SET totp_step = $1 WHERE id = $2 AND totp_step < $1";
            const CODE: &str =
                "UPDATE recovery_codes SET used = $1 WHERE hash = $2 AND user_id = $3 AND used IS NULL";
            let taken = match step {
                Some(step) => sql::run(tx, STEP, [step.into(), id.into()]).await?,
                None => sql::run(tx, CODE, [at.into(), hash.into(), id.into()]).await?,
            };
            Ok::<_, DbError>(taken == 1)
        })
    });
    Ok(work.await?)
}

fn step_of(app: &App, user: &User, code: &str) -> Result<Option<i64>, Problem> {
    let Some(sealed) = &user.totp else { return Ok(None) };
    let secret: Zeroizing<Vec<u8>> = app
        .vault
        .open(&belongs_to(user.id), sealed)
        .map_err(Problem::internal)?;
    Ok(totp::step_of(
        &secret,
        code.trim(),
        app.clock.now().as_second(),
        user.totp_step,
    ))
}

/// Codes of 80 random bits, in groups.
fn draw_codes() -> Result<Vec<String>, Problem> {
    let draw = || -> Result<String, Problem> {
        let bytes: [u8; 10] = ids::bytes(&mut OsRandom).map_err(Problem::internal)?;
        let digits = HEXLOWER.encode(&bytes);
        let groups: Vec<&str> = [0, 5, 10, 15].into_iter().map(|at| &digits[at..at + 5]).collect();
        Ok(groups.join("-"))
    };
    (0..CODES).map(|_| draw()).collect()
}

/// What is kept of a recovery code, however it was typed.
fn code_digest(code: &str) -> Vec<u8> {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
    digest(&plain.to_ascii_lowercase())
}

async fn replace_codes(tx: &impl ConnectionTrait, user: i64, hashes: Vec<Vec<u8>>) -> Result<(), DbError> {
    sql::run(tx, "DELETE FROM recovery_codes WHERE user_id = $1", [user.into()]).await?;
    for hash in hashes {
        const INSERT: &str = "INSERT INTO recovery_codes (hash, user_id) VALUES ($1, $2)";
        sql::run(tx, INSERT, [hash.into(), user.into()]).await?;
    }
    Ok(())
}
