//! The terminal phone and a real server, over a real network: a ticket, a day's work, and what the server makes of it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

#[expect(dead_code, reason = "the server's own tests ask it more than a phone does")]
#[path = "../server/running.rs"]
mod running;

use running::Place;

const TERANGA: &str = env!("CARGO_BIN_EXE_teranga");

/// What the phone of a folder answers: its exit status, and JSON or words.
fn phone(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::new(TERANGA);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TERANGA_")) {
        command.env_remove(name);
    }
    let output = command
        .args(["phone", "--json", "--pin", "480274", "--folder"])
        .arg(folder)
        .args(arguments)
        .output()
        .unwrap();
    let text = if output.status.success() {
        output.stdout
    } else {
        [output.stdout, output.stderr].concat()
    };
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

fn done(folder: &Path, arguments: &[&str]) -> Value {
    let (status, text) = phone(folder, arguments);
    assert_eq!(status, 0, "{arguments:?}: {text}");
    serde_json::from_str(&text).unwrap()
}

const AWA: [&str; 9] = [
    "register",
    "--given",
    "Awa",
    "--family",
    "Ndiaye",
    "--birth",
    "1990-05-17",
    "--sex",
    "female",
];

#[test]
fn a_phone_enters_by_a_ticket_works_without_a_network_and_brings_its_work_to_the_server() {
    let place = Place::new();
    let server = place.serve(&[]);
    let address = format!("http://{}", server.address);
    let added = place.json(&["admin", "users", "add", "awa", "Awa", "--role", "supervisor"]);
    let user = added["id"].to_string();
    let ticket = [
        "admin", "devices", "ticket", "Dakar 3", "--area", "SN/DKR", "--server", &address,
    ];
    let ticket = place.json(&ticket)["ticket"].as_str().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let enrolled = done(folder, &["--user", &user, "enroll", &ticket]);
    assert_eq!(enrolled["name"], "Dakar 3");
    done(folder, &["sync"]);
    let saved = done(folder, &AWA);
    let mpi = saved["mpi"].as_str().expect("a reserved number").to_owned();
    assert!(mpi.starts_with("SN-DKR-"), "{mpi}");
    let (status, text) = phone(folder, &AWA);
    assert!(
        status == 2 && text.contains(r#""saved":false"#) && text.contains(&mpi),
        "{text}"
    );
    assert_eq!(done(folder, &["status"])["waiting"], 1);
    assert_eq!(done(folder, &["sync"])["accepted"], 1);
    assert_eq!(done(folder, &["sync"])["accepted"], 0);
    let records = done(folder, &["records"]);
    assert_eq!(
        (&records[0]["outcome"]["outcome"], &records[0]["mpi"]),
        (&"accepted".into(), &mpi.into())
    );
    assert_eq!(done(folder, &["status"])["waiting"], 0);
    let (status, text) = phone(folder, &["enroll", &ticket]);
    assert!(status == 2 && text.contains("enrolled already"), "{text}");
    let other = tempfile::tempdir().unwrap();
    let (status, text) = phone(other.path(), &["enroll", &ticket]);
    assert!(
        status == 2 && text.contains("refused"),
        "a ticket lets one phone in: {text}"
    );
    assert!(server.stop().0);
    done(folder, &[&AWA[..], &["--force"]].concat());
    let (status, text) = phone(folder, &["sync"]);
    assert!(status == 2 && text.contains("no connection"), "{text}");
    assert_eq!(done(folder, &["status"])["waiting"], 1);
}
