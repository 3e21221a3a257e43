//! Issuing while servers and workers die: `kill -9` at random, in the middle of a run, on both databases. Afterwards
//! everyone has exactly one card, files are whole, and the counts are true.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where a command does not do as it says"
)]

mod postgres;

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use teranga_core::ids::{self, OsRandom};

/// The program: this build's, or the release that a measured run names.
fn teranga() -> std::ffi::OsString {
    std::env::var_os("ISSUE_TERANGA").unwrap_or_else(|| env!("CARGO_BIN_EXE_teranga").into())
}

/// The database and the processes of one test.
struct Place {
    folder: tempfile::TempDir,
    database: String,
}

impl Place {
    fn new(database: impl FnOnce(&Path) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = database(folder.path());
        Self { folder, database }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(teranga());
        command.args(arguments).current_dir(self.folder.path());
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TERANGA_")) {
            command.env_remove(name);
        }
        command
            .env("TERANGA_DATA", self.folder.path().join("data"))
            .env("TERANGA_DATABASE", &self.database)
            .env("TERANGA_ORGANISATION", "main")
            .env("TERANGA_LEASE_SECONDS", "2")
            .env("TERANGA_LOG", "error");
        command
    }

    fn succeed(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A process that works: a server, or a worker.
    fn work(&self, arguments: &[&str]) -> Child {
        self.command(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// A campaign with people, who came as a ministry's list comes.
    fn fill(&self, people: usize) {
        // The first start makes keys, tables and the organization.
        let mut server = self.work(&["serve", "--listen", "127.0.0.1:0", "--workers", "0"]);
        let begun = Instant::now();
        while !self
            .command(&["campaign", "quota"])
            .output()
            .unwrap()
            .status
            .success()
        {
            assert!(
                begun.elapsed() < Duration::from_secs(120),
                "the server does not start"
            );
        }
        server.kill().unwrap();
        server.wait().unwrap();
        self.succeed(&[
            "admin",
            "programs",
            "add",
            "malaria",
            "Malaria 2026",
            "--kind",
            "malaria",
        ]);
        self.succeed(&[
            "admin",
            "campaigns",
            "add",
            "malaria",
            "nets",
            "Nets",
            "--prefix",
            "NET26",
        ]);
        let mut list = String::from("given,family,birth,sex,region\n");
        for at in 0..people {
            writeln!(
                list,
                "{}{at},Diallo{at},{},F,DKR",
                letters(at * 7919),
                1930 + at % 90
            )
            .unwrap();
        }
        std::fs::write(self.folder.path().join("people.csv"), list).unwrap();
        self.succeed(&["import", "people.csv", "--program", "malaria"]);
        self.succeed(&["campaign", "people", "nets"]);
        self.succeed(&["campaign", "quota", &people.to_string()]);
    }

    fn view(&self, run: &str) -> Option<Value> {
        let output = self
            .command(&["campaign", "status", run, "--json"])
            .output()
            .unwrap();
        serde_json::from_slice(&output.stdout).ok()
    }
}

/// A word that no other number has.
fn letters(mut number: usize) -> String {
    let mut word = String::from("X");
    while number > 0 {
        word.push(char::from(b'a' + (number % 26) as u8));
        number /= 26;
    }
    word
}

/// A number below `bound`, by chance.
fn chance(bound: usize) -> usize {
    usize::from(u16::from_be_bytes(ids::bytes(&mut OsRandom).unwrap())) % bound
}

/// Runs until everyone has a card, and kills a process at random `kills` times on the way; `after` hears of each.
fn crash(place: &Place, people: usize, kills: usize, workers: usize, after: impl Fn(usize)) {
    place.fill(people);
    let shard: &str = &(people / 16).to_string();
    let started = place.succeed(&["campaign", "generate", "nets", "--shard", shard, "--json"]);
    let run = serde_json::from_str::<Value>(&started).unwrap()["id"].to_string();
    let server = ["serve", "--listen", "127.0.0.1:0", "--workers", "1"];
    let start = |at: usize| {
        if at == 0 {
            place.work(&server)
        } else {
            place.work(&["worker", "--workers", "1"])
        }
    };
    let mut working: Vec<Child> = (0..=workers).map(start).collect();
    let begun = Instant::now();
    let (mut killed, mut last) = (0, 0);
    loop {
        assert!(
            begun.elapsed() < Duration::from_secs(1_200),
            "the run does not end: {:?}",
            place.view(&run)
        );
        let Some(view) = place.view(&run) else { continue };
        if view["state"] == "ended" {
            break;
        }
        // A kill for every tenth of the people, somewhere in it.
        let seen = view["looked_at"].as_u64().unwrap() as usize;
        if killed < kills && seen >= last + chance(people / kills + 1) {
            let victim = chance(working.len());
            working[victim].kill().unwrap();
            working[victim].wait().unwrap();
            working[victim] = start(victim);
            (killed, last) = (killed + 1, seen);
            after(killed);
        }
    }
    for mut one in working {
        one.kill().unwrap();
        one.wait().unwrap();
    }
    assert!(killed >= kills / 2, "only {killed} kills: the run was too quick");
    let view = place.view(&run).unwrap();
    let counts =
        ["made", "refused", "shards_failed", "people"].map(|name| view[name].as_u64().unwrap() as usize);
    assert_eq!(counts, [people, 0, 0, people]);
    let quota: Value = serde_json::from_str(&place.succeed(&["campaign", "quota", "--json"])).unwrap();
    assert_eq!([&quota["used"], &quota["reserved"]], [people, 0]);
    whole(place, &run, people);
}

/// Every file that counts is whole, nothing else was left, and together they have one card for each.
fn whole(place: &Place, run: &str, people: usize) {
    let out = place.folder.path().join("out");
    place.succeed(&["campaign", "files", run, "--out", out.to_str().unwrap()]);
    let mut codes = std::collections::BTreeSet::new();
    let mut kept = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(&out).unwrap().map(Result::unwrap) {
        let bytes = std::fs::read(entry.path()).unwrap();
        kept.insert(Sha256::digest(&bytes).to_vec());
        if entry.path().extension().unwrap() == "zip" {
            codes.extend(cards_of(&entry.path()));
        }
    }
    assert_eq!(codes.len(), people, "one card each, none twice");
    let mut folders = vec![place.folder.path().join("data/files/runs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let digest = Sha256::digest(std::fs::read(entry.path()).unwrap()).to_vec();
                assert!(
                    kept.contains(&digest),
                    "{} counts for nothing",
                    entry.path().display()
                );
            }
        }
    }
}

/// The codes of an archive's cards; its checksums are compared on the way.
fn cards_of(archive: &Path) -> Vec<String> {
    const READ: &str = "import sys,zipfile,hashlib,csv,io\n\
        z=zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None\n\
        for line in z.read('SHA256SUMS').decode().splitlines():\n\
        \x20 digest,name=line.split('  ',1); assert hashlib.sha256(z.read(name)).hexdigest()==digest,name\n\
        for row in csv.DictReader(io.StringIO(z.read('cards.csv').decode())): print(row['card_code'])";
    let output = Command::new("python3")
        .args(["-c", READ])
        .arg(archive)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}: {}",
        archive.display(),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

/// People of a run: as many as are asked for, for a run that is measured; few enough that the test is quick.
fn people() -> usize {
    let asked = std::env::var("ISSUE_PEOPLE").ok();
    asked.map_or(400, |number| {
        number.parse().unwrap_or_else(|_| panic!("a number of people"))
    })
}

#[test]
fn a_server_that_is_killed_ten_times_makes_one_card_a_person() {
    let place = Place::new(|folder| folder.join("teranga.db").display().to_string());
    crash(&place, people(), 10, 0, |_| {});
}

#[test]
fn workers_that_are_killed_ten_times_and_a_postgres_that_restarts_make_one_card_a_person() {
    let server = postgres::Server::start();
    let place = Place::new(|_| server.url());
    crash(&place, people(), 10, 2, |killed| {
        // As a crash of its machine would, in the middle.
        if killed == 5 {
            server.restart();
        }
    });
}
