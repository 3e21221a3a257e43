//! The routes, from connecting to a card, against a replayed server.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::replay::{Replay, Rows, World};
use super::super::testing::packed;
use super::super::{Due, Sync};
use super::routes;
use crate::access::Role;
use crate::db::sql;
use crate::db::testing::{KINDS, Kind};
use crate::mpi::testing::{Served, served};
use crate::queue::{Kinds, testing};

const PTME: &str = "EH7ybI0rbXs";
const CANARY: &str = "Kanarienvogel";

/// A replayed server whose sensitive values would be found anywhere.
async fn replay() -> Replay {
    let mut world = World::recorded(&packed("2.41.5.1"), 0).unwrap();
    for rows in world.people.values_mut() {
        let Rows::Kept(rows) = rows else { unreachable!() };
        for one in rows
            .iter_mut()
            .flat_map(|person| person.row["attributes"].as_array_mut().into_iter().flatten())
        {
            let code = one["code"].as_str().unwrap();
            if ["VIH", "TUB", "SYP", "SOC", "BIO"]
                .iter()
                .any(|part| code.contains(part))
            {
                one["value"] = CANARY.into();
            }
        }
    }
    Replay::start(world).await.unwrap()
}

fn basic(replay: &Replay) -> Value {
    json!({"url": replay.url(), "username": "sync", "password": "Sync-0nly-Read", "own_network": true, "pause_ms": 0})
}

async fn connected(server: &Served, replay: &Replay) -> String {
    let admin = server.token(Role::PlatformAdmin, "").await;
    let (status, body) = server
        .say(&admin, ("POST", "/dhis2/test-connection"), basic(replay))
        .await;
    assert_eq!(status, 200, "{body}");
    assert_eq!(body["status"], "connected");
    assert_eq!(
        (
            body["dhis2_version"].as_str(),
            body["programmes_available"].as_u64()
        ),
        (Some("2.41.5.1"), Some(2))
    );
    admin
}

/// Maps the program with what is suggested and one attribute that is only kept.
async fn mapped(server: &Served, token: &str) {
    let ask = ("GET", "/dhis2/mapping-suggestions?programme_uid=EH7ybI0rbXs");
    let (status, mut form) = server.say(token, ask, Value::Null).await;
    assert_eq!(status, 200, "{form}");
    let fields: Vec<&str> = form["mappings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["card_field"].as_str().unwrap())
        .collect();
    for field in [
        "first_name",
        "last_name",
        "date_of_birth",
        "sex",
        "phone",
        "commune",
        "village",
        "mother_name",
        "external_id",
    ] {
        assert!(fields.contains(&field), "{field} in {fields:?}");
    }
    let kept = json!({"dhis2_attribute_code": "MMD_VIH_STA", "card_field": "kept"});
    form["mappings"].as_array_mut().unwrap().push(kept);
    let (status, body) = server.say(token, ("POST", "/dhis2/assign-codes"), form).await;
    assert_eq!(status, 200, "{body}");
}

async fn work(server: &Served) {
    testing::drain(
        &server.app,
        &Arc::new(Kinds::default().with::<Sync>().with::<Due>()),
    )
    .await;
}

#[tokio::test]
async fn from_a_connection_to_a_card_nothing_sensitive_leaves() {
    for kind in KINDS {
        let replay = replay().await;
        let server = served(kind, routes()).await;
        let token = connected(&server, &replay).await;
        mapped(&server, &token).await;
        let run = ("POST", "/dhis2/run-now");
        let (status, body) = server.say(&token, run, json!({"programme_uid": PTME})).await;
        assert_eq!(status, 202, "{body}");
        work(&server).await;
        let mut said = Vec::new();
        for path in [
            "/dhis2/programmes",
            "/dhis2/status",
            "/dhis2/syncs?programme_uid=EH7ybI0rbXs",
            "/dhis2/enrollments?programme_uid=EH7ybI0rbXs&limit=1000",
        ] {
            let (status, body) = server.say(&token, ("GET", path), Value::Null).await;
            assert_eq!(status, 200, "{path}: {body}");
            assert!(!body.to_string().contains(CANARY), "{path}");
            assert!(!body.to_string().contains("Sync-0nly-Read"), "{path}");
            said.push(body);
        }
        assert_eq!(
            (said[2][0]["state"].as_str(), said[2][0]["people"].as_i64()),
            (Some("done"), Some(260))
        );
        let ptme = said[0]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["uid"] == PTME)
            .unwrap();
        assert!(ptme["sensitive"].as_str().unwrap().starts_with("hiv"));
        let enrollments = said[3].as_array().unwrap();
        assert_eq!(enrollments.len(), 270);
        let enrollment = enrollments[0]["enrollment"].as_str().unwrap();
        let path = format!("/dhis2/preview-card-png?enrollment_id={enrollment}&template=emerald");
        let (status, headers, _) = server.ask(&token, ("GET", &path), &[], Value::Null).await;
        assert_eq!(
            (status, headers["content-type"].to_str().unwrap()),
            (200, "image/png")
        );
        let shown = super::super::card::shown(&server.app, server.organisation, enrollment)
            .await
            .unwrap();
        assert!(
            !shown
                .data
                .attributes
                .iter()
                .any(|(_, value)| value.contains(CANARY))
        );
        assert!(!shown.data.attributes.is_empty());
        // What being in the program says is in no public name.
        let names = sql::all(server.app.db.reader(), "SELECT public_name FROM programmes", [])
            .await
            .unwrap();
        let name: String = names[0].try_get_by_index(0).unwrap();
        assert!(!name.contains("PTME"), "{name}");
        let (status, _) = server
            .say(
                &token,
                ("GET", "/dhis2/preview-card-png?enrollment_id=AAAAAAAAAAA"),
                Value::Null,
            )
            .await;
        assert_eq!(status, 404);
    }
}

