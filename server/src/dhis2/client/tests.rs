//! The client against replayed servers of every version, and against everything that goes wrong.

use std::collections::HashSet;
use std::time::Duration;

use super::*;
use crate::dhis2::replay::{Edition, Fault, Replay};
use crate::dhis2::testing::{VERSIONS, client, limits, sync, world};

const PEV: &str = "bbXEAJVOUDi";
const PTME: &str = "EH7ybI0rbXs";

async fn replayed(version: &str, round: usize) -> Replay {
    Replay::start(world(version, round)).await.unwrap()
}

/// All pages of a list, as the client is told them.
async fn whole(
    client: &Client,
    program: &str,
    changes: &Changes,
    mapped: &HashSet<String>,
) -> (u64, Vec<Person>) {
    let info = client.info().await.unwrap();
    let units = client.account().await.unwrap().units;
    let list = List {
        dialect: Dialect::of(info.version),
        program,
        units: &units,
        changes,
        size: 100,
    };
    let (mut people, mut total, mut number) = (Vec::new(), u64::MAX, 0);
    while u64::from(number) * 100 < total {
        number += 1;
        let page = client.people(&list, number, mapped).await.unwrap();
        total = page.total;
        people.extend(page.people);
    }
    (total, people)
}

#[tokio::test]
async fn every_version_gives_exactly_who_is_in_a_program() {
    for version in VERSIONS {
        let replay = replayed(version, 0).await;
        let client = client(&replay, limits());
        for (program, people, enrollments) in [(PEV, 406, 406), (PTME, 260, 270)] {
            let (total, found) = whole(&client, program, &Changes::All, &HashSet::new()).await;
            let ids: HashSet<&str> = found.iter().map(|one| one.uid.as_str()).collect();
            assert_eq!(
                (total, found.len(), ids.len()),
                (people, people as usize, people as usize),
                "{version}"
            );
            assert_eq!(
                found.iter().map(|one| one.enrollments.len()).sum::<usize>(),
                enrollments
            );
        }
    }
}

#[tokio::test]
async fn versions_that_were_not_recorded_are_asked_as_their_documentation_says() {
    let mut old = world("2.40.1", 0);
    old.edition = Edition::Published;
    old.version = "2.37.9".into();
    let replay = Replay::start(old).await.unwrap();
    let (total, found) = whole(&client(&replay, limits()), PEV, &Changes::All, &HashSet::new()).await;
    assert_eq!((total, found.len()), (406, 406));
    assert!(replay.asked().iter().all(|asked| !asked.contains("order=")));
}

#[tokio::test]
async fn what_is_not_mapped_ends_at_the_door() {
    let replay = replayed("2.40.1", 0).await;
    let mapped = HashSet::from(["ekLOUhNcu6b".to_owned()]);
    let (_, found) = whole(&client(&replay, limits()), PTME, &Changes::All, &mapped).await;
    for one in &found {
        assert_eq!(one.attributes.keys().collect::<Vec<_>>(), ["ekLOUhNcu6b"]);
        assert!(format!("{one:?}").contains("[withheld]"));
    }
}

#[tokio::test]
async fn nothing_but_get_is_ever_sent() {
    for version in VERSIONS {
        let replay = replayed(version, 0).await;
        let client = client(&replay, limits());
        client.programs().await.unwrap();
        client.units().await.unwrap();
        whole(&client, PEV, &Changes::All, &HashSet::new()).await;
        assert!(replay.asked().len() > 8);
        assert!(replay.asked().iter().all(|asked| asked.starts_with("GET /api/")));
    }
    // The library that could send something else is named in one file alone, which asks it for nothing else.
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/dhis2/client");
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let sends = text.matches("reqwest::Client").count();
        match name.as_str() {
            "get.rs" => {
                for word in [
                    ".post(",
                    ".put(",
                    ".patch(",
                    ".delete(",
                    ".request(",
                    ".execute(",
                    "Method",
                ] {
                    assert!(!text.contains(word), "{word}");
                }
                assert_eq!(text.matches(".send()").count(), 1);
                assert_eq!(text.matches(".get(url)").count(), 1);
            }
            "tests.rs" => {}
            _ => assert_eq!(sends, 0, "{name}"),
        }
    }
}

#[tokio::test]
async fn programs_come_with_their_attributes_and_whether_one_could_write() {
    for version in VERSIONS {
        let replay = replayed(version, 0).await;
        let programs = client(&replay, limits()).programs().await.unwrap();
        let ptme = programs.iter().find(|one| one.uid == PTME).unwrap();
        assert_eq!((ptme.attributes.len(), ptme.can_write), (18, false), "{version}");
        let status = ptme
            .attributes
            .iter()
            .find(|one| one.code == "MMD_VIH_STA")
            .unwrap();
        assert_eq!(status.option_set, "Résultat VIH");
    }
}

