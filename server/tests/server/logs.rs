//! What the log and the metrics hold, and what they do not.

use serde_json::{Value, json};

use crate::running::Place;

/// Words about people that are sent in every place where something can be sent.
const PERSONAL: [&str; 6] = [
    "Fatoumata",
    "Zzyzx",
    "771234567",
    "203.0.113.77",
    "baobab-quilt",
    "127.0.0.1",
];

#[test]
fn nothing_that_was_sent_is_logged_or_counted() {
    let place = Place::new();
    let server = place.serve(&["--log", "debug"]);
    let token = place.token("platform-admin");
    let bodies = [
        json!({"login": "fatoumata", "name": "Fatoumata Zzyzx", "grants": [{"role": "reviewer"}]}),
        json!({"login": "Fatoumata", "password": "baobab-quilt"}),
        json!({"Fatoumata": "Zzyzx", "phone": "771234567"}),
    ];
    for path in [
        "/users",
        "/auth/login",
        "/tokens",
        "/mpi/register",
        "/Fatoumata/771234567",
        "/mpi/Zzyzx",
        "/c/Fatoumata",
        "/verify",
        "/mpi/verify/771234567",
    ] {
        for body in &bodies {
            server.ask("POST", path, &token, Some(&body.to_string()));
        }
        server.get(&format!("{path}?name=Fatoumata%20Zzyzx&phone=771234567"), &token);
    }
    let forged = "GET /auth/me HTTP/1.1\r\nhost: Zzyzx\r\nconnection: close\r\nauthorization: Bearer Fatoumata\r\n\
                  x-forwarded-for: 203.0.113.77\r\nx-request-id: Zzyzx\r\nuser-agent: 771234567\r\n\r\n";
    server.raw(forged.as_bytes());
    let metrics = scrape(&server.metrics);
    let (_, log) = server.stop();
    assert!(log.len() > 20, "{log:?}");
    for line in &log {
        let parsed: Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        assert!(parsed["level"].is_string());
    }
    for word in PERSONAL {
        let found = log
            .iter()
            .find(|line| line.to_lowercase().contains(&word.to_lowercase()));
        assert_eq!(found, None, "the log has {word}");
        assert!(!metrics.contains(word), "the metrics have {word}");
    }
    assert!(
        !log.iter().any(|line| line.contains(&token)),
        "the log has a token"
    );
}

fn scrape(address: &str) -> String {
    use std::io::Write as _;
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .unwrap();
    let answer = crate::running::read(stream);
    assert_eq!(answer.status, 200);
    answer.body
}

#[test]
fn every_answer_names_its_request_and_the_log_has_the_name() {
    let place = Place::new();
    let server = place.serve(&[]);
    let answer = server.get("/nowhere", "");
    let id = answer.json()["request_id"].as_str().map(str::to_owned);
    let id = id.unwrap_or_else(|| panic!("{}", answer.body));
    assert!(
        answer.head.contains(&format!("x-request-id: {id}")),
        "{}",
        answer.head
    );
    let (_, log) = server.stop();
    assert!(log.iter().any(|line| line.contains(&id)), "{log:?}");
}