#[tokio::test]
async fn a_wrong_entry_is_said_at_its_field_and_only_an_administrator_names_private_servers() {
    let replay = replay().await;
    let server = served(Kind::Sqlite, routes()).await;
    let admin = server.token(Role::PlatformAdmin, "").await;
    let test = ("POST", "/dhis2/test-connection");
    let with = |name: &str, value: Value| {
        let mut form = basic(&replay);
        form[name] = value;
        form
    };
    for (form, pointer) in [
        (with("password", json!("wrong")), "/password"),
        (with("url", json!("http://127.0.0.1:1")), "/url"),
        (with("url", json!("ftp://x")), "/url"),
        (with("own_network", json!(false)), "/url"),
        (with("token", json!("d2p_x")), "/username"),
        (with("page_size", json!(5)), "/page_size"),
    ] {
        let (status, body) = server.say(&admin, test, form).await;
        assert_eq!(
            (status, body["errors"][0]["pointer"].as_str()),
            (422, Some(pointer)),
            "{body}"
        );
        assert!(!body.to_string().contains("wrong\""));
    }
    let program_admin = server.token(Role::ProgramAdmin, "").await;
    assert_eq!(server.say(&program_admin, test, basic(&replay)).await.0, 403);
    let agent = server.token(Role::EnrollmentAgent, "").await;
    assert_eq!(
        server.say(&agent, ("GET", "/dhis2/status"), Value::Null).await.0,
        403
    );
    assert_eq!(
        server
            .say(&admin, ("GET", "/dhis2/programmes"), Value::Null)
            .await
            .0,
        409
    );
}

#[tokio::test]
async fn the_clock_and_the_webhook_enqueue_a_sync_and_one_waits_at_most() {
    let replay = replay().await;
    let server = served(Kind::Sqlite, routes()).await;
    let token = connected(&server, &replay).await;
    mapped(&server, &token).await;
    let schedule =
        |minutes: i32| json!({"programme_uid": PTME, "interval_minutes": minutes, "enabled": true});
    assert_eq!(
        server
            .say(&token, ("POST", "/dhis2/sync-schedule"), schedule(20))
            .await
            .0,
        422
    );
    let (status, body) = server
        .say(&token, ("POST", "/dhis2/sync-schedule"), schedule(15))
        .await;
    assert_eq!((status, body["interval_minutes"].as_i64()), (200, Some(15)));
    let (status, made) = server
        .say(&token, ("POST", "/dhis2/webhook-secret"), Value::Null)
        .await;
    assert_eq!(status, 201);
    let nudge = async |secret: &str| {
        let headers = [("x-webhook-secret", secret)];
        server
            .ask("x", ("POST", "/dhis2/webhook"), &headers, Value::Null)
            .await
            .0
    };
    assert_eq!(nudge("wrong").await, 401);
    assert_eq!(nudge(made["secret"].as_str().unwrap()).await, 202);
    assert_eq!(nudge(made["secret"].as_str().unwrap()).await, 202);
    let waiting = "SELECT count(*) FROM jobs WHERE kind = 'dhis2.sync' AND state = 0";
    assert_eq!(sql::number(server.app.db.reader(), waiting, []).await.unwrap(), 1);
    work(&server).await;
    let due = sql::number(server.app.db.reader(), "SELECT due FROM dhis2_programmes", [])
        .await
        .unwrap();
    assert!(
        due >= server.app.clock.millis() + 14 * 60_000,
        "the next is in a quarter of an hour"
    );
}