async fn fault(fault: Fault, limits: Limits) -> Result<usize, ClientError> {
    let replay = replayed("2.41.5.1", 0).await;
    let client = client(&replay, limits);
    replay.go_wrong([Some(fault)]);
    let units = ["WNrVEE4G7An".to_owned()];
    let list = List {
        dialect: Dialect::of(Version(41)),
        program: PEV,
        units: &units,
        changes: &Changes::All,
        size: 100,
    };
    let page = client.people(&list, 1, &HashSet::new()).await?;
    Ok(page.people.len())
}

#[tokio::test]
async fn passing_faults_are_tried_again() {
    for passing in [
        Fault::TooMany(0),
        Fault::Status(503),
        Fault::Status(500),
        Fault::Cut,
        Fault::Torn,
    ] {
        let tries_again = fault(passing.clone(), limits()).await;
        if passing != Fault::Torn {
            assert_eq!(tries_again, Ok(100), "{passing:?}");
        }
        let once = Limits { tries: 1, ..limits() };
        assert!(fault(passing, once).await.unwrap_err().is_passing());
    }
}

#[tokio::test]
async fn everything_that_goes_wrong_has_a_name() {
    let small = Limits {
        most_bytes: 3 << 20,
        ..limits()
    };
    let quick = Limits {
        timeout: Duration::from_millis(200),
        tries: 1,
        ..limits()
    };
    let login = Fault::Redirect("/dhis-web-login".into());
    let elsewhere = Fault::Redirect("http://169.254.169.254/".into());
    let cases = [
        (Fault::Silent, quick, ClientError::Slow),
        (Fault::Giant, small, ClientError::TooLarge),
        (Fault::Html, limits(), ClientError::NotDhis2),
        (Fault::Status(404), limits(), ClientError::NotDhis2),
        (Fault::Status(403), limits(), ClientError::NoRight(403)),
        (Fault::Status(409), limits(), ClientError::Refused(409)),
        (login, limits(), ClientError::SignIn),
        (elsewhere, limits(), ClientError::Redirected),
    ];
    for (wrong, limits, expected) in cases {
        assert_eq!(fault(wrong.clone(), limits).await, Err(expected), "{wrong:?}");
    }
}

#[tokio::test]
async fn wrong_credentials_are_told_from_a_wrong_server() {
    let try_with = async |credentials: Credentials, version: &str| {
        let replay = replayed(version, 0).await;
        let base = Base::parse(&replay.url(), Policy::OwnNetwork).unwrap();
        let client = Client::new(base, credentials, limits()).unwrap();
        client.info().await.map(|info| info.version_text)
    };
    let wrong = || Credentials::Basic {
        username: "sync".into(),
        password: "x".to_owned().into(),
    };
    for version in VERSIONS {
        assert_eq!(try_with(wrong(), version).await, Err(ClientError::SignIn));
        assert_eq!(try_with(sync(), version).await.as_deref(), Ok(version));
        let token = Credentials::Token("d2p_x".to_owned().into());
        let refused = try_with(token, version).await.unwrap_err();
        assert!(
            matches!(refused, ClientError::Token | ClientError::Refused(400)),
            "{refused:?}"
        );
    }
    assert!(
        !format!("{:?}", wrong()).contains("\"x\""),
        "a password is not printed"
    );
}

#[tokio::test]
async fn a_private_address_is_refused_where_it_was_not_allowed() {
    let replay = replayed("2.42.4.1", 0).await;
    let port = replay.url().rsplit(':').next().unwrap().to_owned();
    assert_eq!(
        Base::parse(&replay.url().replace("http", "https"), Policy::Public),
        Err(ClientError::Private)
    );
    // A name that leads here is found out when it is resolved.
    let base = Base::parse(&format!("https://localhost:{port}"), Policy::Public).unwrap();
    let once = Limits { tries: 1, ..limits() };
    let client = Client::new(base, sync(), once).unwrap();
    assert_eq!(client.info().await, Err(ClientError::Private));
    assert!(replay.asked().is_empty());
}

#[tokio::test]
async fn changes_since_a_time_come_with_those_who_were_deleted() {
    for version in VERSIONS {
        let replay = replayed(version, 1).await;
        let end = world(version, 0).now;
        let changes = Changes::Since {
            seconds: 120,
            time: end,
        };
        let (_, found) = whole(&client(&replay, limits()), PEV, &changes, &HashSet::new()).await;
        let deleted = found.iter().filter(|one| one.deleted).count();
        assert!(found.len() >= 9 && found.len() < 30, "{version} {}", found.len());
        assert_eq!(deleted, if version == "2.40.1" { 0 } else { 2 }, "{version}");
    }
}
