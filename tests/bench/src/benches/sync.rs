//! `bench sync`: phones and a server.
//!
//! Taking in: sixteen phones send batches of a hundred registrations, sealed and signed, against a register on SQLite that
//! commits to disk; decompressing, opening, matching, writing and signing the receipts are in the figure, TCP is not. One in
//! ten newcomers is in the register already. Bytes up: one such batch as it is sent. First verdict: everything that a phone
//! receives from its ticket to its first verdict, with the status of ten million cards. Power cuts: see
//! [`teranga_journeys::kill`]; server and phone are processes of this program.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result, anyhow, ensure};
use axum::Router;
use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::trust::Scope;
use teranga_core::clock;
use teranga_core::registry::bundle::manifest::{Kind, Manifest};
use teranga_core::wire::batch::PacketsRequest;
use teranga_core::wire::bundle::BundleAnswer;
use teranga_core::wire::enroll::{AppInfo, EnrollRequest};
use teranga_core::wire::packet::SealedPacket;
use teranga_core::wire::path;
use teranga_core::wire::receipt::Outcome;
use teranga_core::wire::session::SessionRequest;
use teranga_core::wire::ticket::Ticket;
use teranga_server::access::Actor;
use teranga_server::app::{App, Clock, testing};
use teranga_server::db::{Address, Db, DbError, Settings, sql};
use teranga_server::devices::testing::{Phone, Refusal, ask_bytes, body_of};
use teranga_server::devices::ticket::{self, Wanted};
use teranga_server::router::{Metrics, router};

use teranga_bench::figures::Figures;
use teranga_bench::register;
use teranga_bench::stopwatch::process_seconds;
use teranga_journeys::kill;

use super::{mpi, world};

const PHONES: usize = 16;
const BATCHES: usize = 8;
const TOGETHER: usize = 100;

/// Measures with a register of `people`, and so many power cuts.
pub fn run(people: Option<usize>, kills: Option<usize>) -> Result<Figures> {
    let mut figures = Figures::default();
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(taking_in(people.unwrap_or(1_000_000), &mut figures))?;
    runtime.block_on(first_verdict(&mut figures))?;
    power_cuts(kills.unwrap_or(1_000), &mut figures)?;
    Ok(figures)
}

/// A server over a database with the organization 1, and its agent's number.
async fn office(db: &Db) -> Result<(App, Router, u64)> {
    let app = testing::over(db.clone(), testing::limits(), Clock::system());
    let work = db.write(|tx| {
        Box::pin(async move {
            const USER: &str = "INSERT INTO users (organisation, login, name, password, password_changed, created) \
                 VALUES (1, 'agent', 'Agent', '!', 0, 0) RETURNING id";
            let id = sql::number(tx, USER, []).await?;
            const ROLE: &str = "INSERT INTO user_roles (user_id, role, area) VALUES ($1, 'enrollment-agent', '')";
            sql::run(tx, ROLE, [id.into()]).await?;
            Ok::<_, DbError>(id.unsigned_abs())
        })
    });
    let agent = work.await?;
    Ok((app.clone(), router(app, Metrics::default()), agent))
}

async fn invite(app: &App) -> Result<String> {
    let actor = Actor::console(1, clock::now().as_millisecond());
    let wanted = Wanted {
        name: "Phone".to_owned(),
        area: "SN".parse()?,
        server: "https://teranga.example.org".to_owned(),
    };
    Ok(ticket::make(&app.db, &app.keys, &actor, wanted).await?.text)
}

fn refused((status, code): Refusal) -> anyhow::Error {
    anyhow!("the server refused: {status} {code}")
}

async fn phone(app: &App, router: &Router) -> Result<Phone> {
    let mut phone = Phone::default();
    phone.enroll(router, &invite(app).await?).await.map_err(refused)?;
    phone.open(router).await.map_err(refused)?;
    phone.listen(router).await.map_err(refused)?;
    Ok(phone)
}

async fn taking_in(people: usize, figures: &mut Figures) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = Address::Sqlite(folder.path().join("teranga.db"));
    let all = register::generate(people, people / 10, 5).people;
    mpi::fill(&file, &all, "sqlite", figures).await?;
    let db = Db::open(&file, Settings::default()).await?;
    let (app, router, agent) = office(&db).await?;
    let newcomers = mpi::newcomers(&all, PHONES * BATCHES * TOGETHER, 77);
    drop(all);
    let mut phones = Vec::new();
    for own in newcomers.chunks(BATCHES * TOGETHER) {
        let mut phone = phone(&app, &router).await?;
        for person in own {
            phone.register(agent, person.clone());
        }
        phones.push(phone);
    }
    let batch: Vec<SealedPacket> = phones
        .first()
        .context("a phone")?
        .outbox
        .values()
        .take(TOGETHER)
        .cloned()
        .collect();
    let up = body_of(&PacketsRequest::of(&batch)).len();
    figures.add("up_bytes_100", up as f64, "bytes up for 100 registrations");
    let (start, cpu) = (Instant::now(), process_seconds());
    let mut sending = Vec::new();
    for mut phone in phones {
        let router = router.clone();
        sending.push(tokio::spawn(async move {
            while !phone.outbox.is_empty() {
                phone.push(&router).await.map_err(refused)?;
            }
            Ok::<_, anyhow::Error>(phone)
        }));
    }
    let mut linked = 0;
    for sent in sending {
        let phone = sent.await??;
        linked += phone
            .receipts
            .values()
            .filter(|outcome| **outcome == Outcome::Linked)
            .count();
    }
    let count = newcomers.len() as f64;
    figures.add(
        "ingest_per_s",
        count / start.elapsed().as_secs_f64(),
        "registrations a second, 16 phones, SQLite",
    );
    let cpu = (process_seconds() - cpu) / count * 1e3;
    figures.add(
        "ingest_cpu_ms",
        cpu,
        "processor time for one, the phones' share in it",
    );
    figures.add(
        "ingest_linked",
        linked as f64 / count,
        "share that was in the register",
    );
    let held = sql::number(db.reader(), "SELECT count(*) FROM device_packets", []).await?;
    ensure!(held == newcomers.len() as i64, "{held} packets are there");
    Ok(db.close().await?)
}

