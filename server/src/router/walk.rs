//! Walks over every route that the document describes, so that one that is added is walked without a word here.
//!
//! The values in the addresses are those of one organization's rows; the walker belongs to another, or to another area, or
//! to nobody.

use std::collections::BTreeSet;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, header};
use serde_json::{Value, json};
use teranga_core::card::key::Purpose;
use teranga_core::card::signing::SigningKey;
use teranga_core::ids::OsRandom;
use teranga_core::person::{Demographics, Place};
use tower::ServiceExt as _;

use super::{Metrics, document, router};
use crate::access::session_token::{self, Claims};
use crate::access::{Actor, Grant, Role, account, testing};
use crate::app::{App, testing as app_testing};
use crate::db::testing::{KINDS, Kind};
use crate::db::{DbError, sql};

/// What is open to anyone: health, signing in and out, looking at a card that one has in one's hand, and where phones show
/// a ticket or a signature instead. Whoever adds a line says why nobody has to sign in there.
const PUBLIC: &[&str] = &[
    "/healthz",
    "/readyz",
    "/auth/login",
    "/auth/refresh",
    "/auth/logout",
    "/c/{payload}",
    "/verify",
    "/mpi/verify/{token}",
    "/mpi/qr-config",
    // DHIS2 has no session; its nudge shows a secret of its own.
    "/dhis2/webhook",
    "/sync/v1/enroll",
    "/sync/v1/session",
];

/// A word in the names of everything that a stranger must not see.
const MARK: &str = "Zebulon";

/// The MPI id of the person who is not the walker's.
const NUMBER: &str = "SN-DKR-26-9XQ7LM2A";

struct Operation {
    method: String,
    path: String,
    is_public: bool,
    body: Option<Value>,
}

/// Every operation, with a body that its schema allows.
fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(document()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let media = &operation["requestBody"]["content"]["application/json"]["schema"];
            operations.push(Operation {
                method: method.to_uppercase(),
                path: path.clone(),
                is_public: operation["security"].as_array().is_none_or(Vec::is_empty),
                body: (!media.is_null()).then(|| sample(&document, media, 0)),
            });
        }
    }
    assert!(operations.len() > 10);
    operations
}

/// A value that a schema allows, as far as types, enumerations, examples and lengths say.
fn sample(document: &Value, schema: &Value, depth: usize) -> Value {
    if let Some(pointer) = schema["$ref"].as_str() {
        let found = document.pointer(pointer.trim_start_matches('#'));
        return found.map_or(Value::Null, |schema| sample(document, schema, depth + 1));
    }
    if depth > 8 {
        return Value::Null;
    }
    for known in [
        &schema["example"],
        &schema["default"],
        &schema["enum"][0],
        &schema["examples"][0],
    ] {
        if !known.is_null() {
            return known.clone();
        }
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        let choices = schema[choice].as_array().into_iter().flatten();
        if let Some(first) = choices.into_iter().find(|one| one["type"] != "null") {
            return sample(document, first, depth + 1);
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds
            .iter()
            .find(|kind| *kind != "null")
            .cloned()
            .unwrap_or_default(),
        kind => kind.clone(),
    };
    match kind.as_str() {
        Some("object") => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            fields
                .map(|(name, field)| (name.clone(), sample(document, field, depth + 1)))
                .collect()
        }
        Some("array") => json!([sample(document, &schema["items"], depth + 1)]),
        Some("integer" | "number") => schema["minimum"].as_i64().unwrap_or(1).into(),
        Some("boolean") => true.into(),
        _ => "a"
            .repeat(schema["minLength"].as_u64().unwrap_or(3).max(3) as usize)
            .into(),
    }
}

/// The addresses of an operation for rows that are not the walker's.
fn addresses(path: &str) -> Vec<String> {
    if !path.contains('{') {
        return vec![path.to_owned()];
    }
    let values = ["1", "2", NUMBER];
    values
        .iter()
        .map(|value| {
            let parts: Vec<&str> = path
                .split('/')
                .map(|part| if part.starts_with('{') { *value } else { part })
                .collect();
            parts.join("/")
        })
        .collect()
}

async fn ask(router: &Router, operation: &Operation, address: &str, token: Option<&str>) -> (u16, String) {
    let mut request = Request::builder().method(operation.method.as_str()).uri(address);
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let body = operation
        .body
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let request = request
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body));
    let mut request = request.unwrap();
    let peer = std::net::SocketAddr::from(([203, 0, 113, 9], 1));
    request.extensions_mut().insert(axum::extract::ConnectInfo(peer));
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 24).await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

/// An organization with a user, a token and a person in Dakar, all of whom carry the mark.
async fn inhabited(app: &App) -> i64 {
    let organisation = testing::organisation(app, "one").await;
    let console = Actor::console(organisation, 0);
    let dakar: Grant = serde_json::from_value(json!({"role": "supervisor", "area": "SN/DKR"})).unwrap();
    let about = ("zebulon".to_owned(), MARK.to_owned(), vec![dakar]);
    account::create(&app.db, &app.heavy, &console, about)
        .await
        .unwrap();
    testing::token(app, organisation, Role::Reviewer, "SN/DKR").await;
    let person = Demographics {
        given: MARK.into(),
        family: MARK.into(),
        place: Place {
            country: "SN".into(),
            region: "DKR".into(),
            ..Place::default()
        },
        ..Demographics::default()
    };
    let person = serde_json::to_string(&person).unwrap();
    let write = app.db.write(move |tx| {
        Box::pin(async move {
            const IDENTITY: &str = "INSERT INTO identities (organisation, root, number, person, country, region, source, \
                 created, changed) VALUES ($1, 1, $2, $3, 'SN', 'DKR', 'api', 0, 0) RETURNING id";
            const GIVEN: &str = "INSERT INTO numbers (code, number, organisation, identity, state, at) \
                 VALUES ('9XQ7LM2A', $1, $2, $3, 0, 0)";
            let id = sql::number(tx, IDENTITY, [organisation.into(), NUMBER.into(), person.into()]).await?;
            sql::run(tx, GIVEN, [NUMBER.into(), organisation.into(), id.into()]).await?;
            Ok::<_, DbError>(())
        })
    });
    write.await.unwrap();
    organisation
}

