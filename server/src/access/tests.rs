//! Sign-in, users and tokens as a program meets them, on both databases.

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::testing;
use super::{Actor, Area, Grant, Role, account, totp};
use crate::app::{App, Clock};
use crate::config::Limits;
use crate::db::testing::{KINDS, Kind, TestDb};

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

#[tokio::test]
async fn the_first_administrator_chooses_a_password_and_a_second_factor_before_anything_else() {
    for kind in KINDS {
        let served = served(kind).await;
        let (status, tokens) = served.login(" Admin ", &served.password).await;
        assert_eq!((status, text(&tokens, "token_type")), (200, "Bearer"), "{kind:?}");
        let first = text(&tokens, "access_token").to_owned();
        assert_eq!(
            served.get("/users", &first).await.1["code"],
            "password-change-needed"
        );
        let (_, me) = served.get("/auth/me", &first).await;
        assert_eq!(
            (&me["must_change_password"], &me["needs_second_factor"]),
            (&json!(true), &json!(true))
        );
        let change = |new: &str| json!({"current": served.password, "new": new});
        assert_eq!(
            served.post("/auth/password", &first, change("short")).await.1["code"],
            "weak-password"
        );
        let same = change(&served.password);
        assert_eq!(
            served.post("/auth/password", &first, same).await.1["code"],
            "weak-password"
        );
        let (_, own) = served.post("/auth/password", &first, change(OWN)).await;
        assert_eq!(
            served.get("/auth/me", &first).await.1["code"],
            "session-ended",
            "a token of an earlier version"
        );
        let token = text(&own, "access_token").to_owned();
        assert_eq!(
            served.get("/users", &token).await.1["code"],
            "second-factor-needed"
        );
        let (_, begun) = served.post("/auth/totp", &token, json!({"password": OWN})).await;
        assert_eq!(
            served.get("/users", &token).await.0,
            403,
            "it counts once it was confirmed"
        );
        let wrong = served
            .post("/auth/totp/confirm", &token, json!({"code": "000000"}))
            .await;
        assert_eq!(wrong.0, 422);
        let code = served.code(text(&begun, "secret"));
        let (_, codes) = served
            .post("/auth/totp/confirm", &token, json!({"code": code}))
            .await;
        assert_eq!(codes["recovery_codes"].as_array().map(Vec::len), Some(10));
        assert_eq!(served.get("/users", &token).await.0, 200);
        assert_eq!(
            served
                .post("/auth/totp", &token, json!({"password": OWN}))
                .await
                .0,
            409
        );
    }
}

#[tokio::test]
async fn a_code_counts_once_and_a_recovery_code_too() {
    for kind in KINDS {
        let served = served(kind).await;
        let (token, secret) = served.admin().await;
        let with = |code: &str| json!({"login": "admin", "password": OWN, "code": code});
        assert_eq!(
            served.login("admin", OWN).await.1["code"],
            "code-needed",
            "{kind:?}"
        );
        let replayed = served.post("/auth/login", "", with(&served.code(&secret))).await;
        assert_eq!(
            replayed.1["code"], "wrong-credentials",
            "the code that confirmed the factor"
        );
        served.pass(30);
        let code = served.code(&secret);
        assert_eq!(served.post("/auth/login", "", with(&code)).await.0, 200);
        assert_eq!(
            served.post("/auth/login", "", with(&code)).await.1["code"],
            "wrong-credentials"
        );
        served.pass(30);
        let renew = json!({"code": served.code(&secret)});
        let (_, codes) = served.post("/auth/totp/recovery-codes", &token, renew).await;
        let recovery = codes["recovery_codes"][3].as_str().unwrap();
        let typed = recovery.to_uppercase().replace('-', " ");
        assert_eq!(served.post("/auth/login", "", with(&typed)).await.0, 200);
        assert_eq!(
            served.post("/auth/login", "", with(recovery)).await.1["code"],
            "wrong-credentials"
        );
        served.pass(30);
        let removal = json!({"code": served.code(&secret)});
        assert_eq!(served.ask("DELETE", "/auth/totp", &token, removal).await.0, 204);
        assert_eq!(
            served.get("/users", &token).await.1["code"],
            "second-factor-needed"
        );
        assert_eq!(served.login("admin", OWN).await.0, 200);
    }
}

