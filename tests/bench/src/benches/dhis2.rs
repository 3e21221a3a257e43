//! `bench dhis2`: a hundred thousand enrollments of a DHIS2 server into a large register, and again after one in a hundred
//! changed.
//!
//! The server is replayed in the bench's own process (2.42, rows made when they are asked for), so that its work and its
//! memory are in the figures too. The register is an SQLite file that commits to disk; one enrollment in ten is of someone
//! who is in it. The guard's figures are of the half of the labelled names that was not looked at.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use teranga_core::guard::{Attribute, Category, Guard};
use teranga_core::ids::OsRandom;
use teranga_core::person::{Demographics, Sex};
use teranga_core::sensitive::Secret;
use teranga_server::access::Actor;
use teranga_server::app::Clock;
use teranga_server::db::{Address, Db, DbError, Settings, sql};
use teranga_server::dhis2::client::{Base, Credentials, Limits, Policy};
use teranga_server::dhis2::mapping::{CardField, guard_of, resolve};
use teranga_server::dhis2::replay::{Edition, Person, Replay, Rows, World};
use teranga_server::dhis2::sync::{Room, Run, Wanted, sync};
use teranga_server::dhis2::{Connection, Manners, Programme, connect, map, programme};
use teranga_server::keys::Vault;
use teranga_server::mpi::{Index, Registration};

use teranga_bench::figures::Figures;
use teranga_bench::register;
use teranga_bench::stopwatch::process_seconds;

const PROGRAM: &str = "aBcDeFgHiJ1";
const ROOT: &str = "Rootunit001";
const PEOPLE: usize = 1_000_000;
const ENROLLMENTS: usize = 100_000;
const LOADED_TOGETHER: usize = 20_000;

/// Measures with a register of `people` and so many `enrollments`.
pub fn run(people: Option<usize>, enrollments: Option<usize>) -> Result<Figures> {
    let (people, enrollments) = (people.unwrap_or(PEOPLE), enrollments.unwrap_or(ENROLLMENTS));
    let mut figures = Figures::default();
    guard(&mut figures)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(syncs(people, enrollments, &mut figures))?;
    Ok(figures)
}

/// Recall and precision on the names of odd number.
fn guard(figures: &mut Figures) -> Result<()> {
    let labelled = include_str!("../../../fixtures/guard/attributes.tsv");
    let guard = Guard::default();
    let (mut right, mut wrong, mut missed) = (0.0, 0.0, 0.0);
    let lines = labelled.lines().filter(|line| !line.starts_with('#'));
    for line in lines.skip(1).step_by(2) {
        let mut cells = line.split('\t');
        let category = cells.next().and_then(Category::of_name);
        let mut next = || cells.next().unwrap_or_default();
        let (name, code, option_set) = (next(), next(), next());
        let is_found = guard.is_sensitive(&Attribute {
            code,
            name,
            option_set,
        });
        match (category.is_some(), is_found) {
            (true, true) => right += 1.0,
            (true, false) => missed += 1.0,
            (false, true) => wrong += 1.0,
            (false, false) => {}
        }
    }
    ensure!(right > 100.0, "the labelled names are missing");
    figures.add(
        "guard_recall",
        right / (right + missed),
        "of the sensitive names found",
    );
    figures.add(
        "guard_precision",
        right / (right + wrong),
        "of those found sensitive",
    );
    Ok(())
}

async fn syncs(people: usize, enrollments: usize, figures: &mut Figures) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let address = Address::Sqlite(folder.path().join("teranga.db"));
    let newcomers = Arc::new(fill(&address, people, enrollments).await?);
    let db = Db::open(&address, Settings::default()).await?;
    let replay = Replay::start(world(&newcomers, false)).await?;
    let vault = Vault::new(Secret::generate(&mut OsRandom)?);
    let clock = Clock::system();
    let index = Index::new(db.clone());
    let actor = Actor::console(1, clock.millis());
    let found = connected(&db, &vault, &actor, &replay).await?;
    let room = Room {
        limits: Limits::default(),
        ..Room::new(&db, &index, &vault, &clock)
    };
    let before = resident()?;
    let first = measured(
        room,
        &actor,
        &found,
        ("first_sync_s_100k", "first_sync_cpu_s"),
        figures,
    )
    .await?;
    ensure!(first.people == i64::try_from(enrollments)?, "{first:?}");
    let outcomes = first.linked + first.review + first.alert + first.new;
    let shares = outcomes as f64 / enrollments as f64;
    figures.add("taken_in", shares, "of the enrollments are taken in");
    figures.add(
        "first_sync_growth_mib",
        resident()? - before,
        "memory more than before",
    );
    replay.become_world(world(&newcomers, true));
    let found = programme(db.reader(), 1, PROGRAM).await?;
    let second = measured(
        room,
        &actor,
        &found,
        ("second_sync_s", "second_sync_cpu_s"),
        figures,
    )
    .await?;
    ensure!(second.changed > 0 && second.kind == "changes", "{second:?}");
    figures.add(
        "second_sync_people",
        second.people as f64,
        "people whom the second sync read",
    );
    figures.add(
        "rss_mib",
        peak()?,
        "most memory of the process, with the DHIS2 server and the bench in it",
    );
    db.close().await?;
    Ok(())
}

