//! The public looks at cards: made on the command line, opened by their links on a real server.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where a command or a server does not do as it says"
)]

mod server;

use server::{Answer, Place, Server, found, scans};

/// The path of a card's link, as a camera opens it.
fn path(card: &serde_json::Value) -> String {
    let text = card["text"].as_str().unwrap();
    text.strip_prefix("HTTPS://V.EXAMPLE.ORG").unwrap().to_owned()
}

/// What every answer must say, an error's too.
fn assert_headers(answer: &Answer, what: &str) {
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex, nofollow"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("strict-transport-security", "max-age=63072000; includeSubDomains"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), Some(value), "{what}: {name} in {answer:?}");
    }
    let policy = answer.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
        "{what}: {policy}"
    );
}

#[test]
fn a_card_from_the_command_line_opens_in_any_case_on_a_phone_and_for_a_program() {
    let place = Place::new();
    let card = place.card(&[]);
    let server = place.serve(&[]);
    let capitals = path(&card);
    for path in [capitals.clone(), capitals.to_lowercase()] {
        let answer = server.ask("GET", &path, "application/json");
        let report = answer.json();
        assert_eq!(report["verdict"], "valid", "{report}");
        assert_eq!(report["campaign"], "POLIO26");
        assert_eq!(
            (&report["issued"], &report["expires"]),
            (&card["issued"], &card["expires"])
        );
        assert_headers(&answer, &path);
    }
    let page = server.ask("GET", &capitals, "text/html");
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(
        page.body.contains("Valid") && page.body.contains("POLIO26"),
        "{}",
        page.body
    );
    assert!(!page.body.contains("9XQ7LM2A") && page.body.len() < 10_000);
    assert_headers(&page, "the page");
    let style = server.ask("GET", "/verify.css", "text/css");
    assert_eq!(
        (style.status, style.header("content-type")),
        (200, Some("text/css; charset=utf-8"))
    );
    let head = server.ask("HEAD", &capitals, "text/html");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
}

#[test]
fn a_card_that_is_revoked_while_the_server_runs_is_revoked_within_a_second_or_two() {
    let place = Place::new();
    found(&place.database());
    let (kid, lost, kept) = (place.issuer(), place.card(&[]), place.card(&[]));
    let server = place.serve(&["--card-rate", "0", "--public-rate", "0"]);
    place.import(&lost);
    assert_eq!(server.verdict(&path(&lost)), "valid");
    place.succeed(&[
        "card",
        "revoke",
        lost["token_hash"].as_str().unwrap(),
        "--reason",
        "lost",
    ]);
    let time = server.verdict_once_it_is("revoked", &path(&lost));
    assert!(time.as_secs() < 3, "{time:?}");
    let report = server.ask("GET", &path(&lost), "application/json").json();
    assert_eq!(report["programme"], "Vaccination");
    assert!(report["revoked"].is_string(), "{report}");
    assert_eq!(server.verdict(&path(&kept)), "valid");
    // The key may be in other hands: only what is in the database counts.
    place.succeed(&["keys", "compromise", &kid]);
    server.verdict_once_it_is("unknown", &path(&kept));
    assert_eq!(server.verdict(&path(&lost)), "revoked");
    server.stop();
    let counted = scans(&place.database());
    let of = |verdict: &str| {
        counted
            .iter()
            .find(|(known, _)| known == verdict)
            .map_or(0, |(_, scans)| *scans)
    };
    assert!(
        of("revoked") >= 2 && of("valid") >= 2 && of("unknown") >= 1,
        "{counted:?}"
    );
}

#[test]
fn an_expired_and_a_forged_card_are_told_apart_from_what_is_unknown() {
    let place = Place::new();
    place.succeed(&[
        "keys",
        "make",
        "issuer",
        "--campaign",
        "POLIO26",
        "--from",
        "2020-01-01",
    ]);
    let expired = place.card(&["--issued", "2020-03-01", "--expires", "2020-09-01"]);
    let card = path(&place.card(&[]));
    let server = place.serve(&[]);
    assert_eq!(server.verdict(&path(&expired)), "expired");
    // One character of the signature.
    let (before, place_of) = (card.len() - 20, card.as_bytes()[card.len() - 20]);
    let other = if place_of == b'A' { "B" } else { "A" };
    let forged = format!("{}{other}{}", &card[..before], &card[before + 1..]);
    assert_eq!(server.verdict(&forged), "forged");
    let stranger = Place::new();
    assert_eq!(server.verdict(&path(&stranger.card(&[]))), "unknown");
}

fn nonsense() -> Vec<String> {
    let long = "A".repeat(10_000);
    let mut paths = vec![
        "/verify".to_owned(),
        format!("/verify?p={long}&s={long}"),
        "/verify?p=%FF&s=%00".into(),
    ];
    for folder in ["/c", "/C", "/mpi/verify"] {
        for text in [
            "",
            "/",
            "/x",
            "/%FF%FE",
            "/%00%0A%1b",
            "/a/b/c",
            "/..%2f",
            "/%",
            "/TRG1:ABC",
        ] {
            paths.push(format!("{folder}{text}"));
        }
        paths.push(format!("{folder}/{long}"));
        paths.push(format!("{folder}/{}", "0".repeat(32)));
        paths.push(format!("{folder}/{}", "f".repeat(64)));
    }
    paths
}