/// Every row of an organization, from every table that has its column.
async fn rows_of(app: &App, organisation: i64) -> BTreeSet<String> {
    const FILE: &str = "SELECT m.name, 'SELECT ' || (SELECT group_concat('quote(\"' || p.name || '\")', ' || ''|'' || ') \
         FROM pragma_table_info(m.name) p) FROM sqlite_master m WHERE m.type = 'table' \
         AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) p WHERE p.name = 'organisation')";
    const SERVER: &str = "SELECT table_name::text, 'SELECT row_to_json(t)::text' FROM information_schema.columns \
         WHERE column_name = 'organisation' AND table_schema = 'public'";
    let tables = match app.db.backend() {
        sea_orm::DbBackend::Postgres => SERVER,
        _ => FILE,
    };
    let mut rows = BTreeSet::new();
    for table in sql::all(app.db.reader(), tables, []).await.unwrap() {
        let (name, select): (String, String) = (
            table.try_get_by_index(0).unwrap(),
            table.try_get_by_index(1).unwrap(),
        );
        let text = format!("{select} FROM {name} t WHERE organisation = $1");
        for row in sql::all(app.db.reader(), &text, [organisation.into()])
            .await
            .unwrap()
        {
            rows.insert(format!("{name}: {}", row.try_get_by_index::<String>(0).unwrap()));
        }
    }
    assert!(rows.len() >= 4, "{rows:?}");
    rows
}

#[tokio::test]
async fn no_route_is_open_but_those_that_are_named() {
    let open: BTreeSet<String> = operations()
        .into_iter()
        .filter(|one| one.is_public)
        .map(|one| one.path)
        .collect();
    let named: BTreeSet<String> = PUBLIC.iter().map(|path| (*path).to_owned()).collect();
    assert_eq!(open, named);
}

#[tokio::test]
async fn every_other_route_refuses_who_has_no_token_a_forged_or_an_old_one() {
    let (app, _test) = app_testing::app(Kind::Sqlite).await;
    let organisation = inhabited(&app).await;
    let router = router(app.clone(), Metrics::default());
    let now = app.clock.now().as_second();
    let stranger = SigningKey::generate(Purpose::Session, &mut OsRandom).unwrap();
    let forged = session_token::sign(&stranger, &Claims::new(1, 1, 1, now)).unwrap();
    let expired = session_token::sign(&app.session, &Claims::new(1, 1, 1, now - 10_000)).unwrap();
    let without_session = session_token::sign(&app.session, &Claims::new(1, 77, 1, now)).unwrap();
    let revoked = testing::token(&app, organisation, Role::PlatformAdmin, "").await;
    let write = app.db.write(|tx| {
        Box::pin(async move {
            sql::run(
                tx,
                "UPDATE api_tokens SET revoked = 1 WHERE role = 'platform-admin'",
                [],
            )
            .await
        })
    });
    let _: Result<u64, DbError> = write.await;
    let unsigned = format!("{}.", forged.rsplit_once('.').unwrap().0);
    let tokens = [&forged, &expired, &without_session, &revoked, &unsigned].map(String::as_str);
    for operation in operations().iter().filter(|one| !one.is_public) {
        for address in addresses(&operation.path) {
            let none = [None].into_iter();
            for token in none.chain(tokens.iter().copied().chain(["teranga_x", "x", ""]).map(Some)) {
                let (status, body) = ask(&router, operation, &address, token).await;
                assert_eq!(status, 401, "{} {address} {token:?}: {body}", operation.method);
                assert!(!body.contains(MARK));
            }
        }
    }
}

#[tokio::test]
async fn another_organization_sees_and_changes_nothing_by_any_route() {
    for kind in KINDS {
        let (app, _test) = app_testing::app(kind).await;
        let one = inhabited(&app).await;
        let two = testing::organisation(&app, "two").await;
        let router = router(app.clone(), Metrics::default());
        let before = rows_of(&app, one).await;
        for role in Role::ALL {
            let token = testing::token(&app, two, role, "").await;
            for operation in operations() {
                for address in addresses(&operation.path) {
                    let (status, body) = ask(&router, &operation, &address, Some(&token)).await;
                    let what = format!("{kind:?} {role}: {} {address}: {status} {body}", operation.method);
                    assert!(!body.contains(MARK), "{what}");
                    assert!(status < 500, "{what}");
                }
            }
        }
        let after = rows_of(&app, one).await;
        assert_eq!(
            before.symmetric_difference(&after).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn another_area_sees_nothing_by_any_route() {
    for kind in KINDS {
        let (app, _test) = app_testing::app(kind).await;
        let one = inhabited(&app).await;
        let router = router(app.clone(), Metrics::default());
        for role in Role::ALL {
            let token = testing::token(&app, one, role, "SN/THS").await;
            for operation in operations() {
                for address in addresses(&operation.path) {
                    let (status, body) = ask(&router, &operation, &address, Some(&token)).await;
                    let what = format!("{kind:?} {role}: {} {address}: {status} {body}", operation.method);
                    assert!(!body.contains(MARK), "{what}");
                    assert!(status < 500, "{what}");
                }
            }
        }
    }
}
