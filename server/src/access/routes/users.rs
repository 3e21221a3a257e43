//! Users of an organization.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::account::{self, Change};
use super::super::dto::{ChangeUser, CreateUser, Page, UserView, Users, WithPassword};
use super::super::user::{self, User};
use super::super::{Action, Actor, Who, scope};
use crate::app::App;
use crate::db::{Db, DbError};
use crate::input::{ValidJson, ValidPath, ValidQuery};
use crate::problem::{Document, Kind, MEDIA_TYPE, Problem};

async fn view(db: &Db, user: User) -> Result<UserView, DbError> {
    Ok(UserView {
        grants: user::grants(db.reader(), user.id).await?,
        id: user.id,
        login: user.login,
        name: user.name,
        active: user.is_active,
        has_second_factor: user.totp_since.is_some(),
        must_change_password: user.is_temporary,
        created: user.created,
        last_sign_in: user.last_sign_in,
    })
}

/// Users of the organization, as far as they work in the actor's areas
#[utoipa::path(get, path = "/users", tag = "users", security(("bearer" = [])), params(Page), responses(
    (status = 200, description = "A page of users", body = Users),
))]
pub(super) async fn list(
    State(app): State<App>,
    actor: Actor,
    ValidQuery(page): ValidQuery<Page>,
) -> Result<Json<Users>, Problem> {
    let scope = scope(&actor, Action::ManageUsers)?;
    let found = user::list(app.db.reader(), &scope, page.after, page.limit).await?;
    let is_full = found.len() as i64 == page.limit;
    let next = found.last().map(|user| user.id).filter(|_| is_full);
    let mut users = Vec::with_capacity(found.len());
    for user in found {
        users.push(view(&app.db, user).await?);
    }
    Ok(Json(Users { users, next }))
}

/// Make a user
///
/// The answer has a password that has to be changed at the first sign-in. It is shown once.
#[utoipa::path(post, path = "/users", tag = "users", security(("bearer" = [])), request_body = CreateUser, responses(
    (status = 201, description = "The user and a password", body = WithPassword),
    (status = 409, description = "Somebody has this login", body = Document, content_type = MEDIA_TYPE),
))]
pub(super) async fn create(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<CreateUser>,
) -> Result<(StatusCode, Json<WithPassword>), Problem> {
    let about = (form.login, form.name, form.grants);
    let (id, password) = account::create(&app.db, &app.heavy, &actor, about).await?;
    Ok((
        StatusCode::CREATED,
        Json(with_password(&app, &actor, id, password).await?),
    ))
}

async fn with_password(
    app: &App,
    actor: &Actor,
    id: i64,
    password: super::super::Secret,
) -> Result<WithPassword, Problem> {
    let user = user::by_id(app.db.reader(), actor.organisation, id).await?;
    let user = user.ok_or_else(|| Problem::new(Kind::NotFound))?;
    Ok(WithPassword {
        user: view(&app.db, user).await?,
        password: password.into_revealed(),
    })
}

/// A user
#[utoipa::path(get, path = "/users/{id}", tag = "users", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The user's row", minimum = 1)),
    responses((status = 200, description = "The user", body = UserView)))]
pub(super) async fn show(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<Json<UserView>, Problem> {
    let user = account::managed(&app.db, &actor, id).await?;
    Ok(Json(view(&app.db, user).await?))
}

/// Change a user
///
/// A user who is no longer active is signed out everywhere at once. One's own roles and state are for somebody else to
/// change.
#[utoipa::path(patch, path = "/users/{id}", tag = "users", security(("bearer" = [])), request_body = ChangeUser,
    params(("id" = i64, Path, description = "The user's row", minimum = 1)),
    responses(
        (status = 200, description = "The user", body = UserView),
        (status = 409, description = "Nobody would be left who may do everything", body = Document, content_type = MEDIA_TYPE),
    ))]
pub(super) async fn change(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
    ValidJson(form): ValidJson<ChangeUser>,
) -> Result<Json<UserView>, Problem> {
    let user = account::managed(&app.db, &actor, id).await?;
    let is_own = matches!(actor.who, Who::User { id: own, .. } if own == id);
    if is_own && (form.grants.is_some() || form.active.is_some()) {
        return Err(Problem::new(Kind::Conflict).saying("ask another administrator to change your own roles"));
    }
    let change = Change {
        name: form.name,
        grants: form.grants,
        active: form.active,
    };
    account::change(&app.db, &actor, &user, change).await?;
    let user = account::managed(&app.db, &actor, id).await?;
    Ok(Json(view(&app.db, user).await?))
}

/// Give a user another password
///
/// One that has to be changed at the next sign-in; it is shown once. The user is signed out everywhere.
#[utoipa::path(post, path = "/users/{id}/reset-password", tag = "users", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The user's row", minimum = 1)),
    responses((status = 200, description = "The user and a password", body = WithPassword)))]
pub(super) async fn reset_password(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<Json<WithPassword>, Problem> {
    let user = account::managed(&app.db, &actor, id).await?;
    let password = account::reset_password(&app.db, &app.heavy, &actor, &user).await?;
    Ok(Json(with_password(&app, &actor, id, password).await?))
}

/// Take a user's second factor away
///
/// For one who lost the phone and the recovery codes. The user is signed out everywhere.
#[utoipa::path(post, path = "/users/{id}/reset-totp", tag = "users", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The user's row", minimum = 1)),
    responses((status = 204, description = "There is no second factor any more")))]
pub(super) async fn reset_totp(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<StatusCode, Problem> {
    let user = account::managed(&app.db, &actor, id).await?;
    account::reset_second_factor(&app.db, &actor, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}