#[tokio::test]
async fn a_refresh_token_works_once_and_shown_twice_ends_the_session() {
    for kind in KINDS {
        let served = served(kind).await;
        let (_, first) = served.login("admin", &served.password).await;
        let refresh = |value: &Value| json!({"refresh_token": value["refresh_token"]});
        served.pass(601);
        assert_eq!(
            served.get("/auth/me", text(&first, "access_token")).await.1["code"],
            "session-ended"
        );
        let (status, second) = served.post("/auth/refresh", "", refresh(&first)).await;
        assert_eq!(status, 200, "{kind:?} {second}");
        assert_eq!(served.get("/auth/me", text(&second, "access_token")).await.0, 200);
        assert_eq!(
            served.post("/auth/refresh", "", refresh(&first)).await.1["code"],
            "session-ended"
        );
        assert_eq!(
            served.get("/auth/me", text(&second, "access_token")).await.0,
            401,
            "the thief's and the owner's"
        );
        assert_eq!(served.post("/auth/refresh", "", refresh(&second)).await.0, 401);
        assert!(served.audited().await.contains(&"session.reuse".to_owned()));
        let unknown = json!({"refresh_token": "refresh_unknown"});
        assert_eq!(served.post("/auth/refresh", "", unknown).await.0, 401);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_show_one_refresh_token_at_once_at_most_one_goes_on() {
    for kind in KINDS {
        let served = served(kind).await;
        let (_, first) = served.login("admin", &served.password).await;
        let form = json!({"refresh_token": first["refresh_token"]});
        let (one, two) = tokio::join!(
            served.post("/auth/refresh", "", form.clone()),
            served.post("/auth/refresh", "", form.clone())
        );
        let good = [one.0, two.0].iter().filter(|status| **status == 200).count();
        assert_eq!(good, 1, "{kind:?} {one:?} {two:?}");
    }
}

#[tokio::test]
async fn sessions_end_by_signing_out_by_time_and_by_a_change_of_password() {
    for kind in KINDS {
        let served = served(kind).await;
        let (_, out) = served.login("admin", &served.password).await;
        let form = json!({"refresh_token": out["refresh_token"]});
        assert_eq!(served.post("/auth/logout", "", form.clone()).await.0, 204);
        assert_eq!(
            served.post("/auth/logout", "", form.clone()).await.0,
            204,
            "again"
        );
        assert_eq!(
            served.get("/auth/me", text(&out, "access_token")).await.0,
            401,
            "{kind:?}"
        );
        assert_eq!(served.post("/auth/refresh", "", form).await.0, 401);
        let (_, idle) = served.login("admin", &served.password).await;
        let (_, other) = served.login("admin", &served.password).await;
        let change = json!({"current": served.password, "new": OWN});
        let wrong = json!({"current": "something else", "new": OWN});
        let token = text(&other, "access_token").to_owned();
        assert_eq!(
            served.post("/auth/password", &token, wrong).await.1["code"],
            "wrong-credentials"
        );
        assert_eq!(served.post("/auth/password", &token, change).await.0, 200);
        let form = json!({"refresh_token": idle["refresh_token"]});
        assert_eq!(
            served.post("/auth/refresh", "", form).await.0,
            401,
            "a session from before the change"
        );
        let (_, late) = served.login("admin", OWN).await;
        served.pass(12 * 3600);
        let form = json!({"refresh_token": late["refresh_token"]});
        assert_eq!(
            served.post("/auth/refresh", "", form).await.0,
            401,
            "after twelve quiet hours"
        );
    }
}

#[tokio::test]
async fn nobody_learns_whether_there_is_an_account() {
    for kind in KINDS {
        let served = served(kind).await;
        let unknown = served.login("nobody", "some long password").await;
        let wrong = served.login("admin", "some long password").await;
        assert_eq!(unknown, wrong, "{kind:?}");
        assert_eq!(unknown.0, 401);
        assert_eq!(
            served.audited().await,
            ["user.create", "session.refuse", "session.refuse"]
        );
    }
}

#[tokio::test]
async fn an_account_is_closed_after_a_hundred_wrong_passwords_and_opened_by_a_new_one() {
    let served = served(Kind::Sqlite).await;
    let write = served.app.db.write(|tx| {
        Box::pin(async move { crate::db::sql::run(tx, "UPDATE users SET failures = 99", []).await })
    });
    let _: Result<u64, crate::db::DbError> = write.await;
    assert_eq!(served.login("admin", "wrong").await.0, 401);
    assert_eq!(
        served.login("admin", &served.password).await.1["code"],
        "wrong-credentials",
        "as if it were wrong"
    );
    let console = Actor::console(served.organisation, served.app.clock.millis());
    let user = account::managed(&served.app.db, &console, 1).await.unwrap();
    let password = account::reset_password(&served.app.db, &served.app.heavy, &console, &user)
        .await
        .unwrap();
    assert_eq!(served.login("admin", password.reveal()).await.0, 200);
}

#[tokio::test]
async fn tries_are_counted_by_address_and_by_account_whether_there_is_one_or_not() {
    let by_account = Limits {
        account_rate: 3,
        ..crate::app::testing::limits()
    };
    let served_by_account = served_with(Kind::Sqlite, by_account).await;
    for login in ["admin", "nobody"] {
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(served_by_account.login(login, "wrong").await.0);
        }
        assert_eq!(statuses, [401, 401, 401, 429], "{login}");
    }
    let by_address = Limits {
        sign_in_rate: 2,
        ..crate::app::testing::limits()
    };
    let served = served_with(Kind::Sqlite, by_address).await;
    let statuses = [
        served.login("a-a", "wrong").await.0,
        served.login("b-b", "wrong").await.0,
        served.login("c-c", "wrong").await.0,
    ];
    assert_eq!(statuses, [401, 401, 429]);
}

#[tokio::test]
async fn users_are_made_changed_and_shut_out() {
    for kind in KINDS {
        let served = served(kind).await;
        let (admin, _) = served.admin().await;
        let form = json!({"login": "Awa", "name": "Awa Ndiaye", "grants": [{"role": "enrollment-agent", "area": "SN/DKR"}]});
        let (status, made) = served.post("/users", &admin, form.clone()).await;
        assert_eq!(status, 201, "{made}");
        assert_eq!(served.post("/users", &admin, form).await.0, 409, "{kind:?}");
        let id = made["user"]["id"].as_i64().unwrap();
        let (_, session) = served.login("awa", text(&made, "password")).await;
        let token = text(&session, "access_token").to_owned();
        assert_eq!(served.get("/users", &token).await.0, 403);
        let (_, page) = served.get("/users?limit=1", &admin).await;
        assert_eq!(
            (page["users"].as_array().unwrap().len(), page["next"].as_i64()),
            (1, Some(1))
        );
        let path = format!("/users/{id}");
        let change = json!({"name": "Awa N.", "grants": [{"role": "supervisor", "area": "SN"}]});
        let (_, changed) = served.ask("PATCH", &path, &admin, change).await;
        assert_eq!(
            (&changed["name"], &changed["grants"][0]["role"]),
            (&json!("Awa N."), &json!("supervisor"))
        );
        assert_eq!(
            served
                .ask("PATCH", &path, &admin, json!({"active": false}))
                .await
                .0,
            200
        );
        assert_eq!(served.get("/auth/me", &token).await.0, 401, "at once");
        assert_eq!(served.login("awa", text(&made, "password")).await.0, 401);
        assert_eq!(
            served
                .ask("PATCH", &path, &admin, json!({"active": true}))
                .await
                .0,
            200
        );
        let (_, reset) = served
            .post(&format!("{path}/reset-password"), &admin, Value::Null)
            .await;
        assert_eq!(served.login("awa", text(&reset, "password")).await.0, 200);
        assert_eq!(
            served
                .post(&format!("{path}/reset-totp"), &admin, Value::Null)
                .await
                .0,
            204
        );
        let own = json!({"active": false});
        assert_eq!(
            served.ask("PATCH", "/users/1", &admin, own).await.0,
            409,
            "one's own state"
        );
        assert_eq!(served.get("/users/999", &admin).await.0, 404);
    }
}

#[tokio::test]
async fn the_last_administrator_stays_one() {
    for kind in KINDS {
        let served = served(kind).await;
        let console = Actor::console(served.organisation, 0);
        let admin = account::managed(&served.app.db, &console, 1).await.unwrap();
        let less = account::Change {
            grants: Some(vec![grant(Role::Reviewer, "")]),
            ..Default::default()
        };
        for change in [
            less,
            account::Change {
                active: Some(false),
                ..Default::default()
            },
        ] {
            let refused = account::change(&served.app.db, &console, &admin, change)
                .await
                .unwrap_err();
            assert_eq!(refused.kind.status(), StatusCode::CONFLICT, "{kind:?}");
        }
        assert_eq!(
            served.login("admin", &served.password).await.0,
            200,
            "nothing was changed"
        );
    }
}

#[tokio::test]
async fn managers_of_an_area_see_and_make_users_of_it_alone() {
    for kind in KINDS {
        let served = served(kind).await;
        let console = Actor::console(served.organisation, 0);
        for (login, role, area) in [
            ("dakar", Role::EnrollmentAgent, "SN/DKR"),
            ("pikine", Role::HealthWorker, "SN/DKR/Pikine"),
            ("dkrx", Role::HealthWorker, "SN/DKRX"),
            ("country", Role::EnrollmentAgent, "SN"),
            ("boss", Role::PlatformAdmin, "SN/DKR"),
        ] {
            let about = (login.to_owned(), login.to_owned(), vec![grant(role, area)]);
            account::create(&served.app.db, &served.app.heavy, &console, about)
                .await
                .unwrap();
        }
        let token = testing::token(&served.app, served.organisation, Role::ProgramAdmin, "SN/DKR").await;
        let (_, page) = served.get("/users", &token).await;
        let logins: Vec<&str> = page["users"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| text(user, "login"))
            .collect();
        assert_eq!(logins, ["dakar", "pikine", "boss"], "{kind:?}");
        let make = |role: &str, area: &str| json!({"login": "new", "name": "New", "grants": [{"role": role, "area": area}]});
        assert_eq!(served.post("/users", &token, make("reviewer", "SN")).await.0, 404);
        assert_eq!(
            served
                .post("/users", &token, make("platform-admin", "SN/DKR"))
                .await
                .0,
            403
        );
        assert_eq!(served.get("/users/5", &token).await.0, 404, "of the country");
        assert_eq!(served.get("/users/6", &token).await.0, 403, "mightier");
        assert_eq!(
            served
                .post("/users", &token, make("reviewer", "SN/DKR/Pikine"))
                .await
                .0,
            201
        );
    }
}

#[tokio::test]
async fn a_token_is_shown_once_works_and_is_revoked() {
    for kind in KINDS {
        let served = served(kind).await;
        let admin = testing::token(&served.app, served.organisation, Role::PlatformAdmin, "").await;
        let form = json!({"name": "dhis2", "role": "program-admin", "area": "SN", "days": 1});
        let (status, made) = served.post("/tokens", &admin, form).await;
        assert_eq!(status, 201, "{made}");
        let token = text(&made, "token").to_owned();
        assert_eq!(
            served.get("/auth/me", &token).await.1["grants"][0]["area"],
            "SN",
            "{kind:?}"
        );
        let (_, list) = served.get("/tokens", &admin).await;
        assert!(!list.to_string().contains(&token) && list["tokens"][1]["last_used"].is_i64());
        assert_eq!(
            served
                .post("/auth/password", &token, json!({"current": "a", "new": "b"}))
                .await
                .0,
            403
        );
        served.pass(86_400);
        assert_eq!(served.get("/auth/me", &token).await.0, 401, "after its day");
        let (_, made) = served
            .post("/tokens", &admin, json!({"name": "b", "role": "auditor"}))
            .await;
        let path = format!("/tokens/{}", made["id"]);
        assert_eq!(served.ask("DELETE", &path, &admin, Value::Null).await.0, 204);
        assert_eq!(served.get("/auth/me", text(&made, "token")).await.0, 401);
        let other = testing::organisation(&served.app, "two").await;
        let stranger = testing::token(&served.app, other, Role::PlatformAdmin, "").await;
        assert_eq!(served.ask("DELETE", &path, &stranger, Value::Null).await.0, 404);
        assert_eq!(served.get("/users/1", &stranger).await.0, 404);
        assert_eq!(
            served.get("/tokens", &stranger).await.1["tokens"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
    }
}

#[tokio::test]
async fn a_damaged_or_doubled_authorization_is_refused() {
    let served = served(Kind::Sqlite).await;
    let token = testing::token(&served.app, served.organisation, Role::PlatformAdmin, "").await;
    let basic = Request::get("/auth/me").header(header::AUTHORIZATION, format!("Basic {token}"));
    let doubled = Request::get("/auth/me")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::AUTHORIZATION, format!("Bearer {token}"));
    let bytes = Request::get("/auth/me").header(header::AUTHORIZATION, &b"Bearer \xff\xfe"[..]);
    for request in [basic, doubled, bytes] {
        let response = served
            .router
            .clone()
            .oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(response.status(), 401);
    }
    assert_eq!(served.get("/auth/me", &token).await.0, 200);
    assert_eq!(Area::whole().as_str(), "");
}
