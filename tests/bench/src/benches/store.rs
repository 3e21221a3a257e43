//! `bench store`: a phone with 50,000 people of its area in the vault.
//!
//! Times are processor time of the calling thread, so that other work on the machine does not count; what a phone adds is
//! its slower processor.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use jiff::civil::date;
use teranga_bench::figures::Figures;
use teranga_bench::register;
use teranga_bench::stopwatch::{median, timed};
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::payload::{Claims, SignedCard};
use teranga_core::card::signing::SigningKey;
use teranga_core::card::text::Form;
use teranga_core::card::token::Token;
use teranga_core::card::trust::{KeyState, Scope, TrustEntry, TrustList};
use teranga_core::find::{Area, Question, people_changes};
use teranga_core::ids::OsRandom;
use teranga_core::person::{Demographics, MpiId};
use teranga_core::registry::Handle;
use teranga_core::registry::bundle::files::Disk;
use teranga_core::registry::bundle::folder::Folder;
use teranga_core::registry::bundle::manifest::{Kind, Manifest};
use teranga_core::registry::bundle::numbers::{Numbered, Numbers};
use teranga_core::registry::bundle::part;
use teranga_core::registry::bundle::people::{self, Known};
use teranga_core::registry::filter::{Build, Key};
use teranga_core::registry::list::StatusList;
use teranga_core::scan::{Eyes, Lists};
use teranga_core::sensitive::Secret;
use teranga_core::session::{Cost, Pin, Slots};
use teranga_core::store::{FileKeystore, Store as _, Vault};

const PEOPLE: usize = 50_000;
const ASKED: usize = 100;

/// Measures.
pub fn run() -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    let folder = tempfile::tempdir()?;
    let everyone = register::generate(PEOPLE, PEOPLE / 10, 7).people;
    let vault = people_in_vault(folder.path(), &everyone, &mut figures)?;
    look_up(folder.path(), &vault, &mut figures)?;
    let (area, seconds) = timed(|| Area::load(&vault));
    let area = area?;
    figures.add(
        "load_ms_50k",
        seconds * 1e3,
        "reading everyone into memory, once an unlock",
    );
    search(&area, &vault, &everyone, &mut figures)?;
    duplicates(&area, &vault, &everyone, &mut figures)?;
    unlock(folder.path(), &mut figures)?;
    Ok(figures)
}

fn people_in_vault(folder: &Path, everyone: &[Demographics], figures: &mut Figures) -> anyhow::Result<Vault> {
    let key = Secret::generate(&mut OsRandom)?;
    let known = everyone
        .iter()
        .enumerate()
        .map(|(number, person)| Known::of(mpi(number), person, &key));
    let mut contents = Vec::new();
    people::write(&mut contents, &key, known)?;
    let mut vault = Vault::open(&folder.join("vault"), &Secret::generate(&mut OsRandom)?)?;
    let (done, seconds) = timed(|| -> anyhow::Result<()> {
        let changes = people_changes(&contents[..])?;
        Ok(vault.commit(changes)?)
    });
    done?;
    figures.add(
        "import_ms_50k",
        seconds * 1e3,
        "taking the people of a new bundle into the vault",
    );
    figures.add(
        "vault_mib_50k",
        vault.size()? as f64 / f64::from(1 << 20),
        "the vault's file",
    );
    Ok(vault)
}

/// Numbers of people that differ and look alike.
#[expect(clippy::unwrap_used, reason = "eight digits are a well-formed number")]
fn mpi(number: usize) -> MpiId {
    MpiId::parse(&format!("SN-DKR-26-{number:08}")).unwrap()
}

