//! The routes of sign-in, users and tokens.

mod auth;
mod second_factor;
mod tokens;
mod users;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// Routes for anyone: whoever has no session yet, or no longer.
pub fn open() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(auth::login))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
}

/// Routes for people with a session, and integrations with a token.
pub fn signed_in() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(auth::me))
        .routes(routes!(auth::password))
        .routes(routes!(second_factor::begin, second_factor::remove))
        .routes(routes!(second_factor::confirm))
        .routes(routes!(second_factor::renew_codes))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::show, users::change))
        .routes(routes!(users::reset_password))
        .routes(routes!(users::reset_totp))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::revoke))
}