#[test]
fn nonsense_is_unknown_and_gets_the_same_answer_to_the_letter() {
    let place = Place::new();
    let server = place.serve(&["--public-rate", "0", "--card-rate", "0"]);
    let mut answers = std::collections::BTreeSet::new();
    for path in nonsense() {
        let answer = server.ask("GET", &path, "application/json");
        assert_eq!(answer.status, 200, "{path}");
        assert_headers(&answer, &path);
        let heads: Vec<_> = answer
            .headers
            .iter()
            .filter(|(name, _)| name != "date")
            .cloned()
            .collect();
        answers.insert((heads, answer.body));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    let (_, body) = answers.pop_first().unwrap();
    assert!(
        body.contains("\"verdict\":\"unknown\"") && body.contains("\"campaign\":null"),
        "{body}"
    );
    let page = server.ask("GET", "/verify?p=a&s='\"><script>alert(1)</script>", "text/html");
    assert!(page.status == 400 || !page.body.contains("<script"), "{page:?}");
    // Bytes that are no HTTP at all end in a refusal, and the server goes on.
    let refused = server.raw(b"GET /c/\x01\xff HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    assert_eq!(refused.status, 400);
    assert_eq!(server.verdict("/c/x"), "unknown");
}

#[test]
fn other_methods_and_too_many_looks_are_refused_under_the_same_headers() {
    let place = Place::new();
    let server = place.serve(&["--card-rate", "2"]);
    for path in ["/c/x", "/verify", "/mpi/verify/x", "/mpi/qr-config"] {
        let answer = server.ask("POST", path, "*/*");
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (405, Some("application/problem+json")),
            "{path}"
        );
        assert_headers(&answer, path);
    }
    let looks = |server: &Server, accept: &str| -> Vec<Answer> {
        (0..3).map(|_| server.ask("GET", "/c/often", accept)).collect()
    };
    let answers = looks(&server, "application/json");
    assert_eq!(
        answers.iter().map(|answer| answer.status).collect::<Vec<_>>(),
        [200, 200, 429]
    );
    let last = &answers[2];
    assert!(
        last.header("retry-after")
            .is_some_and(|seconds| seconds.parse::<u64>().is_ok())
    );
    assert_eq!(last.json()["code"], "too-many-requests");
    assert_headers(last, "too often");
    let page = &looks(&server, "text/html")[2];
    assert!(page.status == 429 && page.body.contains("One moment"), "{page:?}");
    assert_headers(page, "too often, for people");
}

#[test]
fn an_address_that_asks_too_often_is_slowed_down_whatever_it_asks() {
    let place = Place::new();
    let server = place.serve(&["--public-rate", "2"]);
    let ask = |number: usize| {
        server
            .ask("GET", &format!("/c/{number}"), "application/json")
            .status
    };
    let statuses: Vec<u16> = (0..8).map(ask).collect();
    assert_eq!(statuses[..6], [200; 6], "three seconds' worth at once");
    assert!(statuses[6..].contains(&429), "{statuses:?}");
    let forwarded =
        "GET /c/9 HTTP/1.1\r\nhost: a\r\nx-forwarded-for: 203.0.113.7\r\nconnection: close\r\n\r\n";
    assert_eq!(
        server.raw(forwarded.as_bytes()).status,
        429,
        "a stranger's header is not believed"
    );
}

#[test]
fn a_qr_code_of_the_installation_is_described() {
    let place = Place::new();
    let server = place.serve(&["--card-host", "v.example.org"]);
    let answer = server.ask("GET", "/mpi/qr-config", "*/*");
    assert_headers(&answer, "qr-config");
    let config = answer.json();
    let prefix = config["link_prefix"].as_str().unwrap();
    let card = place.card(&[]);
    assert!(card["text"].as_str().unwrap().starts_with(prefix), "{prefix}");
    assert_eq!(config["forms"][1]["prefix"], "TRG1:");
    assert_eq!(config["payload_bytes"], 111);
    assert!(config["trust_list"].as_i64().unwrap() >= 1, "{config}");
    let issuers = config["issuers"].as_array().unwrap();
    assert_eq!((issuers.len(), &issuers[0]["kid"]), (1, &place.issuer().into()));
    assert_eq!(issuers[0]["campaign"], "POLIO26");
}

#[test]
fn every_public_route_is_in_the_description() {
    let place = Place::new();
    let server = place.serve(&[]);
    let document = server.ask("GET", "/openapi.json", "*/*").json();
    for path in ["/c/{payload}", "/verify", "/mpi/verify/{token}", "/mpi/qr-config"] {
        let responses = &document["paths"][path]["get"]["responses"];
        for status in ["200", "429", "503"] {
            assert!(responses[status].is_object(), "{path} {status}");
        }
    }
    assert!(document["components"]["schemas"]["CardVerdict"].is_object());
}
