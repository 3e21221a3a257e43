//! How often a visitor may come who shows no credentials. Those who do are counted by session or token where they are
//! read, so that a clinic behind one address is not taken for one person.

use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::app::App;
use crate::caller::{Caller, counted};
use crate::problem::{Kind, Problem};

pub(super) async fn visitors(State(app): State<App>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let has_credentials = headers.contains_key(header::AUTHORIZATION) || headers.contains_key(header::COOKIE);
    let is_watchman = matches!(request.uri().path(), "/healthz" | "/readyz");
    if !has_credentials
        && !is_watchman
        && let Some(Caller(address)) = request.extensions().get().copied()
        && let Err(seconds) = app.rates.public.admit(&counted(address))
    {
        return Problem::new(Kind::TooManyRequests)
            .retry_after(seconds)
            .into_response();
    }
    next.run(request).await
}
