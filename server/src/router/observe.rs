//! The outermost layer: each request gets a name, one line in the log, and an answer that is a problem document if it is
//! an error, whoever made it.
//!
//! The line holds the method, the template of the route, the status and the time. Not the path, which may hold an id or a
//! token; not the address, which is personal; nothing that was sent.

use std::time::Instant;

use axum::body::Body;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::headers;
use super::metrics::Metrics;
use crate::app::App;
use crate::caller::{RequestId, Visitor, caller};
use crate::problem::{MEDIA_TYPE, Problem};

pub(super) async fn observe(
    State((app, metrics)): State<(App, Metrics)>,
    mut request: Request,
    next: Next,
) -> Response {
    let start = Instant::now();
    let id = match RequestId::draw() {
        Ok(id) => id,
        Err(problem) => return problem.into_response(),
    };
    let method = known(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unmatched", MatchedPath::as_str)
        .to_owned();
    if let Some(ConnectInfo(peer)) = request.extensions().get::<Visitor>().copied() {
        let seen = caller(peer.ip(), request.headers(), &app.proxies);
        request.extensions_mut().insert(seen);
    }
    request.extensions_mut().insert(id.clone());
    let response = next.run(request).await;
    let cause = response
        .extensions()
        .get::<Problem>()
        .and_then(Problem::cause)
        .map(str::to_owned);
    let mut response = finished(response, &id.0);
    let status = response.status();
    metrics.answered(method, &route, status.as_u16(), start.elapsed());
    log(
        &id.0,
        method,
        &route,
        status,
        start.elapsed().as_secs_f64() * 1e3,
        cause.as_deref(),
    );
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

fn log(id: &str, method: &str, route: &str, status: StatusCode, ms: f64, cause: Option<&str>) {
    let status = status.as_u16();
    match cause {
        Some(cause) if status >= 500 => tracing::error!(id, method, route, status, ms, cause, "failed"),
        Some(cause) => tracing::info!(id, method, route, status, ms, cause, "refused"),
        None if status >= 500 => tracing::error!(id, method, route, status, ms, "failed"),
        None => tracing::info!(id, method, route, status, ms, "answered"),
    }
}

/// An error gets its document: a problem with the request's id in it, a bare status the problem that it stands for.
fn finished(mut response: Response, id: &str) -> Response {
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let problem = response.extensions_mut().remove::<Problem>();
    let kind = response
        .headers()
        .get(header::CONTENT_TYPE)
        .map(HeaderValue::as_bytes)
        .unwrap_or_default();
    // A handler's own page of an error stays as it is; the framework's plain texts do not.
    if problem.is_none() && (kind.starts_with(b"text/html") || kind.starts_with(MEDIA_TYPE.as_bytes())) {
        return response;
    }
    let problem = problem.unwrap_or_else(|| Problem::of_status(status));
    let mut answer = problem.answer(Some(id));
    if status != problem.kind.status() {
        *answer.status_mut() = status;
    }
    for name in [
        header::ALLOW,
        header::SET_COOKIE,
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        header::VARY,
    ] {
        for value in response.headers().get_all(&name) {
            answer.headers_mut().append(&name, value.clone());
        }
    }
    headers::set(answer.headers_mut());
    drop(std::mem::replace(response.body_mut(), Body::empty()));
    answer
}

/// Any other word is the caller's own, and would fill the metrics.
fn known(method: &Method) -> &'static str {
    ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
        .into_iter()
        .find(|known| *known == method.as_str())
        .unwrap_or("OTHER")
}
