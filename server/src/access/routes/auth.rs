//! Signing in and out, and one's own account.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::dto::{ChangePassword, Me, Refresh, SignIn};
use super::super::sign_in::{self, Tokens, tokens};
use super::super::user::{self, User};
use super::super::{Action, Actor, Target, Who, account, api_token, decide};
use crate::app::App;
use crate::caller::Caller;
use crate::input::ValidJson;
use crate::org;
use crate::problem::{Document, Kind, MEDIA_TYPE, Problem};

/// Sign in
///
/// An account with a second factor needs its code; without one the answer is 401 with the code `code-needed`. An unknown
/// login, a wrong password and a wrong code get the same answer.
#[utoipa::path(post, path = "/auth/login", tag = "auth", request_body = SignIn, responses(
    (status = 200, description = "Signed in", body = Tokens),
    (status = 401, description = "Not signed in", body = Document, content_type = MEDIA_TYPE),
))]
pub(super) async fn login(
    State(app): State<App>,
    Caller(address): Caller,
    ValidJson(form): ValidJson<SignIn>,
) -> Result<Json<Tokens>, Problem> {
    let signed_in = sign_in::sign_in(&app, &form.login, &form.password, form.code.as_deref(), address);
    Ok(Json(signed_in.await?))
}

/// Stay signed in
///
/// A refresh token works once. One that is shown twice ends its session, since somebody has a copy.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", request_body = Refresh, responses(
    (status = 200, description = "The next two tokens", body = Tokens),
    (status = 401, description = "The session has ended", body = Document, content_type = MEDIA_TYPE),
))]
pub(super) async fn refresh(
    State(app): State<App>,
    Caller(address): Caller,
    ValidJson(form): ValidJson<Refresh>,
) -> Result<Json<Tokens>, Problem> {
    Ok(Json(sign_in::refresh(&app, form.refresh_token, address).await?))
}

/// Sign out
///
/// Ends the session of a refresh token, also one that was used. What is unknown or has ended is no error.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", request_body = Refresh, responses(
    (status = 204, description = "Signed out"),
))]
pub(super) async fn logout(
    State(app): State<App>,
    Caller(address): Caller,
    ValidJson(form): ValidJson<Refresh>,
) -> Result<StatusCode, Problem> {
    sign_in::sign_out(&app, &form.refresh_token, address).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Who am I
#[utoipa::path(get, path = "/auth/me", tag = "auth", security(("bearer" = [])), responses(
    (status = 200, description = "Whoever asks", body = Me),
))]
pub(super) async fn me(State(app): State<App>, actor: Actor) -> Result<Json<Me>, Problem> {
    decide(&actor, Action::OwnAccount, &Target::whole(actor.organisation))?;
    let reader = app.db.reader();
    let (kind, id, name) = match actor.who {
        Who::User { id, .. } => {
            let found = user::by_id(reader, actor.organisation, id).await?;
            ("user", id, found.map(|user| user.login))
        }
        Who::Token(id) => {
            let found = api_token::by_id(reader, actor.organisation, id).await?;
            ("token", id, found.map(|token| token.name))
        }
        Who::Device { device, .. } => ("device", device, None),
        Who::Console => ("console", 0, None),
    };
    let all = org::organisations(reader).await?;
    let own = all.into_iter().find(|one| one.id == actor.organisation);
    let is_person = matches!(actor.who, Who::User { .. });
    Ok(Json(Me {
        kind,
        id,
        name: name.unwrap_or_default(),
        organization: own.map(|own| own.code).unwrap_or_default(),
        needs_second_factor: is_person && actor.roles().iter().any(|role| role.needs_second_factor()),
        has_second_factor: actor.has_second_factor,
        must_change_password: actor.must_change_password,
        grants: actor.grants,
    }))
}

/// Choose another password
///
/// All sessions end; the answer has the tokens with which this one goes on.
#[utoipa::path(post, path = "/auth/password", tag = "auth", security(("bearer" = [])), request_body = ChangePassword,
    responses((status = 200, description = "The next two tokens", body = Tokens)))]
pub(super) async fn password(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<ChangePassword>,
) -> Result<Json<Tokens>, Problem> {
    let (user, session) = own(&app, &actor).await?;
    account::confirm_password(&app, &user, &form.current).await?;
    let (version, refresh) = account::choose_password(&app, &actor, &user, &form.new, session).await?;
    Ok(Json(tokens(&app, (user.id, session, version), refresh)?))
}

/// The actor's own account and session; an integration has none.
pub(super) async fn own(app: &App, actor: &Actor) -> Result<(User, i64), Problem> {
    decide(actor, Action::OwnAccount, &Target::whole(actor.organisation))?;
    let Who::User { id, session } = actor.who else {
        return Err(Problem::new(Kind::Forbidden).saying("a token has no password and no second factor"));
    };
    let user = user::by_id(app.db.reader(), actor.organisation, id).await?;
    Ok((user.ok_or_else(|| Problem::new(Kind::SessionEnded))?, session))
}
