//! What a client of the routes sees when the database goes away, when its disk is full, and afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, header};
use sea_orm::ConnectionTrait as _;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tower::ServiceExt as _;

use super::{Metrics, router};
use crate::access::{Role, testing as access_testing};
use crate::app::{App, Clock, testing};
use crate::db::testing::{Kind, Server};
use crate::db::{Address, Db, DbError, Settings, sql};

/// A person whom no other number is like.
fn person(number: usize) -> Value {
    let letters = |mut number: usize| {
        let mut word = String::from("Ka");
        for _ in 0..5 {
            word.push(char::from(b'a' + (number % 23) as u8));
            word.push('a');
            number /= 23;
        }
        word
    };
    json!({"person": {"first_name": letters(number * 7919), "last_name": letters(number * 104_729 + 13),
        "date_of_birth": format!("{}-{:02}-03", 1930 + number % 90, 1 + number / 90 % 12), "sex": "female", "region": "DKR",
        "phone": format!("77{:07}", number * 1_009 % 10_000_000)}})
}

#[derive(Clone)]
struct Client {
    router: Router,
    token: String,
}

impl Client {
    async fn of(app: &App) -> Self {
        let organisation = access_testing::organisation(app, "one").await;
        Self {
            token: access_testing::token(app, organisation, Role::ProgramAdmin, "").await,
            router: router(app.clone(), Metrics::default()),
        }
    }

    async fn ask(&self, method: &str, path: &str, body: Body) -> Response<Body> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        self.router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap()
    }

    /// Status, whether it says when to come again, and the document.
    async fn register(&self, number: usize) -> (u16, bool, Value) {
        let response = self
            .ask("POST", "/mpi/register", Body::from(person(number).to_string()))
            .await;
        let (head, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        let document = serde_json::from_slice(&bytes).unwrap();
        (
            head.status.as_u16(),
            head.headers.contains_key(header::RETRY_AFTER),
            document,
        )
    }

    async fn is_there(&self, number: &str) -> bool {
        let found = self.ask("GET", &format!("/mpi/{number}"), Body::empty()).await;
        found.status() == 200
    }
}

/// What clients have seen.
#[derive(Default)]
struct Seen {
    acknowledged: std::sync::Mutex<Vec<String>>,
    refused: std::sync::Mutex<usize>,
    stop: AtomicBool,
    news: Notify,
}

impl Seen {
    async fn until(&self, holds: impl Fn(&Self) -> bool) {
        loop {
            let news = self.news.notified();
            if holds(self) {
                return;
            }
            news.await;
        }
    }

    fn acknowledged(&self) -> usize {
        self.acknowledged.lock().unwrap().len()
    }
}

async fn register_without_pause(client: Client, seen: Arc<Seen>, first: usize) {
    let mut number = first;
    while !seen.stop.load(Ordering::Relaxed) {
        match client.register(number).await {
            (201, _, document) => {
                let number = document["mpi_id"].as_str().unwrap().to_owned();
                seen.acknowledged.lock().unwrap().push(number);
            }
            (503, true, document) => {
                assert_eq!(document["code"], "unavailable", "{document}");
                *seen.refused.lock().unwrap() += 1;
            }
            // The first attempt may have been written, and its answer was lost.
            (200, _, _) => {}
            other => panic!("{other:?}"),
        }
        number += 8;
        seen.news.notify_waiters();
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgresql_is_restarted_the_routes_say_503_and_then_go_on() {
    let server = Server::start(&[]);
    server.psql("CREATE DATABASE away TEMPLATE template0 ENCODING 'UTF8'");
    let address = Address::Postgres(server.url("away"));
    let db = Db::open(&address, Settings::default()).await.unwrap();
    let client = Client::of(&testing::over(db, testing::limits(), Clock::system())).await;
    let seen = Arc::new(Seen::default());
    let clients: Vec<_> = (0..8)
        .map(|first| tokio::spawn(register_without_pause(client.clone(), Arc::clone(&seen), first)))
        .collect();
    seen.until(|seen| seen.acknowledged() >= 40).await;
    server.stop_at_once();
    seen.until(|seen| *seen.refused.lock().unwrap() >= 8).await;
    server.start_again();
    let before = seen.acknowledged();
    seen.until(|seen| seen.acknowledged() >= before + 40).await;
    seen.stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    let acknowledged = seen.acknowledged.lock().unwrap().clone();
    for number in acknowledged {
        assert!(
            client.is_there(&number).await,
            "{number} was acknowledged and is gone"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_the_routes_say_507_and_lose_nothing_acknowledged() {
    let (app, _test) = testing::app(Kind::Sqlite).await;
    let client = Client::of(&app).await;
    let mut acknowledged = Vec::new();
    for number in 0..20 {
        let (status, _, document) = client.register(number).await;
        assert_eq!(status, 201, "{document}");
        acknowledged.push(document["mpi_id"].as_str().unwrap().to_owned());
    }
    limit(&app, "PRAGMA max_page_count = 1").await;
    let mut full = None;
    for number in 20..5_000 {
        match client.register(number).await {
            (201, _, document) => acknowledged.push(document["mpi_id"].as_str().unwrap().to_owned()),
            other => {
                full = Some((number, other));
                break;
            }
        }
    }
    let (number, (status, _, document)) = full.expect("a disk that is never full");
    assert_eq!(
        (status, &document["code"]),
        (507, &json!("storage-full")),
        "{document}"
    );
    assert!(client.is_there(&acknowledged[0]).await, "reading goes on");
    limit(&app, "PRAGMA max_page_count = 1000000").await;
    let (status, _, document) = client.register(number).await;
    assert_eq!(status, 201, "there is room again: {document}");
    for number in &acknowledged {
        assert!(
            client.is_there(number).await,
            "{number} was acknowledged and is gone"
        );
    }
    let halves =
        "SELECT count(*) FROM identities i WHERE NOT EXISTS (SELECT 1 FROM facts f WHERE f.identity = i.id)";
    assert_eq!(sql::number(app.db.reader(), halves, []).await, Ok(0));
    let people = sql::number(app.db.reader(), "SELECT count(*) FROM identities", []).await;
    assert_eq!(people, Ok(acknowledged.len() as i64 + 1));
}

async fn limit(app: &App, pragma: &'static str) {
    let set = app.db.write(move |tx| {
        Box::pin(async move {
            // It answers with what it is set to.
            tx.query_one_raw(sea_orm::Statement::from_string(
                sea_orm::DbBackend::Sqlite,
                pragma,
            ))
            .await?;
            Ok::<_, DbError>(())
        })
    });
    set.await.unwrap();
}