/// From the text of a QR code to the verdict, and from a typed number to the same.
fn look_up(folder: &Path, vault: &Vault, figures: &mut Figures) -> anyhow::Result<()> {
    let keys = [Purpose::Root, Purpose::Publisher, Purpose::Issuer];
    let [root, publisher, issuer] =
        keys.map(|purpose| SigningKey::from_seed(purpose, &Secret::take(&mut [purpose as u8 + 1; 32])));
    let lists = lists(&folder.join("bundle"), &root, &publisher, &issuer)?;
    let numbered: Vec<Numbered> = (0..PEOPLE)
        .map(|number| Numbered {
            key: Key::of(&token(number).hash()),
            kid: issuer.kid(),
            campaign: Some("POLIO26".to_owned()),
            issued: date(2026, 3, 1),
            expires: date(2027, 3, 1),
            handles: vec![Handle::Mpi(mpi(number))],
        })
        .collect();
    let numbers = Numbers::of(Secret::generate(&mut OsRandom)?, &numbered)?;
    let eyes = Eyes {
        lists: &lists,
        numbers: Some(&numbers),
        store: vault,
        campaign: Some("POLIO26"),
        round: Some((3, "2026-06")),
        device: Timestamp::constant(1_781_500_000, 0),
        floor: None,
    };
    let (mut scanned, mut typed) = (Vec::new(), Vec::new());
    for number in (0..PEOPLE).step_by(PEOPLE / ASKED) {
        let claims = Claims {
            token: token(number),
            issued: date(2026, 3, 1),
            expires: date(2027, 3, 1),
        };
        let text = Form::Compact.write(&SignedCard::issue(&issuer, &claims)?);
        let (seen, seconds) = timed(|| eyes.scan(&text));
        anyhow::ensure!(seen?.verdict.finding.is_valid(), "a good card is not valid");
        scanned.push(seconds * 1e3);
        let (seen, seconds) = timed(|| eyes.typed(mpi(number).as_str()));
        anyhow::ensure!(seen??.verdict.finding.is_valid(), "a known number is not valid");
        typed.push(seconds * 1e3);
    }
    figures.add(
        "lookup_ms_50k",
        median(scanned),
        "a scanned code: signature, status, what this phone did with the card",
    );
    figures.add("typed_ms_50k", median(typed), "a typed MPI id");
    Ok(())
}

fn token(number: usize) -> Token {
    let mut bytes = [7; 16];
    bytes[..8].copy_from_slice(&(number as u64).to_be_bytes());
    Token(bytes)
}

fn lists(
    folder: &Path,
    root: &SigningKey,
    publisher: &SigningKey,
    issuer: &SigningKey,
) -> anyhow::Result<Lists> {
    let mut trust = TrustList::new(1, date(2026, 3, 1), "Bench", root.public());
    for (key, scope) in [
        (publisher, Scope::Organisation),
        (issuer, Scope::Campaign("POLIO26".to_owned())),
    ] {
        trust.add(TrustEntry {
            kid: key.kid(),
            purpose: key.purpose(),
            public: key.public().0,
            scope,
            not_before: date(2026, 1, 1),
            not_after: date(2027, 12, 31),
            state: KeyState::Active,
        })?;
    }
    let counts: BTreeMap<Kid, u64> = BTreeMap::from([(issuer.kid(), PEOPLE as u64)]);
    let key = |number| Key::of(&token(number).hash());
    // Every hundredth card but the ones that are looked at.
    let revoked = (1..PEOPLE).step_by(100).map(|number| (issuer.kid(), key(number)));
    let mut build = Build::new(&counts, revoked)?;
    for number in 0..PEOPLE {
        build.offer(issuer.kid(), key(number))?;
    }
    let list = StatusList {
        number: 1,
        covers_before: date(2026, 6, 1),
        issued: "2026-06-01T02:00:00Z".parse()?,
        next_update: "2026-07-01T02:00:00Z".parse()?,
        withdrawn: Vec::new(),
        filter: build.finish()?,
    };
    let (signed_trust, signed_list) = (trust.sign(root)?, list.sign(publisher)?);
    let contents = [(Kind::Trust, signed_trust), (Kind::Status, signed_list)];
    let mut folder = Folder::new(Disk::open(folder)?);
    let mut parts = Vec::new();
    for (kind, bytes) in &contents {
        let part = part::store(*kind, 1, bytes);
        folder.write(&part, 0, bytes)?;
        folder.keep(&part)?;
        parts.push(part);
    }
    let manifest = Manifest {
        number: 1,
        built: "2026-06-01T03:00:00Z".parse()?,
        parts,
        recipients: Vec::new(),
    };
    folder.switch(&trust, &manifest.sign(publisher)?, 0)?;
    Lists::open(&folder, None, &root.public())?.context("the bundle was just written")
}

