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

#[test]
fn a_person_may_be_called_anything_and_is_found_by_it() {
    let place = Place::new();
    let server = place.serve(&[]);
    let token = place.token("program-admin");
    let names = [
        "Robert'); DROP TABLE identities;--",
        "\" OR \"\"=\"",
        "<script>alert(1)</script>",
        "{\"$ne\": null}",
        "%27 %00 ${jndi:ldap://a}",
        "Ndèye ߒߞߏ ሰላም",
        "\u{202e}abc\u{200b}",
    ];
    for (at, name) in names.iter().enumerate() {
        let person = json!({"person": {"first_name": name, "last_name": "Zoumarou", "region": "DKR", "sex": "female",
            "date_of_birth": format!("19{}0-0{}-1{at}", 2 + at, 1 + at), "commune": format!("Commune {at}")}});
        let made = server.ask("POST", "/mpi/register", &token, Some(&person.to_string()));
        assert_eq!(made.status, 201, "{name}: {}", made.body);
        let number = made.json()["mpi_id"].as_str().unwrap().to_owned();
        let found = server.get(&format!("/mpi/{number}"), &token);
        assert_eq!(found.json()["person"]["first_name"], *name, "{}", found.body);
        assert!(
            !found.head.to_lowercase().contains("set-cookie"),
            "{}",
            found.head
        );
        let typed: String = name.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let search = server.get(&format!("/mpi/search?purpose=care&name={typed}"), &token);
        assert_eq!(search.status, 200, "{name}: {}", search.body);
    }
    let split =
        json!({"person": {"first_name": "Awa\r\nSet-Cookie: a=b", "last_name": "Sy", "region": "DKR"}});
    let refused = server.ask("POST", "/mpi/register", &token, Some(&split.to_string()));
    assert_eq!(refused.status, 422, "{}", refused.body);
    let all = server
        .get("/mpi/search?purpose=care&name=Zoumarou", &token)
        .json();
    assert_eq!(all["people"].as_array().map(Vec::len), Some(names.len()));
}

#[test]
fn a_registration_that_is_no_registration_is_refused_and_leaves_nothing() {
    let place = Place::new();
    let server = place.serve(&[]);
    let token = place.token("program-admin");
    let deep = format!(
        "{{\"person\": {}{}}}",
        "{\"first_name\":".repeat(20_000),
        "1".to_owned() + &"}".repeat(20_000)
    );
    let large = format!("{{\"person\": {{\"first_name\": \"{}\"}}}}", "a".repeat(10 << 20));
    for (body, statuses) in [(&deep, [400, 422]), (&large, [413, 413])] {
        let answer = server.ask("POST", "/mpi/register", &token, Some(body));
        assert!(
            statuses.contains(&answer.status),
            "{} {}",
            answer.status,
            answer.body
        );
    }
    let person = "{\"person\": {\"first_name\": \"Awa\", \"last_name\": \"Sy\", \"region\": \"DKR\"}}";
    let with = |key: &[u8], body: &[u8]| {
        let mut request = format!(
            "POST /mpi/register HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: Bearer {token}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nidempotency-key: ",
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(key);
        request.extend_from_slice(b"\r\n\r\n");
        request.extend_from_slice(body);
        server.raw(&request)
    };
    for key in [&b"a b"[..], b"\x01", b"\xff\xfe", &[b'a'; 101], b""] {
        let answer = with(key, person.as_bytes());
        assert_eq!(answer.status, 400, "{key:?} {answer:?}");
    }
    assert_eq!(
        with(b"key", b"{\"person\": {\"first_name\": \"\xff\xfe\"}}").status,
        400
    );
    let all = server
        .get("/mpi/search?purpose=care&name=Awa%20Sy", &token)
        .json();
    assert_eq!(all["people"].as_array().map(Vec::len), Some(0));
    let good = with(b"';DROP/**/TABLE/**/idempotency;--", person.as_bytes());
    assert_eq!(good.status, 201, "{good:?}");
}
