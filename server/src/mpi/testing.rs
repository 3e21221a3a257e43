//! Routes of a domain over a fresh database, for tests.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use serde_json::Value;
use tower::ServiceExt as _;
use utoipa_axum::router::OpenApiRouter;

use crate::access::{Role, testing};
use crate::app::App;
use crate::db::testing::{Kind, TestDb};

/// A server of some routes with one organization.
pub(crate) struct Served {
    pub(crate) app: App,
    _test: TestDb,
    router: Router,
    pub(crate) organisation: i64,
}

pub(crate) async fn served(kind: Kind, routes: OpenApiRouter<App>) -> Served {
    let (app, test) = crate::app::testing::app(kind).await;
    let organisation = testing::organisation(&app, "one").await;
    let (router, _) = routes.split_for_parts();
    Served {
        router: router.with_state(app.clone()),
        app,
        _test: test,
        organisation,
    }
}

impl Served {
    pub(crate) async fn token(&self, role: Role, area: &str) -> String {
        testing::token(&self.app, self.organisation, role, area).await
    }

    /// Status, headers and body of an answer. A text is sent as CSV, anything else as JSON.
    pub(crate) async fn ask(
        &self,
        token: &str,
        (method, path): (&str, &str),
        headers: &[(&'static str, &str)],
        body: Value,
    ) -> (u16, HeaderMap, Value) {
        let (kind, body) = match body {
            Value::Null => ("application/json", Body::empty()),
            Value::String(text) => ("text/csv", Body::from(text)),
            body => ("application/json", Body::from(body.to_string())),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, kind)
            .header(header::AUTHORIZATION, format!("Bearer {token}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self
            .router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap();
        let (head, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let value = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        (head.status.as_u16(), head.headers, value)
    }

    /// Status and body of an answer.
    pub(crate) async fn say(&self, token: &str, request: (&str, &str), body: Value) -> (u16, Value) {
        let (status, _, body) = self.ask(token, request, &[], body).await;
        (status, body)
    }
}
