//! One's own second factor.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::dto::{Again, Code, RecoveryCodes};
use super::super::second_factor::{self, Enrolment};
use super::super::{Actor, account};
use super::auth::own;
use crate::app::App;
use crate::input::ValidJson;
use crate::problem::{Document, Kind, MEDIA_TYPE, Problem};

/// Begin a second factor
///
/// Show the URI as a QR code to an authenticator app; the factor counts once a code of it was confirmed.
#[utoipa::path(post, path = "/auth/totp", tag = "auth", security(("bearer" = [])), request_body = Again, responses(
    (status = 200, description = "The secret", body = Enrolment),
    (status = 409, description = "There is one already", body = Document, content_type = MEDIA_TYPE),
))]
pub(super) async fn begin(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<Again>,
) -> Result<Json<Enrolment>, Problem> {
    let (user, _) = own(&app, &actor).await?;
    if user.totp_since.is_some() {
        return Err(Problem::new(Kind::Conflict).saying("there is a second factor already; remove it first"));
    }
    account::confirm_password(&app, &user, &form.password).await?;
    Ok(Json(second_factor::begin(&app, &actor, &user).await?))
}

/// Confirm the second factor
///
/// With a code that the authenticator shows. From now on every sign-in needs one; other sessions end.
#[utoipa::path(post, path = "/auth/totp/confirm", tag = "auth", security(("bearer" = [])), request_body = Code, responses(
    (status = 200, description = "Recovery codes, shown once", body = RecoveryCodes),
    (status = 409, description = "There is nothing to confirm", body = Document, content_type = MEDIA_TYPE),
))]
pub(super) async fn confirm(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<Code>,
) -> Result<Json<RecoveryCodes>, Problem> {
    let (user, session) = own(&app, &actor).await?;
    if user.totp.is_none() || user.totp_since.is_some() {
        return Err(Problem::new(Kind::Conflict).saying("begin a second factor first"));
    }
    let recovery_codes = second_factor::confirm(&app, &actor, &user, &form.code, session).await?;
    Ok(Json(RecoveryCodes { recovery_codes }))
}

/// New recovery codes
///
/// Those so far do not count any more.
#[utoipa::path(post, path = "/auth/totp/recovery-codes", tag = "auth", security(("bearer" = [])), request_body = Code,
    responses(
        (status = 200, description = "Recovery codes, shown once", body = RecoveryCodes),
        (status = 409, description = "There is no second factor", body = Document, content_type = MEDIA_TYPE),
    ))]
pub(super) async fn renew_codes(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<Code>,
) -> Result<Json<RecoveryCodes>, Problem> {
    let (user, _) = own(&app, &actor).await?;
    account::confirm_code(&app, &user, &form.code).await?;
    let recovery_codes = second_factor::renew_codes(&app, &actor, user.id).await?;
    Ok(Json(RecoveryCodes { recovery_codes }))
}

/// Remove the second factor
///
/// With a code of it. Roles that see many people cannot be used until there is another.
#[utoipa::path(delete, path = "/auth/totp", tag = "auth", security(("bearer" = [])), request_body = Code, responses(
    (status = 204, description = "Removed"),
    (status = 409, description = "There is no second factor", body = Document, content_type = MEDIA_TYPE),
))]
pub(super) async fn remove(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<Code>,
) -> Result<StatusCode, Problem> {
    let (user, _) = own(&app, &actor).await?;
    account::confirm_code(&app, &user, &form.code).await?;
    second_factor::remove(&app, &actor, user.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