fn search(
    area: &Area,
    vault: &Vault,
    everyone: &[Demographics],
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let (mut times, mut found) = (Vec::new(), 0);
    let asked: Vec<&Demographics> = everyone.iter().step_by(PEOPLE / ASKED).collect();
    for person in &asked {
        let question = Question {
            name: format!("{} {}", person.given, person.family),
            ..Question::default()
        };
        let (answer, seconds) = timed(|| area.search(&question, 10, vault));
        found += usize::from(!answer?.people.is_empty());
        times.push(seconds * 1e3);
    }
    figures.add(
        "search_ms_max_50k",
        times.iter().copied().fold(0.0, f64::max),
        "the slowest of them",
    );
    figures.add(
        "search_ms_50k",
        median(times),
        "a given and a family name, the ten best",
    );
    figures.add(
        "search_found",
        found as f64 / asked.len() as f64,
        "share of them that find someone",
    );
    let beginnings = ["fa", "dia", "m"].map(|name| Question {
        name: name.to_owned(),
        ..Question::default()
    });
    let times = beginnings
        .iter()
        .map(|question| timed(|| area.search(question, 10, vault)).1 * 1e3);
    figures.add(
        "beginning_ms_50k",
        median(times.collect()),
        "the first letters of a name",
    );
    Ok(())
}

fn duplicates(
    area: &Area,
    vault: &Vault,
    everyone: &[Demographics],
    figures: &mut Figures,
) -> anyhow::Result<()> {
    let strangers = register::generate(ASKED, 0, 99).people;
    let mut times = Vec::new();
    for person in strangers.iter().chain(everyone.iter().step_by(PEOPLE / ASKED)) {
        let (alike, seconds) = timed(|| area.alike(person, vault));
        alike?;
        times.push(seconds * 1e3);
    }
    figures.add(
        "duplicate_ms_max_50k",
        times.iter().copied().fold(0.0, f64::max),
        "the slowest of them",
    );
    figures.add(
        "duplicate_ms_50k",
        median(times),
        "a form against everyone, exhaustive and exact",
    );
    Ok(())
}

/// What one PIN costs, by the cost that is chosen for phones.
fn unlock(folder: &Path, figures: &mut Figures) -> anyhow::Result<()> {
    let keystore = FileKeystore::new(folder.join("platform"));
    let mut slots = Slots::open(&folder.join("slots"), keystore)?;
    let pin = Pin::chosen("480274")?;
    slots.give(
        (1, "Awa"),
        &pin,
        &Secret::generate(&mut OsRandom)?,
        Cost::default(),
    )?;
    let mut times = Vec::new();
    for _ in 0..5 {
        let (opened, seconds) = timed(|| slots.unlock(1, &pin));
        opened?;
        times.push(seconds * 1e3);
    }
    let Cost {
        memory_kib, passes, ..
    } = Cost::default();
    figures.add(
        "argon2_mib",
        f64::from(memory_kib) / 1024.0,
        "memory of the chosen cost",
    );
    figures.add("argon2_passes", f64::from(passes), "passes of the chosen cost");
    figures.add(
        "unlock_ms",
        median(times),
        "one PIN, from typed to the key of the vault",
    );
    Ok(())
}