/// Bytes that a phone receives until it can say a first verdict.
async fn first_verdict(figures: &mut Figures) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let db = Db::open(
        &Address::Sqlite(folder.path().join("teranga.db")),
        Settings::default(),
    )
    .await?;
    let organisation: Result<u64, DbError> = db
        .write(|tx| {
            let text = "INSERT INTO organisations (id, code, name, country, created) VALUES (1, 'moh', 'Ministry', 'SN', 0)";
            Box::pin(sql::run(tx, text, []))
        })
        .await;
    organisation?;
    let (app, router, _) = office(&db).await?;
    publish_ten_million(&app).await?;

    let (mut phone, text) = (Phone::default(), invite(&app).await?);
    phone.enroll(&router, &text).await.map_err(refused)?;
    let secret = Ticket::parse(&text)?.secret;
    let enroll = EnrollRequest::sign(&secret, phone.keys(), AppInfo::default(), &phone.signing)?;
    let get = |place, token: Option<String>| {
        let router = router.clone();
        async move {
            ask_bytes(&router, ("GET", place), token.as_deref(), &())
                .await
                .map_err(refused)
        }
    };
    let mut bytes = ask_bytes(&router, ("POST", path::ENROLL), None, &enroll)
        .await
        .map_err(refused)?
        .len() as u64;
    let ask = SessionRequest::ask(phone.id());
    bytes += ask_bytes(&router, ("POST", path::SESSION), None, &ask)
        .await
        .map_err(refused)?
        .len() as u64;
    let standing = phone.open(&router).await.map_err(refused)?;
    bytes += body_len(&standing)?;
    let token = phone.token().map(str::to_owned);
    bytes += get(path::DOWNLINK, token.clone()).await?.len() as u64;
    let answer = get(path::BUNDLE, token).await?;
    bytes += answer.len() as u64;
    let answer: BundleAnswer = serde_json::from_slice(&answer)?;
    let manifest = Manifest::claimed(&answer.manifest.0)?;
    let lists = manifest
        .parts
        .iter()
        .filter(|part| matches!(part.kind, Kind::Trust | Kind::Status));
    let lists: u64 = lists.map(|part| part.size).sum();
    figures.add(
        "lists_bytes",
        lists as f64,
        "of those, trust list and status of 10 million cards",
    );
    figures.add(
        "first_verdict_bytes",
        (bytes + lists) as f64,
        "bytes down from the ticket to the first verdict",
    );
    Ok(db.close().await?)
}

/// A standing as it is sent: signed, in base64, with a token beside it.
fn body_len(standing: &teranga_core::wire::session::Standing) -> Result<u64> {
    let json = serde_json::to_vec(standing)?.len() as u64;
    Ok((json + 80) * 4 / 3 + 150)
}

/// Puts a status list of ten million cards, one in a hundred revoked, in the place of the server's own.
async fn publish_ten_million(app: &App) -> Result<()> {
    let list = world::list(world::filter(Kid([1, 2, 3, 4]), 100)?)?;
    let signed = list.sign(&app.keys.signer(Purpose::Publisher, &Scope::Organisation)?)?;
    let (size, now) = (i64::try_from(signed.len())?, clock::now().as_millisecond());
    let hash = HEXLOWER.encode(&Sha256::digest(&signed));
    let row = [
        hash.into(),
        (now / 1000).into(),
        size.into(),
        now.into(),
        HEXLOWER.encode(&signed).into(),
    ];
    let work = app.db.write(move |tx| {
        Box::pin(async move {
            const INSERT: &str = "INSERT INTO bundle_parts (organisation, hash, area, kind, version, number, size, \
                 opened_size, seen, built, contents) VALUES (1, unhex($1), '', 2, 1, $2, $3, $3, 0, $4, unhex($5))";
            sql::run(tx, INSERT, row).await
        })
    });
    let added: Result<u64, DbError> = work.await;
    added?;
    Ok(())
}

fn power_cuts(kills: usize, figures: &mut Figures) -> Result<()> {
    let itself = || Ok(Command::new(std::env::current_exe()?));
    let tally = kill::run(kills, &itself)?;
    figures.add(
        "kills",
        tally.kills as f64,
        "times that a phone or the server was killed (SIGKILL)",
    );
    figures.add(
        "kill_acknowledged",
        tally.acknowledged as f64,
        "registrations acknowledged meanwhile",
    );
    figures.add("kill_lost", tally.lost as f64, "of those, lost");
    figures.add("kill_doubled", tally.doubled as f64, "people who are there twice");
    Ok(())
}
