//! The index when the program dies, the disk is full or the file is damaged: what was acknowledged is there afterwards,
//! nothing is half done, and the next start goes on.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where a command does not do as it says"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use teranga_server::db::{Address, Db, DbError, Settings, sql};

const TERANGA: &str = env!("CARGO_BIN_EXE_teranga");

/// What a run said before it died.
#[derive(Debug, Default)]
struct Said {
    acknowledged: BTreeSet<String>,
    merged: Vec<(String, String)>,
}

impl Said {
    fn take(&mut self, line: &str) {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["ACK", number] if is_whole(number) => {
                self.acknowledged.insert(number.to_owned());
            }
            ["MERGED", survivor, other] if is_whole(survivor) && is_whole(other) => {
                self.merged.push((survivor.to_owned(), other.to_owned()));
            }
            _ => {}
        }
    }
}

/// A number whose line was not cut.
fn is_whole(number: &str) -> bool {
    number.len() == "SN-DKR-26-9XQ7LM2A".len()
}

/// Every number that is there, and the one that it leads to.
fn listed(folder: &Path) -> BTreeMap<String, String> {
    let output = Command::new(TERANGA)
        .args(["torture", "server", "--list"])
        .arg(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let pair = |line: &str| {
        let (number, root) = line.split_once(' ').unwrap();
        (number.to_owned(), root.to_owned())
    };
    text.lines().map(pair).collect()
}

/// Runs until `enough`, kills as `kill -9` does, and gives all that was said.
fn killed_after(command: &mut Command, said: &mut Said, enough: impl Fn(&Said) -> bool) {
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !enough(said) {
        line.clear();
        assert!(
            lines.read_line(&mut line).unwrap() > 0,
            "it ended before it was killed"
        );
        said.take(line.trim_end());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    rest.lines().for_each(|line| said.take(line));
}

fn assert_all_is_there(said: &Said, folder: &Path) {
    let there = listed(folder);
    for number in &said.acknowledged {
        assert!(
            there.contains_key(number),
            "{number} was acknowledged and is gone"
        );
    }
    for (survivor, other) in &said.merged {
        assert_eq!(
            there[other], there[survivor],
            "a merge was acknowledged and is gone"
        );
    }
    for root in there.values() {
        assert_eq!(&there[root], root, "a number leads to one that leads on");
    }
}

#[test]
fn killed_at_any_moment_nothing_acknowledged_is_lost_and_nothing_is_half_done() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = Said::default();
    for round in 1..=3 {
        let mut command = Command::new(TERANGA);
        command
            .args(["torture", "server", "--merge"])
            .arg(folder.path())
            .arg("1000000");
        killed_after(&mut command, &mut said, |said| {
            said.acknowledged.len() >= 150 * round && said.merged.len() >= 10 * round
        });
        assert_all_is_there(&said, folder.path());
    }
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let file = Address::Sqlite(folder.path().join("teranga.db"));
        let db = Db::open(&file, Settings::default()).await.unwrap();
        for (halves, of) in [
            ("SELECT count(*) FROM identities WHERE parent IS NULL AND number IS NULL", "numbers"),
            ("SELECT count(*) FROM identities i WHERE NOT EXISTS (SELECT 1 FROM facts f WHERE f.identity = i.id)", "facts"),
            ("SELECT count(*) FROM identities i WHERE NOT EXISTS (SELECT 1 FROM prepared p WHERE p.identity = i.id)", "prepared forms"),
            ("SELECT count(*) FROM identities i WHERE NOT EXISTS (SELECT 1 FROM audit a WHERE a.target = 'identity:' || i.id)", "audit rows"),
            ("SELECT count(*) FROM numbers n WHERE NOT EXISTS (SELECT 1 FROM identities i WHERE i.id = n.identity)", "people"),
        ] {
            assert_eq!(sql::number(db.reader(), halves, []).await, Ok(0), "someone is without {of}");
        }
    });
}

#[test]
fn a_full_disk_is_said_in_words_and_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    // No file may grow beyond 6,000 blocks: for the program that is a disk without room.
    let script = "trap '' XFSZ; ulimit -f 6000; exec \"$0\" torture server \"$1\" 1000000";
    let output = Command::new("sh")
        .args(["-c", script, TERANGA])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(2),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(
        words.contains("error: ") && (words.contains("disk") || words.contains("database")),
        "{words}"
    );
    let mut said = Said::default();
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .for_each(|line| said.take(line));
    assert!(!said.acknowledged.is_empty());
    assert_all_is_there(&said, folder.path());
}

#[test]
fn a_damaged_file_is_refused_with_words_that_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("teranga.db"),
        "people.csv, not a database".repeat(500),
    )
    .unwrap();
    let Output { status, stderr, .. } = Command::new(TERANGA)
        .args(["torture", "server"])
        .arg(folder.path())
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&stderr);
    assert_eq!(status.code(), Some(2), "{words}");
    assert!(
        words.contains("damaged") && words.contains("restore the last backup"),
        "{words}"
    );
}

/// People who have nothing in common but the region.
fn spreadsheet(rows: usize) -> String {
    let mut text = "prénom,nom,naissance,sexe,région,téléphone\n".to_owned();
    let letters = |mut number: usize| {
        let mut word = String::from("K");
        for _ in 0..4 {
            word.push(['a', 'e', 'i', 'o', 'u'][number % 5]);
            number /= 5;
            word.push(['b', 'd', 'f', 'g', 'l', 'm', 'n', 'r', 's', 't'][number % 10]);
            number /= 10;
        }
        word
    };
    for at in 0..rows {
        let (given, family) = (letters(at * 7919), letters(at * 104_729 + 13));
        let (year, month, day) = (1930 + at % 90, 1 + at / 90 % 12, 1 + at / 1080 % 28);
        writeln!(
            text,
            "{given},{family},{year}-{month:02}-{day:02},F,DKR,77{:07}",
            at * 1_009 % 10_000_000
        )
        .unwrap();
    }
    text
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_killed_takes_in_each_row_exactly_once() {
    const ROWS: i64 = 3_500;
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("teranga.db");
    let people = folder.path().join("people.csv");
    std::fs::write(&people, spreadsheet(ROWS as usize)).unwrap();
    let db = Db::open(&Address::Sqlite(database.clone()), Settings::default())
        .await
        .unwrap();
    let text = "INSERT INTO organisations (id, code, name, country, created) VALUES (1, 'moh', 'n', 'SN', 0)";
    let added: Result<u64, DbError> = db.write(move |tx| Box::pin(sql::run(tx, text, []))).await;
    added.unwrap();
    let import = || {
        let mut command = Command::new(TERANGA);
        command
            .args(["import", "--organisation", "moh", "--database"])
            .arg(&database)
            .arg(&people);
        command
    };
    let done = async || {
        sql::number(db.reader(), "SELECT coalesce(max(rows_done), 0) FROM imports", [])
            .await
            .unwrap()
    };
    for before in [0, 1_000] {
        let mut child = import()
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while done().await <= before {
            assert!(
                child.try_wait().unwrap().is_none(),
                "it ended before it was killed"
            );
            tokio::task::yield_now().await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let output = import().output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("going on after"), "{said}");
    for (count, expected) in [
        ("SELECT count(*) FROM import_rows", ROWS),
        ("SELECT count(DISTINCT line) FROM import_rows", ROWS),
        ("SELECT count(*) FROM identities", ROWS),
        ("SELECT rows_done FROM imports", ROWS),
    ] {
        assert_eq!(sql::number(db.reader(), count, []).await, Ok(expected), "{count}");
    }
}
