//! Users, roles and tokens of integrations.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::super::{Actor, Area, Role, account, testing};
use super::{grant, served, text};
use crate::db::testing::{KINDS, Kind};

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
