//! The public's look at a card, `GET /mpi/verify/{token}`, beside a bare axum route that answers the same JSON, and beside
//! FastAPI under uvicorn.
//!
//! All three are asked over loopback by one thread with kept-alive connections. What counts is processor time of the
//! server: of this process without the thread that asks, or of uvicorn's process. Ours and the bare route take turns in
//! one process, so that what else the machine does meets both. Ours has everything on: the limits by address and card,
//! the headers, the counting, the look-up among [`CARDS`] cards, of which each is asked for about once.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use axum::Json;
use axum::routing::get;
use jiff::civil::date;
use teranga_core::card::token::Token;
use teranga_server::app::testing;
use teranga_server::card::store::{self, NewCard};
use teranga_server::config::{Limits, Listening, Place, Verification, Working};
use teranga_server::db::{Address, Db, DbError, Settings, sql};
use teranga_server::keys::master::MasterKeySource;
use teranga_server::serve;
use teranga_server::verify::answer::Report;
use tokio::sync::watch;

use teranga_bench::figures::Figures;
use teranga_bench::stopwatch::{cpu_seconds, median, process_seconds};

/// Cards that are kept.
const CARDS: u64 = 200_000;

/// Looks of one turn.
const LOOKS: u64 = 20_000;

/// Turns of each server.
const TURNS: u64 = 9;

/// Connections at once.
const CONNECTIONS: usize = 16;

/// Measures, and adds `verify_share_of_bare`, `verify_per_cpu_s`, `verify_bare_per_cpu_s` and FastAPI's.
pub fn run(figures: &mut Figures) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(fill(folder.path()))?;
    let (stop, stopping) = watch::channel(false);
    let ours = runtime.block_on(ours(folder.path(), stopping))?;
    let bare = runtime.block_on(bare())?;
    let (mut ours_at, mut bare_at) = (Asker::connect(ours.address)?, Asker::connect(bare)?);
    until_in_memory(&mut ours_at)?;
    let (mut per_second, mut bare_per_second) = (Vec::new(), Vec::new());
    for turn in 0..TURNS {
        per_second.push(rate(&mut ours_at, turn)?);
        bare_per_second.push(rate(&mut bare_at, turn)?);
    }
    let shares = per_second.iter().zip(&bare_per_second);
    let share = median(shares.map(|(ours, bare)| ours / bare).collect());
    figures.add(
        "verify_share_of_bare",
        share,
        "looks of ours per CPU-second, share of a bare axum route's",
    );
    figures.add(
        "verify_per_cpu_s",
        median(per_second),
        "looks per CPU-second of the server",
    );
    figures.add(
        "verify_bare_per_cpu_s",
        median(bare_per_second),
        "the bare axum route",
    );
    stop.send(true)?;
    runtime.block_on(ours.finished)??;
    if let Some(python) = std::env::var_os("TERANGA_BENCH_PYTHON") {
        let rate = fastapi(&PathBuf::from(python))?;
        figures.add(
            "verify_fastapi_per_cpu_s",
            rate,
            "FastAPI under uvicorn (uvloop, httptools), without a look-up",
        );
    }
    Ok(())
}

fn token(number: u64) -> Token {
    let mut token = [0; 16];
    // Spread over the table, as tokens are.
    token[..8].copy_from_slice(&number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
    token[8..].copy_from_slice(&number.to_be_bytes());
    Token(token)
}

/// A database with an organisation and its cards.
async fn fill(data: &Path) -> Result<()> {
    let db = Db::open(&Address::Sqlite(data.join("teranga.db")), Settings::default()).await?;
    for text in [
        "INSERT INTO organisations (id, code, name, country, created) VALUES (1, 'moh', 'n', 'SN', 0)",
        "INSERT INTO programmes (id, organisation, code, name, public_name, kind, created) \
         VALUES (1, 1, 'epi', 'EPI', 'Vaccination', 'campaign', 0)",
        "INSERT INTO campaigns (id, organisation, programme, code, name, prefix, created) \
         VALUES (1, 1, 1, 'polio', 'Polio', 'POLIO26', 0)",
    ] {
        let added: Result<u64, DbError> = db.write(move |tx| Box::pin(sql::run(tx, text, []))).await;
        added?;
    }
    for start in (0..CARDS).step_by(20_000) {
        let cards: Vec<NewCard> = (start..start + 20_000).map(card).collect();
        let added: Result<u64, DbError> = db
            .write(move |tx| Box::pin(async move { store::insert_all(tx, &cards).await }))
            .await;
        ensure!(added? == 20_000, "cards of one token");
    }
    Ok(db.close().await?)
}

fn card(number: u64) -> NewCard {
    NewCard {
        organisation: 1,
        campaign: 1,
        identity: None,
        token_hash: token(number).hash(),
        code: None,
        kid: None,
        issued: date(2026, 3, 1),
        expires: Some(date(2099, 3, 1)),
    }
}

/// The server as it is started, with the limits so wide that one asker meets none of them.
async fn ours(data: &Path, stopping: watch::Receiver<bool>) -> Result<serve::command::Started> {
    let place = Place {
        data: data.to_owned(),
        database: None,
        files: None,
        master: MasterKeySource::embedded(),
    };
    let listening = Listening {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        metrics: None,
        proxies: Vec::new(),
        origins: Vec::new(),
        log: "error".to_owned(),
        limits: Limits {
            public_rate: 1_000_000,
            ..testing::limits()
        },
        verification: Verification::default(),
        working: Working::default(),
    };
    let first = serve::FirstStart {
        first_organization: "Health programme".to_owned(),
        first_country: "SN".to_owned(),
    };
    serve::start(&place, &listening, &first, stopping).await
}

/// A route that does nothing but answer.
async fn bare() -> Result<SocketAddr> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let report = || Report {
        verdict: "valid",
        valid: true,
        campaign: Some("POLIO26"),
        programme: Some("Vaccination"),
        issued: Some(date(2026, 3, 1)),
        expires: Some(date(2099, 3, 1)),
        revoked: None,
    };
    let router = axum::Router::new().route("/mpi/verify/{token}", get(async move || Json(report())));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(address)
}

