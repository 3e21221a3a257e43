//! What stands before every route, held to its word.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::post;
use tower::ServiceExt as _;

use super::*;
use crate::app::{Clock, testing};
use crate::config::Limits;
use crate::db::testing::{Kind, TestDb};

fn limits() -> Limits {
    Limits {
        body_limit: 1000,
        request_seconds: 1,
        ..testing::limits()
    }
}

async fn app(limits: Limits) -> (App, TestDb) {
    testing::app_with(Kind::Sqlite, limits, Clock::system()).await
}

async fn ask(router: &Router, request: Request<Body>) -> (StatusCode, axum::http::HeaderMap, String) {
    let mut request = request;
    request
        .extensions_mut()
        .insert(axum::extract::ConnectInfo(std::net::SocketAddr::from((
            [203, 0, 113, 9],
            1,
        ))));
    let response = router.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    (
        head.status,
        head.headers,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

fn get_of(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

#[derive(serde::Deserialize)]
struct Nothing {}
impl crate::input::Validate for Nothing {}

/// The router's layers over routes that fail in every way.
async fn failing() -> (Router, TestDb) {
    let (app, test) = app(limits()).await;
    let routes = Router::new()
        .route("/panic", get(async || -> () { panic!("Awa Ndiaye") }))
        .route("/slow", get(std::future::pending::<()>))
        .route("/json", post(async |_: crate::input::ValidJson<Nothing>| ()));
    (layered(routes, app, Metrics::default()), test)
}

#[tokio::test]
async fn every_error_is_a_problem_document_with_the_headers_of_every_answer() {
    let (router, _test) = failing().await;
    let json = |body: Vec<u8>| {
        Request::post("/json")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap()
    };
    let requests = [
        (get_of("/nowhere"), 404, "not-found"),
        (get_of("/json"), 405, "method-not-allowed"),
        (get_of("/panic"), 500, "internal"),
        (get_of("/slow"), 504, "took-too-long"),
        (
            Request::post("/json").body(Body::empty()).unwrap(),
            415,
            "unsupported-media-type",
        ),
        (json(vec![b' '; 1001]), 413, "too-large"),
        (json(b"{".to_vec()), 400, "malformed"),
        (json(b"\"\xff\xfe\"".to_vec()), 400, "malformed"),
        (json("[".repeat(900).into_bytes()), 400, "malformed"),
    ];
    for (request, status, code) in requests {
        let path = request.uri().clone();
        let (seen, headers, body) = ask(&router, request).await;
        assert_eq!(seen.as_u16(), status, "{path}: {body}");
        let document: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(
            (&document["code"], &document["status"]),
            (&code.into(), &status.into()),
            "{path}"
        );
        assert_eq!(
            document["request_id"].as_str(),
            headers["x-request-id"].to_str().ok()
        );
        assert_eq!(headers[header::CONTENT_TYPE], "application/problem+json");
        for name in [
            "strict-transport-security",
            "content-security-policy",
            "x-content-type-options",
            "referrer-policy",
        ] {
            assert!(headers.contains_key(name), "{path} without {name}");
        }
        assert_eq!(headers[header::CACHE_CONTROL], "no-store");
        assert!(!body.contains("Awa"), "{body}");
    }
}

#[tokio::test]
async fn a_visitor_who_comes_too_often_is_told_when_to_come_again() {
    let (app, _test) = app(Limits {
        public_rate: 1,
        ..limits()
    })
    .await;
    let router = router(app, Metrics::default());
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let (status, headers, _) = ask(&router, get_of("/docs")).await;
        statuses.push(status.as_u16());
        assert_eq!(
            headers.contains_key(header::RETRY_AFTER),
            status == StatusCode::TOO_MANY_REQUESTS
        );
    }
    assert_eq!(statuses, [200, 200, 200, 429]);
    assert_eq!(ask(&router, get_of("/healthz")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn other_origins_are_closed_unless_configured() {
    let (app, _test) = app(limits()).await;
    let router = router(app, Metrics::default());
    let from = |origin: &str| {
        let request = Request::options("/healthz").header(header::ORIGIN, origin);
        request
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, "GET")
            .body(Body::empty())
            .unwrap()
    };
    let (status, headers, _) = ask(&router, from("https://health.example")).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_eq!(
        headers[header::ACCESS_CONTROL_ALLOW_ORIGIN],
        "https://health.example"
    );
    assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
    let (_, headers, _) = ask(&router, from("https://evil.example")).await;
    assert!(!headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
}

#[tokio::test]
async fn metrics_name_routes_and_never_what_was_asked() {
    let metrics = Metrics::default();
    let (app, _test) = app(limits()).await;
    let router = router(app, metrics.clone());
    ask(&router, get_of("/healthz")).await;
    ask(&router, get_of("/SN-DKR-26-9XQ7LM2A")).await;
    let text = metrics.text();
    assert!(
        text.contains(r#"teranga_http_requests_total{method="GET",route="/healthz",status="200"} 1"#),
        "{text}"
    );
    assert!(
        text.contains(r#"route="unmatched""#) && !text.contains("9XQ7LM2A"),
        "{text}"
    );
}

#[test]
fn the_document_is_as_it_was() {
    insta::assert_snapshot!(document().to_pretty_json().unwrap());
}

#[tokio::test]
async fn the_page_for_people_lists_every_operation_without_a_script() {
    let (app, _test) = app(limits()).await;
    let router = router(app, Metrics::default());
    let (status, headers, page) = ask(&router, get_of("/docs")).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
            .contains("script-src 'self'")
    );
    assert!(!page.contains("<script") && !page.contains("style="));
    for path in document().paths.paths.keys() {
        assert!(page.contains(path.as_str()), "{path}");
    }
}
