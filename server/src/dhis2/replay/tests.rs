//! The replayed server against what was recorded.

use serde_json::Value;

use super::*;
use crate::dhis2::testing::{VERSIONS, http, packed};

/// What an answer says, as far as whoever reads a list depends on it.
#[derive(Debug, PartialEq)]
struct Said {
    status: u16,
    key: Option<&'static str>,
    rows: usize,
    total: [Option<i64>; 2],
    page: [Option<i64>; 2],
    next: bool,
}

fn said(status: u16, body: &str) -> Said {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let keys = ["instances", "trackedEntities", "enrollments"];
    let key = keys.into_iter().find(|key| status == 200 && body[key].is_array());
    let at_both = |name: &str| [body[name].as_i64(), body["pager"][name].as_i64()];
    Said {
        status,
        key,
        rows: key.map_or(0, |key| body[key].as_array().unwrap().len()),
        total: at_both("total"),
        page: if status == 200 { at_both("page") } else { [None; 2] },
        next: body["pager"]["nextPage"].is_string(),
    }
}

/// Questions that nobody asks here and that the replayed server does not know: times before a moment, filters by
/// attribute, people by their type, statuses, people of one program in another's list, values of wrong form.
fn is_beyond(name: &str, path: &str) -> bool {
    // Other forms than JSON, addresses of 9,000 characters, lists of no program, people of whom an enrollment was
    // deleted, and children of a unit, of whom 2.40 counts 47 and shows none.
    let names = [
        "negotiate.",
        "long-url",
        "orgunit-only",
        "includeDeleted",
        "CHILDREN",
    ];
    let beyond = [
        "updatedBefore",
        "filter=",
        "trackedEntityType=",
        "tatus=",
        "query=",
        "attribute=",
        "enrolledAfter",
        "enrolledBefore",
        "enrollmentEnrolled",
        "followUp",
        "assignedUser",
        "occurred",
        "potentialDuplicate",
        "enrollment=",
        "enrollments=",
        "trackedEntity=",
        "trackedEntities=",
        "csv",
        "Client:",
    ];
    names.iter().any(|part| name.contains(part)) || beyond.iter().any(|part| path.contains(part))
}

#[tokio::test]
async fn lists_are_answered_as_they_were_recorded() {
    let http = http();
    let mut differences = Vec::new();
    let mut checked = 0;
    for version in VERSIONS {
        let packed = packed(version);
        for round in [0, 1] {
            let replay = Replay::start(World::recorded(&packed, round).unwrap())
                .await
                .unwrap();
            for sample in packed["samples"].as_array().unwrap() {
                let path = sample["path"].as_str().unwrap();
                let name = sample["name"].as_str().unwrap();
                let is_list = path.contains("/trackedEntities?") || path.contains("/enrollments?");
                if sample["round"] != round as u64 + 1
                    || !is_list
                    || is_beyond(name, path)
                    || name.contains("Within")
                {
                    continue;
                }
                let request = http
                    .get(format!("{}{path}", replay.url()))
                    .header("authorization", world::basic("sync", "Sync-0nly-Read"));
                let response = request.send().await.unwrap();
                let status = response.status().as_u16();
                let here = said(status, &response.text().await.unwrap());
                let there = said(
                    sample["status"].as_u64().unwrap() as u16,
                    sample["body"].as_str().unwrap(),
                );
                checked += 1;
                if here != there {
                    differences.push(format!(
                        "{version} {name} {path}\n  here  {here:?}\n  there {there:?}"
                    ));
                }
            }
        }
    }
    assert!(checked > 300, "{checked}");
    assert!(
        differences.is_empty(),
        "{} of {checked}\n{}",
        differences.len(),
        differences.join("\n")
    );
}

#[tokio::test]
async fn whoever_shows_no_credentials_is_sent_to_a_login_page() {
    for version in VERSIONS {
        let world = World::recorded(&packed(version), 0).unwrap();
        let replay = Replay::start(world).await.unwrap();
        let http = http();
        let ask = |header: Option<(&'static str, String)>| {
            let mut request = http.get(format!("{}/api/me", replay.url()));
            if let Some((name, value)) = header {
                request = request.header(name, value);
            }
            async move { request.send().await.unwrap().status().as_u16() }
        };
        assert_eq!(ask(None).await, 302);
        assert_eq!(
            ask(Some(("x-requested-with", "XMLHttpRequest".into()))).await,
            401
        );
        assert_eq!(ask(Some(("authorization", world::basic("sync", "x")))).await, 401);
        let token = if version == "2.40.1" { 401 } else { 400 };
        assert_eq!(ask(Some(("authorization", "ApiToken d2p_x".into()))).await, token);
        assert_eq!(
            ask(Some(("authorization", world::basic("sync", "Sync-0nly-Read")))).await,
            200
        );
        assert_eq!(replay.asked().len(), 5);
    }
}
