//! Requests that no well-behaved client sends.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::running::{Place, read};

#[test]
fn bodies_that_are_large_deep_or_no_text_are_refused_with_words() {
    let place = Place::new();
    let server = place.serve(&[]);
    let token = place.token("platform-admin");
    let large = format!("{{\"login\":\"{}\"}}", "a".repeat(10 << 20));
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let text = "application/problem+json";
    for (body, status) in [
        (large.as_str(), 413),
        (deep.as_str(), 400),
        ("{\"login\":", 400),
        ("nul", 400),
        ("{}", 422),
    ] {
        let answer = server.ask("POST", "/users", &token, Some(body));
        assert!(
            answer.status == status || (status == 400 && answer.status == 422),
            "{status}: {} {}",
            answer.status,
            answer.body
        );
        assert!(answer.head.contains(text), "{}", answer.head);
    }
    let mut invalid = format!(
        "POST /users HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 14\r\n\r\n"
    )
    .into_bytes();
    invalid.extend_from_slice(b"{\"login\":\"\xff\xfe\"}");
    assert_eq!(server.raw(&invalid).status, 400);
    assert_eq!(server.get("/healthz", "").status, 200, "the server goes on");
}

#[test]
fn what_looks_like_sql_is_text() {
    let place = Place::new();
    let server = place.serve(&["--sign-in-rate", "0", "--account-rate", "0"]);
    let token = place.token("platform-admin");
    for text in [
        "' OR '1'='1",
        "admin'--",
        "'; DROP TABLE users; --",
        "1 UNION SELECT password FROM users",
        "\\'; SELECT pg_sleep(10); --",
        "%' AND 1=(SELECT 1)",
        "$1",
    ] {
        let login = json!({"login": text, "password": text}).to_string();
        assert_eq!(
            server.ask("POST", "/auth/login", "", Some(&login)).status,
            401,
            "{text}"
        );
        let name = json!({"name": text, "role": "auditor"}).to_string();
        let made = server.ask("POST", "/tokens", &token, Some(&name));
        assert_eq!((made.status, &made.json()["name"]), (201, &json!(text)));
        let area = json!({"name": "x", "role": "auditor", "area": text}).to_string();
        assert_eq!(
            server.ask("POST", "/tokens", &token, Some(&area)).status,
            422,
            "{text}"
        );
        let path: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
        assert_eq!(
            server.get(&format!("/users/{path}"), &token).status,
            404,
            "{text}"
        );
        assert_eq!(
            server.get(&format!("/users?after={path}"), &token).status,
            422,
            "{text}"
        );
    }
    let users = server.get("/users", &token).json();
    assert_eq!(
        users["users"].as_array().map(Vec::len),
        Some(1),
        "the administrator is there"
    );
}

#[test]
fn headers_cannot_be_split_smuggled_or_forged() {
    let place = Place::new();
    let server = place.serve(&[]);
    for request in [
        "GET /healthz HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ncontent-length: 5\r\n\r\nabcd",
        "GET /healthz\r\n\r\n",
        "GET /health z HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: a\r\nbad header\r\n\r\n",
    ] {
        let request = request.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        let answer = server.raw(request.as_bytes());
        assert!(
            answer.status == 400 || answer.status == 0 || !answer.body.contains("\"ok\""),
            "{request}: {answer:?}"
        );
    }
    let split = server.get("/auth/me%0d%0aset-cookie:%20a=b", "");
    assert!(
        !split.head.to_lowercase().contains("set-cookie"),
        "{}",
        split.head
    );
    let long = format!(
        "GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\nx: {}\r\n\r\n",
        "a".repeat(200_000)
    );
    let answer = server.raw(long.as_bytes());
    assert!(matches!(answer.status, 0 | 400 | 431), "{answer:?}");
    assert_eq!(server.get("/healthz", "").status, 200);
}

#[test]
fn who_is_slow_with_the_head_or_the_body_is_sent_away_and_delays_nobody() {
    let place = Place::new();
    let server = place.serve(&["--header-seconds", "1", "--request-seconds", "1"]);
    let mut head = server.connect();
    head.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n").unwrap();
    let mut body = server.connect();
    body.write_all(
        b"POST /auth/login HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{",
    )
    .unwrap();
    let start = Instant::now();
    assert_eq!(server.get("/healthz", "").status, 200);
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "others are served meanwhile"
    );
    let mut rest = Vec::new();
    let _ = head.read_to_end(&mut rest);
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "the slow head was not sent away"
    );
    let answer = read(body);
    assert!(matches!(answer.status, 0 | 400 | 408 | 504), "{answer:?}");
}

#[test]
fn a_request_under_way_is_finished_when_the_server_stops() {
    let place = Place::new();
    let server = place.serve(&[]);
    let mut stream = server.connect();
    let login = json!({"login": "nobody", "password": "nothing"}).to_string();
    let head = format!(
        "POST /auth/login HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: 100-continue\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        login.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(
        &go_on, b"HTTP/1.1 100 Continue\r\n\r\n",
        "the server reads the body now"
    );
    server.ask_to_stop();
    stream.write_all(login.as_bytes()).unwrap();
    let answer = read(stream);
    assert_eq!(answer.status, 401, "{answer:?}");
    assert!(server.stop().0);
}
