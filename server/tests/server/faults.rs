//! What a server does whose file is damaged, whose disk is full, or who is killed.

use serde_json::json;

use crate::running::{Place, Server};

/// A person whom no other number is like.
fn person(number: usize) -> String {
    let letters = |mut number: usize| {
        let mut word = String::from("Ka");
        for _ in 0..5 {
            word.push(char::from(b'a' + (number % 23) as u8));
            word.push('a');
            number /= 23;
        }
        word
    };
    json!({"person": {"first_name": letters(number * 7919), "last_name": letters(number * 104_729 + 13),
        "date_of_birth": format!("{}-{:02}-03", 1930 + number % 90, 1 + number / 90 % 12), "sex": "female", "region": "DKR"}})
    .to_string()
}

/// Registers people until one is refused or there are enough; who was acknowledged, and the last status.
fn registered(server: &Server, token: &str, numbers: std::ops::Range<usize>) -> (Vec<String>, u16) {
    let mut acknowledged = Vec::new();
    for number in numbers {
        let answer = server.ask("POST", "/mpi/register", token, Some(&person(number)));
        match answer.json()["mpi_id"].as_str() {
            Some(number) if answer.status == 201 => acknowledged.push(number.to_owned()),
            // An answer that was cut acknowledges nothing.
            _ => return (acknowledged, answer.status),
        }
    }
    (acknowledged, 201)
}

fn assert_there(server: &Server, token: &str, acknowledged: &[String]) {
    for number in acknowledged {
        let found = server.get(&format!("/mpi/{number}"), token);
        assert_eq!(found.status, 200, "{number} was acknowledged: {}", found.body);
    }
}

#[test]
fn a_damaged_database_refuses_to_start_with_words() {
    let place = Place::new();
    let server = place.serve(&[]);
    let token = place.token("program-admin");
    registered(&server, &token, 0..20);
    assert!(server.stop().0);
    let file = place.data.path().join("teranga.db");
    let whole = std::fs::read(&file).unwrap();
    let mut page = whole.clone();
    // A page in the middle, as a failing disk leaves it.
    let middle = whole.len() / 2 / 4096 * 4096;
    page[middle..middle + 4096].fill(0xa5);
    let mut head = whole.clone();
    head[..4096].fill(0xa5);
    for damaged in [page, head, b"people.csv, not a database".repeat(500)] {
        std::fs::write(&file, damaged).unwrap();
        let output = place.run(&["serve", "--listen", "127.0.0.1:0"]);
        let words = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(
            words.contains("damaged") && words.contains("restore the last backup"),
            "{words}"
        );
    }
    std::fs::write(&file, whole).unwrap();
    assert_eq!(
        place.serve(&[]).get("/readyz", "").status,
        200,
        "the backup works"
    );
}

#[test]
fn a_server_that_is_killed_under_load_has_everyone_whom_it_acknowledged() {
    let place = Place::new();
    let mut server = place.serve(&[]);
    let token = place.token("program-admin");
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        let own = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..4)
                .map(|client| {
                    let (server, token) = (&server, &token);
                    let first = round * 100_000 + client * 10_000;
                    scope.spawn(move || {
                        registered(
                            server,
                            token,
                            first..first + if client == 0 { 40 } else { 10_000 },
                        )
                    })
                })
                .collect();
            let mut own = Vec::new();
            for (client, one) in clients.into_iter().enumerate() {
                own.extend(one.join().unwrap().0);
                if client == 0 {
                    server.kill();
                }
            }
            own
        });
        assert!(own.len() >= 40, "{}", own.len());
        acknowledged.extend(own);
        drop(server);
        server = place.serve(&[]);
        assert_there(&server, &token, &acknowledged);
    }
    assert!(server.stop().0);
    let verified = place.run(&["admin", "audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
}

#[test]
fn a_server_whose_disk_fills_up_says_so_and_goes_on_when_there_is_room() {
    let place = Place::new();
    assert!(place.serve(&[]).stop().0, "the files are made");
    let token = place.token("program-admin");
    // No file may grow beyond 6,000 blocks: for the program that is a disk without room.
    let server = place.serve_under("trap '' XFSZ; ulimit -f 6000; exec \"$0\" \"$@\"", &[]);
    let (acknowledged, status) = registered(&server, &token, 0..20_000);
    assert!(matches!(status, 503 | 507), "{status}");
    assert!(!acknowledged.is_empty());
    assert_eq!(server.get("/healthz", "").status, 200, "it goes on");
    server.stop();
    let server = place.serve(&[]);
    assert_there(&server, &token, &acknowledged);
    let number = acknowledged.len() + 50_000;
    assert_eq!(registered(&server, &token, number..number + 1).1, 201);
}

#[test]
fn a_server_that_cannot_have_its_port_says_which() {
    let place = Place::new();
    let server = place.serve(&[]);
    let other = Place::new();
    let output = other.run(&["serve", "--listen", &server.address]);
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(
        words.contains(&server.address) && words.contains("--listen"),
        "{words}"
    );
}
