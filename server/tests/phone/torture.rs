//! When the program dies, the disk is full or a file is damaged: what was acknowledged is there afterwards, once, and
//! still waits to be sent.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const TERANGA: &str = env!("CARGO_BIN_EXE_teranga");

fn torture(folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(TERANGA);
    command.args(["torture", "phone"]).arg(folder).args(more);
    command
}

fn acknowledged(text: &str) -> impl Iterator<Item = String> + '_ {
    let ids = text.lines().filter_map(|line| line.strip_prefix("ACK "));
    ids.filter(|id| id.len() == 36).map(str::to_owned)
}

/// Registers until so many are acknowledged, and dies as by `kill -9`.
fn killed_after(folder: &Path, enough: usize) -> Vec<String> {
    let mut child = torture(folder, &["1000000"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    while text.lines().count() < enough {
        assert!(
            lines.read_line(&mut text).unwrap() > 0,
            "it ended before it was killed"
        );
    }
    child.kill().unwrap();
    child.wait().unwrap();
    lines.read_to_string(&mut text).unwrap();
    acknowledged(&text).collect()
}

/// What is there: sequence and state by packet id. Sequences must be 1, 2, 3 and so on.
fn listed(folder: &Path) -> BTreeMap<String, (u64, String)> {
    let output = torture(folder, &["--list"]).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let mut there = BTreeMap::new();
    for (line, expected) in text.lines().zip(1..) {
        let [id, sequence, state] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}");
        };
        let sequence = sequence.parse().unwrap();
        assert_eq!(sequence, expected, "a gap or a doubled sequence");
        let doubled = there.insert(id.to_owned(), (sequence, state.to_owned()));
        assert_eq!(doubled, None, "a registration is there twice");
    }
    there
}

fn assert_all_wait(folder: &Path, acknowledged: &[String]) {
    let there = listed(folder);
    for id in acknowledged {
        assert!(there.contains_key(id), "{id} was acknowledged and is gone");
    }
    assert!(
        there.values().all(|(_, state)| state == "waits"),
        "a packet is not in the outbox"
    );
}

#[test]
fn killed_at_any_moment_no_acknowledged_registration_is_lost_and_none_is_doubled() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = Vec::new();
    for enough in [1, 7, 2, 30, 3, 11, 5, 17] {
        all.extend(killed_after(folder.path(), enough));
        assert_all_wait(folder.path(), &all);
    }
}

#[test]
fn a_phone_that_dies_while_it_is_set_up_is_set_up_again() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..5 {
        let mut child = torture(folder.path(), &["1"])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Killed wherever it happens to be by now.
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let output = torture(folder.path(), &["2"]).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert_all_wait(folder.path(), &acknowledged(&text).collect::<Vec<_>>());
}

#[test]
fn a_full_disk_is_said_in_words_and_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    // No file may grow beyond 1,000 blocks: for the program that is a disk without room.
    let script = "trap '' XFSZ; ulimit -f 1000; exec \"$0\" torture phone \"$1\" 1000000";
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new("sh")
        .args(["-c", script, TERANGA])
        .arg(folder.path())
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(2), "{words}");
    assert!(words.contains("storage"), "{words}");
    let text = String::from_utf8(stdout).unwrap();
    let acknowledged: Vec<String> = acknowledged(&text).collect();
    assert!(!acknowledged.is_empty());
    assert_all_wait(folder.path(), &acknowledged);
}

#[test]
fn a_truncated_outbox_is_filled_again_and_a_damaged_vault_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let all = killed_after(folder.path(), 20);
    listed(folder.path());
    let outbox = folder.path().join("outbox");
    let bytes = std::fs::read(&outbox).unwrap();
    std::fs::write(&outbox, &bytes[..bytes.len() / 2]).unwrap();
    let _ = std::fs::remove_file(folder.path().join("outbox-wal"));
    let refilled = Command::new(TERANGA)
        .args(["phone", "--folder"])
        .arg(folder.path())
        .args(["--pin", "480274", "--json", "records"])
        .output()
        .unwrap();
    assert!(
        refilled.status.success(),
        "{}",
        String::from_utf8_lossy(&refilled.stderr)
    );
    assert_all_wait(folder.path(), &all);
    let vault = folder.path().join("vault");
    std::fs::write(&vault, "people.csv, not a vault".repeat(500)).unwrap();
    let _ = std::fs::remove_file(folder.path().join("vault-wal"));
    let refused = torture(folder.path(), &["--list"]).output().unwrap();
    let words = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{words}");
    assert!(
        words.contains("the vault does not open") && words.contains("can still be synced"),
        "{words}"
    );
}

/// What `teranga phone` answers.
fn phone(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(TERANGA)
        .args(["phone", "--json", "--folder"])
        .arg(folder)
        .args(arguments)
        .env_remove("TERANGA_PHONE_PIN")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn a_terminal_phone_answers_programs_in_json_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let (status, text) = phone(folder.path(), &["status"]);
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["device"],
        serde_json::Value::Null
    );
    let cases: [(&[&str], &str); 4] = [
        (&["sync"], "scan a ticket first"),
        (&["records"], "TERANGA_PHONE_PIN"),
        (&["--pin", "480274", "records"], "enroll the phone first"),
        (&["--pin", "480274", "enroll", "hello"], "not a ticket"),
    ];
    for (arguments, expected) in cases {
        let (status, text) = phone(folder.path(), arguments);
        assert_eq!(status, Some(2), "{text}");
        assert!(text.contains(expected), "{arguments:?}: {text}");
    }
    let (status, text) = phone(folder.path(), &["--pin", "123456", "enroll", "hello"]);
    assert!(status == Some(2) && text.contains("easy to guess"), "{text}");
    torture(folder.path(), &["3"]).output().unwrap();
    let (status, text) = phone(folder.path(), &["--pin", "480274", "find", "xyz"]);
    assert_eq!((status, text.trim()), (Some(0), r#"{"more":false,"people":[]}"#));
    let (status, text) = phone(folder.path(), &["--pin", "000001", "records"]);
    assert!(status == Some(2) && text.contains("9 tries are left"), "{text}");
    let (_, text) = phone(folder.path(), &["--pin", "480274", "records"]);
    let records: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(records.as_array().unwrap().len(), 3);
    let register = [
        "--pin",
        "480274",
        "register",
        "--given",
        "Awa",
        "--family",
        "Ndiaye",
        "--birth",
        "1990-05-17",
    ];
    let (status, text) = phone(folder.path(), &register);
    assert!(status == Some(0) && text.contains(r#""saved":true"#), "{text}");
    let (status, text) = phone(folder.path(), &[&register[..], &["--force"]].concat());
    assert!(status == Some(0) && text.contains(r#""sequence":5"#), "{text}");
    let (_, text) = phone(folder.path(), &["--pin", "480274", "find", "awa njie"]);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["people"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let (status, text) = phone(folder.path(), &["--pin", "480274", "scan", "TRG1:HELLO"]);
    assert!(status == Some(2) && text.contains("sync once"), "{text}");
    let (status, text) = phone(folder.path(), &["wipe", "--yes"]);
    assert_eq!(status, Some(0), "{text}");
    let (_, text) = phone(folder.path(), &["status"]);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["sequence"],
        0
    );
}
