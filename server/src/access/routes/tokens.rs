//! Tokens of integrations.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::super::dto::{CreateToken, NewToken, TokenList};
use super::super::{Action, Actor, Grant, api_token, decide_grant, integration, scope};
use crate::app::App;
use crate::input::{ValidJson, ValidPath};
use crate::problem::{Kind, Problem};

/// Tokens of integrations in the actor's areas
#[utoipa::path(get, path = "/tokens", tag = "tokens", security(("bearer" = [])), responses(
    (status = 200, description = "The tokens", body = TokenList),
))]
pub(super) async fn list(State(app): State<App>, actor: Actor) -> Result<Json<TokenList>, Problem> {
    let scope = scope(&actor, Action::ManageTokens)?;
    let tokens = api_token::list(app.db.reader(), &scope).await?;
    Ok(Json(TokenList { tokens }))
}

/// Make a token for an integration
///
/// The token is shown once.
#[utoipa::path(post, path = "/tokens", tag = "tokens", security(("bearer" = [])), request_body = CreateToken, responses(
    (status = 201, description = "The token", body = NewToken),
))]
pub(super) async fn create(
    State(app): State<App>,
    actor: Actor,
    ValidJson(form): ValidJson<CreateToken>,
) -> Result<(StatusCode, Json<NewToken>), Problem> {
    let made = integration::create(&app.db, &actor, form).await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Revoke a token
#[utoipa::path(delete, path = "/tokens/{id}", tag = "tokens", security(("bearer" = [])),
    params(("id" = i64, Path, description = "The token's row", minimum = 1)),
    responses((status = 204, description = "The token does not count any more")))]
pub(super) async fn revoke(
    State(app): State<App>,
    actor: Actor,
    ValidPath(id): ValidPath<i64>,
) -> Result<StatusCode, Problem> {
    scope(&actor, Action::ManageTokens)?;
    let found = api_token::by_id(app.db.reader(), actor.organisation, id).await?;
    let token = found.ok_or_else(|| Problem::new(Kind::NotFound))?;
    let grant = Grant {
        role: token.role,
        area: token.area,
    };
    decide_grant(&actor, Action::ManageTokens, &grant)?;
    integration::revoke(&app.db, &actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
