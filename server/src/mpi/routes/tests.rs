//! The index as a program meets it, on both databases.

use serde_json::{Value, json};

use crate::access::Role;
use crate::db::sql;
use crate::db::testing::{KINDS, Kind};
use crate::mpi::testing::{Served, served};

fn awa() -> Value {
    json!({ "first_name": "Awa", "last_name": "Sonko", "date_of_birth": "1990-05-03", "sex": "female",
        "region": "Dakar", "district": "Pikine", "commune": "Pikine Est", "phone": "77 123 45 67" })
}

fn coumba() -> Value {
    json!({ "first_name": "Coumba", "last_name": "Keita", "date_of_birth": "1971-11-30", "sex": "female",
        "region": "THS", "external_ids": [{ "system": "cnam", "value": "A-17", "verified": true }] })
}

async fn registered(server: &Served, token: &str, person: Value) -> String {
    let (status, answer) = server
        .say(token, ("POST", "/mpi/register"), json!({ "person": person }))
        .await;
    assert!(status == 201 || status == 200, "{status} {answer}");
    answer["mpi_id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_registered_once_whatever_is_repeated() {
    for kind in KINDS {
        let server = served(kind, super::routes()).await;
        let token = server.token(Role::ProgramAdmin, "").await;
        let body = json!({ "person": awa() });
        let key = [("idempotency-key", "visit-17")];
        let register = ("POST", "/mpi/register");
        let (status, _, first) = server.ask(&token, register, &key, body.clone()).await;
        assert_eq!(
            (status, &first["decision"]),
            (201, &"new".into()),
            "{kind:?} {first}"
        );
        assert!(first["mpi_id"].as_str().unwrap().starts_with("SN-DKR-"));
        let (status, _, again) = server.ask(&token, register, &key, body.clone()).await;
        assert_eq!(
            (status, &again),
            (201, &first),
            "{kind:?}: the same key, the same answer"
        );
        let (status, _, other) = server
            .ask(&token, register, &key, json!({ "person": coumba() }))
            .await;
        assert_eq!(
            (status, &other["code"]),
            (409, &"conflict".into()),
            "{kind:?} {other}"
        );
        let (status, linked) = server.say(&token, register, body).await;
        assert_eq!((status, &linked["decision"]), (200, &"linked".into()), "{kind:?}");
        assert_eq!(linked["mpi_id"], first["mpi_id"]);
        let told = "SELECT count(*) FROM audit WHERE action = 'person.register'";
        assert_eq!(
            sql::number(server.app.db.reader(), told, []).await,
            Ok(2),
            "{kind:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_is_refused_with_the_field_and_never_repeated() {
    let server = served(Kind::Sqlite, super::routes()).await;
    let token = server.token(Role::EnrollmentAgent, "SN/DKR").await;
    let refused = [
        (
            json!({ "first_name": "Zorro", "last_name": "X", "region": "Atlantis" }),
            "/person/region",
        ),
        (
            json!({ "first_name": " ", "region": "DKR" }),
            "/person/first_name",
        ),
        (
            json!({ "first_name": "Zorro", "region": "DKR", "date_of_birth": "1990-02-30" }),
            "/person/date_of_birth",
        ),
        (
            json!({ "first_name": "Zorro", "region": "DKR", "sex": "1" }),
            "/person/sex",
        ),
        (
            json!({ "first_name": "Zorro", "region": "DKR", "country": "FR" }),
            "/person/country",
        ),
        (
            json!({ "first_name": "Zorro\u{0}", "region": "DKR" }),
            "/person/first_name",
        ),
    ];
    for (person, pointer) in refused {
        let (status, answer) = server
            .say(&token, ("POST", "/mpi/register"), json!({ "person": person }))
            .await;
        assert_eq!(
            (status, &answer["errors"][0]["pointer"]),
            (422, &pointer.into()),
            "{answer}"
        );
        assert!(!answer.to_string().contains("Zorro"), "{answer}");
    }
    let elsewhere = json!({ "person": { "first_name": "Awa", "region": "THS" } });
    let (status, _) = server.say(&token, ("POST", "/mpi/register"), elsewhere).await;
    assert_eq!(status, 404, "out of the agent's area");
}

#[tokio::test(flavor = "multi_thread")]
async fn search_shows_ones_own_area_and_of_others_only_that_there_are_some() {
    for kind in KINDS {
        let server = served(kind, super::routes()).await;
        let admin = server.token(Role::ProgramAdmin, "").await;
        let agent = server.token(Role::EnrollmentAgent, "SN/DKR").await;
        let (awa, coumba) = (
            registered(&server, &admin, awa()).await,
            registered(&server, &admin, coumba()).await,
        );
        let asked = |query: &str| format!("/mpi/search?purpose=care&{query}");
        let cases = [
            (&agent, "name=SONKO+aua", Some(&awa), false),
            (&agent, "name=sonko&date_of_birth=1990", Some(&awa), false),
            (&agent, "name=sonko&date_of_birth=1950", None, false),
            (&agent, "name=coumba", None, true),
            (&admin, "name=keita&area=SN/THS", Some(&coumba), false),
            (&admin, "name=keita&area=SN/DKR", None, false),
            (&admin, "external_id=A-17&system=cnam", Some(&coumba), false),
        ];
        for (token, query, found, elsewhere) in cases {
            let (status, answer) = server.say(token, ("GET", &asked(query)), Value::Null).await;
            assert_eq!(status, 200, "{kind:?} {query} {answer}");
            let people: Vec<&str> = answer["people"]
                .as_array()
                .unwrap()
                .iter()
                .filter_map(|one| one["mpi_id"].as_str())
                .collect();
            assert_eq!(
                people,
                found.into_iter().map(String::as_str).collect::<Vec<_>>(),
                "{kind:?} {query}"
            );
            assert_eq!(answer["elsewhere"], elsewhere, "{kind:?} {query}");
        }
        let by_number = asked(&format!("mpi_id={awa}"));
        let (_, answer) = server.say(&agent, ("GET", &by_number), Value::Null).await;
        assert_eq!(answer["people"][0]["person"]["first_name"], "Awa");
        let told = "SELECT count(*) FROM audit WHERE action = 'person.search' AND target = 'purpose:care'";
        assert_eq!(
            sql::number(server.app.db.reader(), told, []).await,
            Ok(8),
            "{kind:?}"
        );
        let (status, _) = server
            .say(&agent, ("GET", &format!("/mpi/{coumba}")), Value::Null)
            .await;
        assert_eq!(status, 404);
        let worker = server.token(Role::HealthWorker, "").await;
        let (status, _) = server
            .say(&worker, ("GET", &asked("name=sonko")), Value::Null)
            .await;
        assert_eq!(status, 403, "a health worker looks up whom they have before them");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_needs_what_was_read_and_is_found_by_its_new_name() {
    for kind in KINDS {
        let server = served(kind, super::routes()).await;
        let token = server.token(Role::ProgramAdmin, "").await;
        let path = format!("/mpi/{}", registered(&server, &token, awa()).await);
        let (status, headers, _) = server.ask(&token, ("GET", &path), &[], Value::Null).await;
        assert_eq!(
            (status, headers["etag"].to_str().unwrap()),
            (200, "\"1\""),
            "{kind:?}"
        );
        let patch = json!({ "last_name": "Badji", "phone": null });
        let (status, _, _) = server.ask(&token, ("PATCH", &path), &[], patch.clone()).await;
        assert_eq!(status, 400, "without If-Match");
        let own = [("if-match", "\"1\"")];
        let (status, headers, answer) = server.ask(&token, ("PATCH", &path), &own, patch.clone()).await;
        assert_eq!(
            (status, headers["etag"].to_str().unwrap()),
            (200, "\"2\""),
            "{kind:?} {answer}"
        );
        assert_eq!(answer["person"]["last_name"], "Badji");
        assert_eq!(answer["person"]["first_name"], "Awa");
        assert_eq!(answer["person"].get("phone"), None);
        let (status, _, answer) = server.ask(&token, ("PATCH", &path), &own, patch).await;
        assert_eq!(
            (status, &answer["code"]),
            (412, &"changed".into()),
            "{kind:?}: someone else's correction"
        );
        for (name, found) in [("awa badji", 1), ("awa sonko", 0)] {
            let query = format!("/mpi/search?purpose=correction&name={}", name.replace(' ', "+"));
            let (_, answer) = server.say(&token, ("GET", &query), Value::Null).await;
            assert_eq!(
                answer["people"].as_array().map(Vec::len),
                Some(found),
                "{kind:?} {name} {answer}"
            );
        }
        let former = sql::number(server.app.db.reader(), "SELECT count(*) FROM former_persons", []).await;
        assert_eq!(former, Ok(1));
        let (status, _, _) = server
            .ask(
                &token,
                ("PATCH", &path),
                &[("if-match", "\"2\"")],
                json!({ "surname": "x" }),
            )
            .await;
        assert_eq!(status, 422, "{kind:?}: a field that is none");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn merged_numbers_lead_to_the_survivor_and_a_merge_can_be_taken_back() {
    for kind in KINDS {
        let server = served(kind, super::routes()).await;
        let token = server.token(Role::ProgramAdmin, "").await;
        let (awa, coumba) = (
            registered(&server, &token, awa()).await,
            registered(&server, &token, coumba()).await,
        );
        let merge = json!({ "survivor": awa, "duplicate": coumba });
        let (status, survivor) = server.say(&token, ("POST", "/mpi/merge"), merge.clone()).await;
        assert_eq!(
            (status, &survivor["mpi_id"]),
            (200, &awa.clone().into()),
            "{kind:?} {survivor}"
        );
        let (_, read) = server
            .say(&token, ("GET", &format!("/mpi/{coumba}")), Value::Null)
            .await;
        assert_eq!(read["mpi_id"], awa.as_str(), "{kind:?}");
        let (status, _) = server.say(&token, ("POST", "/mpi/merge"), merge).await;
        assert_eq!(status, 409);
        let apart = format!("/mpi/{coumba}/unmerge");
        let (status, restored) = server.say(&token, ("POST", &apart), Value::Null).await;
        assert_eq!(
            (status, &restored["mpi_id"]),
            (200, &coumba.clone().into()),
            "{kind:?} {restored}"
        );
        let (status, _) = server.say(&token, ("POST", &apart), Value::Null).await;
        assert_eq!(status, 409, "{kind:?}: nothing to take back");
        let reviewer = server.token(Role::Reviewer, "SN/DKR").await;
        let merge = json!({ "survivor": awa, "duplicate": coumba });
        let (status, _) = server.say(&reviewer, ("POST", "/mpi/merge"), merge).await;
        assert_eq!(status, 404, "{kind:?}: one of the two lives elsewhere");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deactivated_identity_still_answers_and_gets_nobody_without_a_person() {
    for kind in KINDS {
        let server = served(kind, super::routes()).await;
        let token = server.token(Role::ProgramAdmin, "").await;
        let number = registered(&server, &token, awa()).await;
        let path = format!("/mpi/{number}/deactivate");
        let (status, answer) = server
            .say(&token, ("POST", &path), json!({ "reason": "moved" }))
            .await;
        assert_eq!(
            (status, &answer["active"]),
            (200, &false.into()),
            "{kind:?} {answer}"
        );
        let (status, answer) = server
            .say(&token, ("POST", "/mpi/register"), json!({ "person": awa() }))
            .await;
        assert_eq!(
            (status, &answer["decision"]),
            (201, &"review".into()),
            "{kind:?} {answer}"
        );
        assert_eq!(answer["candidates"][0]["mpi_id"], number.as_str());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracked_entity_of_dhis2_is_one_person_and_leads_to_them() {
    for kind in KINDS {
        let server = served(kind, super::routes()).await;
        let token = server.token(Role::ProgramAdmin, "").await;
        let (awa, coumba) = (
            registered(&server, &token, awa()).await,
            registered(&server, &token, coumba()).await,
        );
        let uid = json!({ "uid": "dfkGaIi9V2s" });
        let link = |number: &str| format!("/mpi/{number}/link-dhis2");
        let (status, answer) = server.say(&token, ("POST", &link(&awa)), uid.clone()).await;
        assert_eq!(status, 200, "{kind:?} {answer}");
        assert_eq!(answer["person"]["external_ids"][0]["verified"], true);
        let (status, _) = server.say(&token, ("POST", &link(&awa)), uid.clone()).await;
        assert_eq!(status, 200, "{kind:?}: again changes nothing");
        let (status, _) = server.say(&token, ("POST", &link(&coumba)), uid).await;
        assert_eq!(status, 409, "{kind:?}: another person's");
        let (status, found) = server
            .say(&token, ("GET", "/mpi/resolve-dhis2/dfkGaIi9V2s"), Value::Null)
            .await;
        assert_eq!((status, &found["mpi_id"]), (200, &awa.into()), "{kind:?}");
        let (status, _) = server
            .say(&token, ("GET", "/mpi/resolve-dhis2/dfkGaIi9V2t"), Value::Null)
            .await;
        assert_eq!(status, 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_match_says_whom_a_person_could_be_and_why_and_registers_nobody() {
    for kind in KINDS {
        let server = served(kind, super::routes()).await;
        let token = server.token(Role::ProgramAdmin, "").await;
        let number = registered(&server, &token, awa()).await;
        let asked = json!({ "person": awa(), "purpose": "registration" });
        let (status, answer) = server.say(&token, ("POST", "/mpi/match"), asked.clone()).await;
        assert_eq!(status, 200, "{kind:?} {answer}");
        let best = &answer["candidates"][0];
        assert_eq!(
            (&best["mpi_id"], &best["decision"]),
            (&number.into(), &"linked".into()),
            "{kind:?}"
        );
        assert!(best["fields"].as_array().unwrap().len() > 4 && best["probability"].as_f64().unwrap() > 0.95);
        let elsewhere = server.token(Role::EnrollmentAgent, "SN/THS").await;
        let (_, answer) = server.say(&elsewhere, ("POST", "/mpi/match"), asked).await;
        assert_eq!(
            (&answer["candidates"], &answer["elsewhere"]),
            (&json!([]), &true.into()),
            "{kind:?}"
        );
        assert_eq!(
            sql::number(server.app.db.reader(), "SELECT count(*) FROM identities", []).await,
            Ok(1)
        );
    }
}

#[test]
fn answers_are_as_they_were() {
    use crate::mpi::dto::{PersonForm, PersonView};
    let view = PersonView {
        mpi_id: "SN-DKR-26-9XQ7LM2A".into(),
        person: serde_json::from_value::<PersonForm>(awa()).unwrap(),
        active: true,
        revision: 3,
        registered: "2026-11-25T14:00:00Z".into(),
        changed: "2026-11-25T15:00:00Z".into(),
    };
    insta::assert_json_snapshot!(view, @r#"
    {
      "mpi_id": "SN-DKR-26-9XQ7LM2A",
      "person": {
        "first_name": "Awa",
        "last_name": "Sonko",
        "date_of_birth": "1990-05-03",
        "sex": "female",
        "region": "Dakar",
        "district": "Pikine",
        "commune": "Pikine Est",
        "phone": "77 123 45 67"
      },
      "active": true,
      "revision": 3,
      "registered": "2026-11-25T14:00:00Z",
      "changed": "2026-11-25T15:00:00Z"
    }
    "#);
}
