//! The routes, as programs see them.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tower::ServiceExt as _;

use super::Office;
use crate::access::{Role, testing};
use crate::db::sql;
use crate::db::testing::{KINDS, Kind};
use crate::queue::testing::drain;

struct Caller {
    router: Router,
    token: String,
}

impl Caller {
    async fn new(office: &Office, role: Role, area: &str) -> Self {
        Self {
            // The routes of this domain alone; what stands before them is the router's matter.
            router: crate::campaign::routes::routes()
                .split_for_parts()
                .0
                .with_state(office.app.clone()),
            token: testing::token(&office.app, office.world.organisation, role, area).await,
        }
    }

    async fn ask(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        more: &[(&str, &str)],
    ) -> Response<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .header(header::CONTENT_TYPE, "application/json");
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let body = body.map(|body| Body::from(body.to_string())).unwrap_or_default();
        self.router
            .clone()
            .oneshot(request.body(body).unwrap())
            .await
            .unwrap()
    }

    async fn json(&self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let answer = self.ask(method, path, body, &[]).await;
        let status = answer.status().as_u16();
        (
            status,
            serde_json::from_slice(&bytes(answer).await).unwrap_or_default(),
        )
    }
}

async fn bytes(answer: Response<Body>) -> Vec<u8> {
    axum::body::to_bytes(answer.into_body(), 1 << 26)
        .await
        .unwrap()
        .to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_goes_from_nothing_to_files_over_http() {
    for kind in KINDS {
        let office = Office::new(kind, 12).await;
        let admin = Caller::new(&office, Role::ProgramAdmin, "").await;
        let form = json!({"program": "mal26", "code": "second", "name": "Second", "prefix": "SEC26"});
        let (status, made) = admin.json("POST", "/campaigns", Some(form.clone())).await;
        assert_eq!(status, 201, "{made}");
        assert_eq!(admin.json("POST", "/campaigns", Some(form)).await.0, 409);
        let campaign = format!("/campaigns/{}", made["id"]);
        let people = json!({"area": "SN/DKR", "sex": "female"});
        // The people of the test have the sex of their rows' default.
        assert_eq!(
            admin
                .json("POST", &format!("{campaign}/people"), Some(people))
                .await
                .1["added"],
            0
        );
        let (_, added) = admin
            .json("POST", &format!("{campaign}/people"), Some(json!({})))
            .await;
        assert_eq!(added, json!({"added": 12, "more": false}));

        let making = json!({"form": {"card": {"template": "pulse"}}, "sheet": "a4-long-edge", "shard": 100});
        let (status, run) = admin
            .json("POST", &format!("{campaign}/runs"), Some(making.clone()))
            .await;
        assert_eq!(
            (status, &run["state"], &run["people"]),
            (202, &json!("planning"), &json!(12)),
            "{run}"
        );
        drain(&office.app, &office.kinds).await;
        let path = format!("/runs/{}", run["id"]);
        let (_, run) = admin.json("GET", &path, None).await;
        assert_eq!((&run["state"], &run["made"]), (&json!("ended"), &json!(12)));
        let (status, again) = admin
            .json("POST", &format!("{campaign}/runs"), Some(making))
            .await;
        assert_eq!((status, &again["code"]), (409, &json!("conflict")));
        let (_, view) = admin.json("GET", &campaign, None).await;
        assert_eq!([&view["people"], &view["with_card"]], [12, 12]);
        downloads(&admin, &path).await;
        let counted = "SELECT count(*) FROM audit WHERE action = 'artifact.download'";
        assert_eq!(office.number(counted).await, 2);
    }
}

async fn downloads(admin: &Caller, run: &str) {
    let (_, files) = admin.json("GET", &format!("{run}/files"), None).await;
    let pdf = files
        .as_array()
        .unwrap()
        .iter()
        .find(|file| file["name"].as_str().unwrap().ends_with("pdf"))
        .unwrap();
    let path = format!("{run}/files/{}", pdf["id"]);
    let whole = bytes(admin.ask("GET", &path, None, &[]).await).await;
    assert_eq!(whole.len(), pdf["bytes"].as_u64().unwrap() as usize);
    assert!(whole.starts_with(b"%PDF-"));
    let part = admin.ask("GET", &path, None, &[("range", "bytes=5-8")]).await;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(
        part.headers()[header::CONTENT_RANGE],
        format!("bytes 5-8/{}", whole.len())
    );
    assert_eq!(bytes(part).await, whole[5..9]);
    let beyond = admin
        .ask("GET", &path, None, &[("range", "bytes=999999999-")])
        .await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    let first = admin.ask("GET", &path, None, &[("range", "bytes=0-0")]).await;
    assert_eq!(bytes(first).await, whole[..1]);
    let (_, files) = admin.json("GET", &format!("{run}/files"), None).await;
    let counted: Vec<_> = files
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["downloads"].as_i64().unwrap())
        .collect();
    assert_eq!(
        counted.iter().sum::<i64>(),
        2,
        "a download that goes on is not counted again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_card_is_reissued_and_the_new_one_is_printed_again_the_same() {
    for kind in KINDS {
        let office = Office::new(kind, 3).await;
        office.run().await;
        let row = sql::one(
            office.app.db.reader(),
            "SELECT number FROM identities ORDER BY id LIMIT 1",
            [],
        )
        .await;
        let number: String = row.unwrap().unwrap().try_get_by_index(0).unwrap();
        let supervisor = Caller::new(&office, Role::Supervisor, "SN/DKR").await;
        let of = format!("/mpi/{number}/card");
        let (_, cards) = supervisor.json("GET", &of, None).await;
        assert_eq!(
            (&cards[0]["status"], &cards[0]["campaign"]),
            (&json!("valid"), &json!("MAL26")),
            "{cards}"
        );
        let card = format!("/cards/{}", cards[0]["id"]);
        let picture = async |path: String| bytes(supervisor.ask("GET", &path, None, &[]).await).await;
        let before = picture(format!("{card}/picture")).await;
        assert!(before.starts_with(b"\x89PNG"));
        assert_eq!(picture(format!("{card}/picture")).await, before, "the same card");

        let lost = Some(json!({"reason": "lost"}));
        let (status, new) = supervisor
            .json("POST", &format!("{card}/reissue"), lost.clone())
            .await;
        assert_eq!(status, 201, "{new}");
        assert_eq!(
            supervisor
                .json("POST", &format!("{card}/reissue"), lost.clone())
                .await
                .0,
            409
        );
        assert_eq!(
            supervisor.json("GET", &format!("{card}/picture"), None).await.0,
            409
        );
        let (_, cards) = supervisor.json("GET", &of, None).await;
        assert_eq!(
            (&cards[0]["status"], &cards[1]["status"]),
            (&json!("valid"), &json!("revoked"))
        );
        assert_eq!([&cards[1]["replaced_by"], &cards[0]["id"]], [&new["id"]; 2]);
        let after = picture(format!("/cards/{}/picture", new["id"])).await;
        assert!(after.starts_with(b"\x89PNG") && after != before);

        let (status, gone) = supervisor
            .json("POST", &format!("/cards/{}/revoke", new["id"]), lost.clone())
            .await;
        assert_eq!((status, &gone["changed"]), (200, &json!(true)));
        let (_, again) = supervisor
            .json("POST", &format!("/cards/{}/revoke", new["id"]), lost)
            .await;
        assert_eq!(again["changed"], false);
        let elsewhere = Caller::new(&office, Role::Supervisor, "SN/THS").await;
        assert_eq!(elsewhere.json("GET", &of, None).await.0, 404);
        let reason = Some(json!({"reason": "bored"}));
        assert_eq!(
            supervisor.json("POST", &format!("{card}/revoke"), reason).await.0,
            422
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_hears_at_once_how_far_a_run_is_and_when_it_is_over() {
    let office = Office::new(Kind::Sqlite, 5).await;
    let run = office.start().await;
    let admin = Caller::new(&office, Role::ProgramAdmin, "").await;
    let plain = admin.json("GET", &format!("/runs/{run}/live"), None).await;
    assert_eq!((plain.0, &plain.1["code"]), (426, &json!("upgrade-needed")));

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = admin.router.clone();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let mut request = format!("ws://{address}/runs/{run}/live")
        .into_client_request()
        .unwrap();
    let bearer = format!("Bearer {}", admin.token).parse().unwrap();
    request.headers_mut().insert(header::AUTHORIZATION, bearer);
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    let first: Value =
        serde_json::from_str(socket.next().await.unwrap().unwrap().to_text().unwrap()).unwrap();
    assert_eq!((&first["state"], &first["made"]), (&json!("planning"), &json!(0)));
    drain(&office.app, &office.kinds).await;
    let mut last = Value::Null;
    while let Some(Ok(message)) = socket.next().await {
        if message.is_text() {
            last = serde_json::from_str(message.to_text().unwrap()).unwrap();
        }
    }
    assert_eq!((&last["state"], &last["made"]), (&json!("ended"), &json!(5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_is_looked_at_before_any_is_made() {
    let office = Office::new(Kind::Sqlite, 1).await;
    let admin = Caller::new(&office, Role::ProgramAdmin, "").await;
    let row = sql::one(office.app.db.reader(), "SELECT number FROM identities", []).await;
    let number: String = row.unwrap().unwrap().try_get_by_index(0).unwrap();
    let path = format!("/campaigns/{}/preview", office.world.campaign);
    let nobody = admin.ask("GET", &path, None, &[]).await;
    assert_eq!(nobody.headers()[header::CONTENT_TYPE], "image/png");
    let nobody = bytes(nobody).await;
    let someone = bytes(
        admin
            .ask("GET", &format!("{path}?mpi_id={number}&side=front"), None, &[])
            .await,
    )
    .await;
    assert!(someone.starts_with(b"\x89PNG") && someone != nobody);
    let worker = Caller::new(&office, Role::HealthWorker, "").await;
    assert_eq!(worker.json("GET", &path, None).await.0, 403);
}
