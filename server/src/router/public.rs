//! The routes that anyone may call without signing in, apart from the layers of all others: see [`crate::verify::http`].

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Response, header};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, get};

use crate::app::App;
use crate::caller::{caller, counted};
use crate::problem::{Kind, Problem};
use crate::verify::http::{self, Trouble, Way};
use crate::verify::{Desk, page, routes};

/// What the public's routes need.
#[derive(Clone)]
struct Counter {
    app: App,
    desk: Arc<Desk>,
}

/// The public's routes. A card's link is in capitals as its QR code holds it, and in any case as people type it.
pub(super) fn routes(app: App, desk: Arc<Desk>) -> Router {
    let (card, token) = (asked(Way::Card), asked(Way::Token));
    let counter = Counter {
        app: app.clone(),
        desk,
    };
    let router = Router::new()
        .route("/c", card.clone())
        .route("/C", card.clone())
        .route("/c/", card.clone())
        .route("/C/", card.clone())
        .route("/c/{*payload}", card.clone())
        .route("/C/{*payload}", card)
        .route("/verify", asked(Way::Pass))
        .route("/mpi/verify", token.clone())
        .route("/mpi/verify/", token.clone())
        .route("/mpi/verify/{*token}", token)
        .route("/mpi/qr-config", get(qr_config))
        .route(page::STYLE_PATH, get(style))
        .method_not_allowed_fallback(async || {
            http::problem(Trouble::Failed(Problem::new(Kind::MethodNotAllowed)))
        })
        .with_state(counter);
    if app.origins.is_empty() {
        router
    } else {
        router.layer(from_fn_with_state(app, super::headers::cross_origin))
    }
}

fn asked(way: Way) -> MethodRouter<Counter> {
    get(async move |State(counter): State<Counter>, request: Request| {
        let (parts, _) = request.into_parts();
        let late = counter.late(&parts);
        http::answer(&counter.desk, way, &parts.uri, &parts.headers, late).await
    })
}

impl Counter {
    /// Counts a request of an address; the seconds to wait if there were too many.
    fn late(&self, parts: &Parts) -> Option<u64> {
        let visitor = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
        let address = caller(visitor.0.ip(), &parts.headers, &self.app.proxies).0;
        self.app.rates.public.admit(&counted(address)).err()
    }
}

async fn qr_config(State(counter): State<Counter>, request: Request) -> Response<Body> {
    let (parts, _) = request.into_parts();
    match counter.late(&parts) {
        Some(seconds) => http::problem(Trouble::TooOften(seconds)),
        None => routes::qr_config(State(Arc::clone(&counter.desk))).await,
    }
}

/// The page's stylesheet may be kept: it says nothing about anyone.
async fn style() -> Response<Body> {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/css; charset=utf-8"),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=86400"),
        ),
    ];
    let mut response = (headers, page::STYLE).into_response();
    super::headers::set(response.headers_mut());
    response
}