async fn measured(
    room: Room<'_>,
    actor: &Actor,
    programme: &Programme,
    (wall, cpu): (&str, &str),
    figures: &mut Figures,
) -> Result<Run> {
    let (start, used) = (Instant::now(), process_seconds());
    let run = sync(room, actor, programme, &Wanted::usual("manual")).await?;
    figures.add(wall, start.elapsed().as_secs_f64(), "seconds from start to end");
    figures.add(
        cpu,
        process_seconds() - used,
        "seconds of processor time, the DHIS2 server's among them",
    );
    Ok(run)
}

/// Fills the register; gives the people of the enrollments, one in ten of whom is in it.
async fn fill(address: &Address, people: usize, enrollments: usize) -> Result<Vec<Demographics>> {
    let settings = Settings {
        durable: false,
        ..Settings::default()
    };
    let db = Db::open(address, settings).await?;
    let text =
        "INSERT INTO organisations (id, code, name, country, created) VALUES (1, 'moh', 'Ministry', 'SN', 0)";
    let added: Result<u64, DbError> = db.write(move |tx| Box::pin(sql::run(tx, text, []))).await;
    added?;
    let all = register::generate(people, people / 10, 5).people;
    let index = Index::new(db.clone());
    let registration = |person: &Demographics| Registration {
        actor: Actor::console(1, 0),
        person: person.clone(),
        source: "api".into(),
        program: None,
        key: None,
    };
    for chunk in all.chunks(LOADED_TOGETHER) {
        for outcome in index
            .register_all(chunk.iter().map(registration).collect())
            .await?
        {
            outcome?;
        }
    }
    drop(index);
    db.close().await?;
    let mut newcomers = register::generate(enrollments, 0, 77).people;
    for (at, one) in newcomers.iter_mut().enumerate().filter(|(at, _)| at % 10 == 0) {
        *one = all[at * 7919 % all.len()].clone();
    }
    Ok(newcomers)
}

/// Attributes of the program: UID, code, name.
const ATTRIBUTES: [(&str, &str, &str, &str); 8] = [
    ("AttrGiven01", "GIVEN", "Prénom(s)", "first_name"),
    ("AttrFamily1", "FAMILY", "Nom de famille", "last_name"),
    ("AttrBirth01", "BIRTH", "Date de naissance", "date_of_birth"),
    ("AttrSex0001", "SEX", "Sexe", "sex"),
    ("AttrPhone01", "PHONE", "Téléphone", "phone"),
    ("AttrCommun1", "COMMUNE", "Commune", "commune"),
    ("AttrVillag1", "VILLAGE", "Village", "village"),
    ("AttrHivSta1", "VIH_STA", "Statut VIH", "kept"),
];