/// Asks until the cards are in memory: the first look-ups go to the database.
fn until_in_memory(asker: &mut Asker) -> Result<()> {
    for round in 0..40 {
        asker.turn(round)?;
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Looks per second of the processor that the server takes.
fn rate(asker: &mut Asker, turn: u64) -> Result<f64> {
    let (all, own) = (process_seconds(), cpu_seconds());
    let mut asked = 0;
    while asked < LOOKS {
        asker.turn(turn * LOOKS + asked)?;
        asked += CONNECTIONS as u64;
    }
    let server = (process_seconds() - all) - (cpu_seconds() - own);
    Ok(asked as f64 / server)
}

/// One thread with some connections: a request on each, then the answer of each.
struct Asker {
    connections: Vec<TcpStream>,
    answer: Vec<u8>,
}

impl Asker {
    fn connect(address: SocketAddr) -> Result<Self> {
        let connections = (0..CONNECTIONS).map(|_| {
            let connection = TcpStream::connect(address)?;
            connection.set_nodelay(true)?;
            Ok(connection)
        });
        Ok(Self {
            connections: connections.collect::<std::io::Result<_>>()?,
            answer: vec![0; 4096],
        })
    }

    /// Asks for so many cards from a number on.
    fn turn(&mut self, from: u64) -> Result<()> {
        for (place, connection) in self.connections.iter_mut().enumerate() {
            let card = (from + place as u64) % CARDS;
            let token = token(card).to_hex();
            let request = format!(
                "GET /mpi/verify/{token} HTTP/1.1\r\nhost: localhost\r\nuser-agent: bench\r\naccept: application/json\r\n\r\n"
            );
            connection.write_all(request.as_bytes())?;
        }
        for connection in &mut self.connections {
            read_answer(connection, &mut self.answer)?;
        }
        Ok(())
    }
}

/// Reads one answer, which must be a valid card's.
fn read_answer(connection: &mut TcpStream, buffer: &mut [u8]) -> Result<()> {
    let mut held = 0;
    loop {
        let read = connection.read(&mut buffer[held..])?;
        ensure!(read > 0, "the server closed the connection");
        held += read;
        let text = std::str::from_utf8(&buffer[..held])?;
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                line.to_ascii_lowercase()
                    .strip_prefix("content-length: ")?
                    .parse()
                    .ok()
            });
            if body.len() >= length.unwrap_or(0) {
                ensure!(
                    head.starts_with("HTTP/1.1 200") && body.contains("\"valid\":true"),
                    "another answer: {text}"
                );
                return Ok(());
            }
        }
    }
}

/// Looks per second of the processor that uvicorn takes.
fn fastapi(python: &Path) -> Result<f64> {
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../peers/serve_fastapi.py");
    let child = Command::new(python)
        .arg(script)
        .arg(port.to_string())
        .stdin(Stdio::null())
        .spawn()
        .context("python with FastAPI")?;
    let served = Served(child);
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let mut asker = (0..100).find_map(|_| {
        std::thread::sleep(Duration::from_millis(100));
        Asker::connect(address).ok()
    });
    let Some(asker) = &mut asker else {
        bail!("uvicorn does not listen")
    };
    let mut rates = Vec::new();
    for turn in 0..4 {
        let before = served.cpu_seconds()?;
        for asked in (0..LOOKS / 4).step_by(CONNECTIONS) {
            asker.turn(turn * LOOKS + asked)?;
        }
        rates.push((LOOKS / 4) as f64 / (served.cpu_seconds()? - before));
    }
    Ok(median(rates))
}

/// A process that ends with the bench.
struct Served(Child);

impl Served {
    /// Processor seconds of all its threads (proc(5), schedstat: nanoseconds first).
    fn cpu_seconds(&self) -> Result<f64> {
        let mut nanoseconds = 0.0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.0.id()))? {
            let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
            let first = text.split(' ').next().unwrap_or_default();
            nanoseconds += first.parse::<f64>()?;
        }
        Ok(nanoseconds / 1e9)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
