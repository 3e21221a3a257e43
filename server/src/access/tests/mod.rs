//! Sign-in, users and tokens as a program meets them, on both databases.

mod managing;
mod signing_in;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::testing;
use super::{Actor, Grant, Role, account, totp};
use crate::app::{App, Clock};
use crate::config::Limits;
use crate::db::testing::{Kind, TestDb};

/// A server with one organization and its first administrator.
struct Served {
    app: App,
    _test: TestDb,
    router: Router,
    organisation: i64,
    password: String,
}

const OWN: &str = "baobab lantern quilt";

async fn served(kind: Kind) -> Served {
    served_with(kind, crate::app::testing::limits()).await
}

async fn served_with(kind: Kind, limits: Limits) -> Served {
    let clock = Clock::standing(Timestamp::from_second(1_800_000_000).unwrap());
    let (app, test) = crate::app::testing::app_with(kind, limits, clock).await;
    let organisation = testing::organisation(&app, "one").await;
    let console = Actor::console(organisation, app.clock.millis());
    let admin = (
        "admin".to_owned(),
        "Admin".to_owned(),
        vec![grant(Role::PlatformAdmin, "")],
    );
    let (_, password) = account::create(&app.db, &app.heavy, &console, admin)
        .await
        .unwrap();
    Served {
        router: routed(&app),
        app,
        _test: test,
        organisation,
        password: password.into_revealed(),
    }
}

/// The routes of this domain alone; what stands before them is the router's matter.
fn routed(app: &App) -> Router {
    let (router, _) = super::routes::open()
        .merge(super::routes::signed_in())
        .split_for_parts();
    router.with_state(app.clone())
}

fn grant(role: Role, area: &str) -> Grant {
    Grant {
        role,
        area: area.parse().unwrap(),
    }
}

impl Served {
    async fn ask(&self, method: &str, path: &str, token: &str, body: Value) -> (u16, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json");
        if !token.is_empty() {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        let mut request = request.body(Body::from(body.to_string())).unwrap();
        request
            .extensions_mut()
            .insert(crate::caller::Caller([203, 0, 113, 9].into()));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let value = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap()
        };
        (status.as_u16(), value)
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> (u16, Value) {
        self.ask("POST", path, token, body).await
    }

    async fn get(&self, path: &str, token: &str) -> (u16, Value) {
        self.ask("GET", path, token, Value::Null).await
    }

    async fn login(&self, login: &str, password: &str) -> (u16, Value) {
        self.post("/auth/login", "", json!({"login": login, "password": password}))
            .await
    }

    fn code(&self, secret: &str) -> String {
        let secret = data_encoding::BASE32_NOPAD.decode(secret.as_bytes()).unwrap();
        totp::code_now(&secret, self.app.clock.now().as_second())
    }

    fn pass(&self, seconds: i64) {
        self.app.clock.pass(SignedDuration::from_secs(seconds));
    }

    /// The administrator with a password and a second factor of their own: session token, and the factor's secret.
    async fn admin(&self) -> (String, String) {
        let (_, first) = self.login("admin", &self.password).await;
        let change = json!({"current": self.password, "new": OWN});
        let (status, own) = self
            .post("/auth/password", text(&first, "access_token"), change)
            .await;
        assert_eq!(status, 200, "{own}");
        let token = text(&own, "access_token").to_owned();
        let (_, begun) = self.post("/auth/totp", &token, json!({"password": OWN})).await;
        let secret = text(&begun, "secret").to_owned();
        let (status, codes) = self
            .post("/auth/totp/confirm", &token, json!({"code": self.code(&secret)}))
            .await;
        assert_eq!(status, 200, "{codes}");
        (token, secret)
    }

    async fn audited(&self) -> Vec<String> {
        const ACTIONS: &str = "SELECT action FROM audit ORDER BY id";
        let rows = crate::db::sql::all(self.app.db.reader(), ACTIONS, [])
            .await
            .unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("no {key} in {value}"))
}
