//! Phones against a server, on both databases, and everything that a network or a stranger could do.

mod bundles;
mod cards;
mod entering;
mod packets;
mod supervising;

use axum::Router;
use serde_json::{Value, json};

use super::testing::{Phone, ask, somebody};
use crate::access::{Actor, Area};
use crate::access::{Grant, Role, account, testing};
use crate::app::App;
use crate::db::testing::{Kind, TestDb};
use crate::db::{DbError, sql};
use crate::router::{Metrics, router};

/// A server with an organization, an agent of Dakar, and a supervisor's token.
struct Office {
    app: App,
    _test: TestDb,
    router: Router,
    organisation: i64,
    agent: u64,
    supervisor: String,
}

async fn office(kind: Kind) -> Office {
    let (app, test) = crate::app::testing::app(kind).await;
    let organisation = testing::organisation(&app, "one").await;
    let supervisor = testing::token(&app, organisation, Role::Supervisor, "SN/DKR").await;
    let agent = user(&app, organisation, "awa", Role::EnrollmentAgent, "SN/DKR").await;
    Office {
        router: router(app.clone(), Metrics::default()),
        app,
        _test: test,
        organisation,
        agent,
        supervisor,
    }
}

async fn user(app: &App, organisation: i64, login: &str, role: Role, area: &str) -> u64 {
    let area: Area = area.parse().unwrap();
    let about = (login.to_owned(), login.to_owned(), vec![Grant { role, area }]);
    account::create(&app.db, &app.heavy, &Actor::console(organisation, 0), about)
        .await
        .unwrap();
    let row = sql::number(app.db.reader(), "SELECT max(id) FROM users", []).await;
    row.unwrap().unsigned_abs()
}

impl Office {
    async fn ticket(&self, area: &str) -> (i64, String) {
        let form = json!({"name": "Phone 7", "area": area, "server": "https://teranga.example.org"});
        let made: Value = self.ask(("POST", "/devices/tickets"), &form).await.unwrap();
        (
            made["device"].as_i64().unwrap(),
            made["text"].as_str().unwrap().to_owned(),
        )
    }

    /// A phone in a session, with numbers to give out, and its row.
    async fn phone(&self) -> (i64, Phone) {
        let (row, ticket) = self.ticket("SN/DKR").await;
        let mut phone = Phone::default();
        phone.enroll(&self.router, &ticket).await.unwrap();
        phone.open(&self.router).await.unwrap();
        phone.listen(&self.router).await.unwrap();
        (row, phone)
    }

    async fn ask(&self, place: (&str, &str), body: &Value) -> Result<Value, (u16, String)> {
        let request = axum::http::Request::builder()
            .method(place.0)
            .uri(place.1)
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", self.supervisor))
            .body(axum::body::Body::from(body.to_string()))
            .unwrap();
        let response = tower::ServiceExt::oneshot(self.router.clone(), request)
            .await
            .unwrap();
        let status = response.status().as_u16();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let value: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if status < 300 {
            Ok(value)
        } else {
            Err((status, value["code"].as_str().unwrap_or_default().to_owned()))
        }
    }

    async fn count(&self, text: &str) -> i64 {
        sql::number(self.app.db.reader(), text, []).await.unwrap()
    }

    async fn run(&self, text: &'static str) {
        let work = self
            .app
            .db
            .write(move |tx| Box::pin(async move { sql::run(tx, text, []).await }));
        let _: Result<u64, DbError> = work.await;
    }
}