/// A DHIS2 server of these people; `later`, one in a hundred has another phone.
fn world(people: &Arc<Vec<Demographics>>, later: bool) -> World {
    let regions: BTreeMap<String, String> = people
        .iter()
        .map(|one| one.place.region.clone())
        .map(|region| (format!("Region{:>05}", region), region))
        .map(|(uid, region)| {
            (
                uid.chars()
                    .map(|c| if c.is_ascii_alphanumeric() { c } else { '0' })
                    .collect(),
                region,
            )
        })
        .collect();
    let mut units = vec![json!({"id": ROOT, "name": "Sénégal", "path": format!("/{ROOT}")})];
    units.extend(
        regions
            .iter()
            .map(|(uid, name)| json!({"id": uid, "name": name, "path": format!("/{ROOT}/{uid}")})),
    );
    let by_region: BTreeMap<String, String> =
        regions.into_iter().map(|(uid, region)| (region, uid)).collect();
    let attributes: Vec<_> = ATTRIBUTES
        .iter()
        .map(|(uid, code, name, _)| {
            json!({"mandatory": false, "trackedEntityAttribute": {"id": uid, "code": code, "displayName": name,
                "valueType": "TEXT"}})
        })
        .collect();
    let is_changed = move |at: usize| later && at.is_multiple_of(100);
    let updated = move |at: usize| {
        let time = if is_changed(at) {
            "2026-11-23T03:30:00.000"
        } else {
            "2026-11-22T10:00:00.000"
        };
        time.to_owned()
    };
    let people = Arc::clone(people);
    let count = people.len();
    let row = move |at: usize| {
        let person = &people[at];
        let unit = by_region.get(&person.place.region).map_or(ROOT, String::as_str);
        Person {
            row: tracked(at, person, unit, (is_changed(at), &updated(at))),
            updated: updated(at),
            path: format!("/{ROOT}/{unit}"),
            deleted: false,
        }
    };
    World {
        edition: Edition::V42,
        version: "2.42.4.1".into(),
        now: if later {
            "2026-11-23T04:00:00.000"
        } else {
            "2026-11-23T02:00:00.000"
        }
        .into(),
        me: json!({"username": "sync", "organisationUnits": [{"id": ROOT}]}),
        programs: vec![
            json!({"id": PROGRAM, "code": "PEV", "displayName": "PEV", "programType": "WITH_REGISTRATION",
            "access": {"data": {"write": false}}, "programTrackedEntityAttributes": attributes}),
        ],
        units,
        option_sets: vec![],
        people: BTreeMap::from([(
            PROGRAM.to_owned(),
            Rows::Made {
                count,
                updated: Arc::new(updated),
                row: Arc::new(row),
            },
        )]),
        enrollments: BTreeMap::new(),
        credentials: vec!["ApiToken d2p_bench".into()],
    }
}

fn tracked(
    at: usize,
    person: &Demographics,
    unit: &str,
    (changed, updated): (bool, &str),
) -> serde_json::Value {
    let birth = person.birth.map(|birth| birth.to_string()).unwrap_or_default();
    let sex = match person.sex {
        Sex::Female => "F",
        Sex::Male => "M",
        _ => "",
    };
    let phone = if changed {
        format!("+22177{at:07}")
    } else {
        person.phone.clone().unwrap_or_default()
    };
    let values = [
        person.given.clone(),
        person.family.clone(),
        birth,
        sex.to_owned(),
        phone,
        person.place.commune.clone(),
        person.place.village.clone(),
        "NEG".to_owned(),
    ];
    let attributes: Vec<_> = ATTRIBUTES
        .iter()
        .zip(values)
        .filter(|(_, value)| !value.is_empty())
        .map(|((uid, ..), value)| json!({"attribute": uid, "value": value}))
        .collect();
    json!({"trackedEntity": format!("T{at:010}"), "createdAt": "2026-11-22T10:00:00.000", "updatedAt": updated,
        "orgUnit": unit, "deleted": false, "attributes": attributes,
        "enrollments": [{"enrollment": format!("E{at:010}"), "program": PROGRAM, "status": "ACTIVE",
            "enrolledAt": "2026-10-01T00:00:00.000", "orgUnit": unit, "deleted": false}]})
}

/// Connects the register to the replayed server and maps its program.
async fn connected(db: &Db, vault: &Vault, actor: &Actor, replay: &Replay) -> Result<Programme> {
    let connection = Connection {
        organisation: 1,
        base: Base::parse(&replay.url(), Policy::OwnNetwork)?,
        credentials: Credentials::Token("d2p_bench".to_owned().into()),
        version: "2.42".into(),
        can_write: 0,
        manners: Manners {
            pause_ms: 0,
            page_size: 1_000,
            ..Manners::default()
        },
    };
    let limits = Limits {
        pause: std::time::Duration::ZERO,
        ..Limits::default()
    };
    let programs = connection.client(limits)?.programs().await?;
    connect(db, vault, actor, connection).await?;
    let guard = guard_of(db.reader(), 1).await?;
    let wanted: Vec<(String, CardField)> = ATTRIBUTES
        .iter()
        .map(|(_, code, _, field)| Ok(((*code).to_owned(), field.parse()?)))
        .collect::<Result<_>>()?;
    let program = programs.first().context("the replayed server has a program")?;
    let mappings = resolve(&guard, program, &wanted)?;
    Ok(map(db, actor, &guard, program, mappings).await?)
}

fn status(name: &str) -> Result<f64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kib: f64 = line
        .context("no memory")?
        .trim()
        .trim_end_matches(" kB")
        .parse()?;
    Ok(kib / 1024.0)
}

fn resident() -> Result<f64> {
    status("VmRSS:")
}

fn peak() -> Result<f64> {
    status("VmHWM:")
}
