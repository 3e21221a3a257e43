//! Every route on one page, grouped by who calls it, and what stands before all of them.
//!
//! A request passes, from the outside in: [`observe`] (its id, its log line, its metrics, the headers of every answer,
//! problem documents for every error), compression, a catcher of panics, limits of rate, time and size; then its route.

mod headers;
mod limits;
mod metrics;
mod observe;
mod public;

pub use metrics::Metrics;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::verify::{self, Desk};
use crate::{access, campaign, devices, dhis2, health, import, lot, mpi, openapi, publish, review, studio};

/// The routes and their description.
fn described() -> (Router<App>, OpenApi) {
    let (router, mut document) = OpenApiRouter::with_openapi(openapi::base())
        // Anyone, without signing in.
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .merge(access::routes::open())
        // People with a session, and integrations with a token.
        .merge(access::routes::signed_in())
        .merge(mpi::routes::routes())
        .merge(review::routes::routes())
        .merge(import::routes::routes())
        .merge(studio::routes::routes())
        .merge(campaign::routes::routes())
        .merge(lot::routes::routes())
        .merge(publish::routes::routes())
        .merge(dhis2::routes::routes())
        .merge(devices::routes::routes())
        // Phones, with a session of their own; two of them before they have one.
        .merge(devices::sync::routes())
        .split_for_parts();
    // Anyone who looks at a card; answered by `public`.
    document.merge(verify::routes::document());
    openapi::finish(&mut document);
    (router, document)
}

/// The description of all routes.
pub fn document() -> OpenApi {
    described().1
}

/// The server's one service: all routes behind their layers, and beside them the public's.
pub fn service(app: App, metrics: Metrics, desk: Arc<Desk>) -> Router {
    metrics.register(|registry| desk.scans.register(registry));
    router(app.clone(), metrics).merge(public::routes(app, desk))
}

/// All routes but the public's.
pub fn router(app: App, metrics: Metrics) -> Router {
    let (router, document) = described();
    let page = openapi::page(&document);
    let json = document.to_pretty_json().unwrap_or_default();
    let routes = router
        .route(
            "/openapi.json",
            get(move || text("application/json", json.clone())),
        )
        .route("/docs", get(async move || Html(page.clone())))
        .route(
            "/docs.css",
            get(|| text("text/css; charset=utf-8", openapi::STYLE.to_owned())),
        );
    layered(routes, app, metrics)
}

/// What stands before all routes; the last layer is the outermost.
fn layered(routes: Router<App>, app: App, metrics: Metrics) -> Router {
    let time = app.limits.request_time();
    routes
        .fallback(async || Problem::new(Kind::NotFound))
        .method_not_allowed_fallback(async || Problem::new(Kind::MethodNotAllowed))
        .layer(DefaultBodyLimit::max(app.limits.body_limit))
        .layer(RequestBodyTimeoutLayer::new(time))
        .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, time))
        .layer(from_fn_with_state(app.clone(), limits::visitors))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), headers::cross_origin))
        .layer(CompressionLayer::new())
        .layer(from_fn(headers::guard))
        .layer(from_fn_with_state((app.clone(), metrics), observe::observe))
        .with_state(app)
}

async fn text(kind: &'static str, text: String) -> Response {
    ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text).into_response()
}

/// A panic is a fault of this program: the request fails, the server goes on. What the panic says may quote input, so
/// that only the place of it is logged, by the hook that `serve` sets.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    Problem::internal("a panic").into_response()
}

/// The state as an extractor.
pub type Teranga = State<App>;

#[cfg(test)]
mod faults;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod walk;