#[tokio::test]
async fn a_word_that_is_added_keeps_what_it_finds() {
    let replay = replay().await;
    let server = served(Kind::Sqlite, routes()).await;
    let token = connected(&server, &replay).await;
    mapped(&server, &token).await;
    let word = json!({"category": "financial", "pattern": "nom de la mere"});
    assert_eq!(
        server
            .say(&token, ("POST", "/dhis2/guard-words"), word.clone())
            .await
            .0,
        201
    );
    assert_eq!(
        server.say(&token, ("POST", "/dhis2/guard-words"), word).await.0,
        409
    );
    assert_eq!(
        server
            .say(
                &token,
                ("POST", "/dhis2/guard-words"),
                json!({"category": "hiv", "pattern": "*"})
            )
            .await
            .0,
        422
    );
    let (_, words) = server
        .say(&token, ("GET", "/dhis2/guard-words"), Value::Null)
        .await;
    assert_eq!(words.as_array().unwrap().len(), 1);
    assert_eq!(
        server
            .say(&token, ("DELETE", "/dhis2/guard-words"), Value::Null)
            .await
            .0,
        405
    );
    let (_, programs) = server
        .say(&token, ("GET", "/dhis2/programmes"), Value::Null)
        .await;
    let ptme = programs
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["uid"] == PTME)
        .unwrap();
    let mother = ptme["attributes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["code"] == "MMD_PER_MOT")
        .unwrap();
    assert_eq!(mother["card_field"], "kept");
    assert!(mother["sensitive"].as_str().unwrap().starts_with("financial"));
}

#[tokio::test]
async fn cards_of_enrollments_are_made_once() {
    let replay = replay().await;
    let server = served(Kind::Sqlite, routes()).await;
    let token = connected(&server, &replay).await;
    mapped(&server, &token).await;
    server
        .say(&token, ("POST", "/dhis2/run-now"), json!({"programme_uid": PTME}))
        .await;
    work(&server).await;
    let form = |from: &str| {
        json!({"programme_uid": PTME, "template": "emerald", "dpi": 300, "include_mpi_id": true,
            "enrollment_filter": {"enrollment_date_from": from, "org_unit": "AVXNVokrn4X"}})
    };
    let generate = ("POST", "/dhis2/generate-cards");
    let (status, body) = server.say(&token, generate, form("2099-01-01")).await;
    assert_eq!(status, 409, "{body}");
    let (status, body) = server.say(&token, generate, form("2000-01-01")).await;
    assert_eq!(status, 202, "{body}");
    // Those of the region of Dakar and below, each person once.
    let people = sql::number(server.app.db.reader(), "SELECT count(*) FROM beneficiaries", [])
        .await
        .unwrap();
    let text = "SELECT count(DISTINCT i.root) FROM dhis2_enrollments d JOIN enrollments e ON e.reference = d.enrollment \
         JOIN identities i ON i.id = e.identity WHERE i.region = 'DKR' AND d.gone = 0 AND e.ended IS NULL";
    let expected = sql::number(server.app.db.reader(), text, []).await.unwrap();
    assert!(people > 20 && people == expected, "{people} of {expected}");
    let plan = Kinds::default().with::<crate::campaign::Plan>();
    assert_eq!(testing::drain(&server.app, &Arc::new(plan)).await, 1);
    let (status, _) = server.say(&token, generate, form("2000-01-01")).await;
    assert_eq!(status, 409, "everyone is in a run");
    let names = sql::all(server.app.db.reader(), "SELECT name FROM campaigns", [])
        .await
        .unwrap();
    let name: String = names[0].try_get_by_index(0).unwrap();
    assert!(!name.contains("PTME"), "{name}");
}
