//! `bench mpi`: registering against a large register, searching it, and starting the server on it.
//!
//! Both databases commit to disk. Sixteen clients ask for one registration after the other through [`Index`], in the
//! process of the server, so that the client's own work is in the figures; on PostgreSQL its server shares the cores too.
//! One in ten newcomers is in the register already. The register is filled by the loader that an import uses.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use teranga_core::clock;
use teranga_core::person::Demographics;
use teranga_server::access::Actor;
use teranga_server::db::testing::Server;
use teranga_server::db::{Address, Db, DbError, Settings, sql};
use teranga_server::mpi::search::{self, Question};
use teranga_server::mpi::{Index, MpiError, Registration};

use teranga_bench::figures::Figures;
use teranga_bench::register;
use teranga_bench::stopwatch::process_seconds;

const CLIENTS: usize = 16;
const REGISTRATIONS: usize = 16_000;
const SEARCHES: usize = 400;
/// People whom the loader takes in one transaction.
const LOADED_TOGETHER: usize = 20_000;

/// Settings of a server that holds a register of a million.
const POSTGRES: &[&str] = &[
    "shared_buffers = 512MB",
    "max_wal_size = 8GB",
    "checkpoint_timeout = 30min",
    "wal_compression = on",
    "max_locks_per_transaction = 1024",
    "autovacuum = on",
];

/// Measures with a register of `people`.
pub fn run(people: Option<usize>) -> Result<Figures> {
    let people = people.unwrap_or(1_000_000);
    let mut figures = Figures::default();
    let runtime = tokio::runtime::Runtime::new()?;
    let all = register::generate(people, people / 10, 5).people;
    let folder = tempfile::tempdir()?;
    let file = Address::Sqlite(folder.path().join("teranga.db"));
    runtime.block_on(one_database(&file, &all, "sqlite", &mut figures))?;
    start(folder.path(), &mut figures)?;
    let server = Server::start(POSTGRES);
    server.psql("CREATE DATABASE register TEMPLATE template0 ENCODING 'UTF8'");
    let postgres = Address::Postgres(server.url("register"));
    runtime.block_on(one_database(&postgres, &all, "postgres", &mut figures))?;
    super::looks::run(&mut figures)?;
    Ok(figures)
}

async fn one_database(
    address: &Address,
    people: &[Demographics],
    name: &str,
    figures: &mut Figures,
) -> Result<()> {
    fill(address, people, name, figures).await?;
    let db = Db::open(address, Settings::default()).await?;
    let index = Index::new(db.clone());
    // A server that has run for a while has its upper pages at hand.
    register_all(&index, &newcomers(people, CLIENTS * 50, 3)).await?;
    let newcomers = newcomers(people, REGISTRATIONS, 77);
    let (start, cpu) = (Instant::now(), process_seconds());
    let times = register_all(&index, &newcomers).await?;
    let per_second = times.len() as f64 / start.elapsed().as_secs_f64();
    figures.add(
        format!("register_per_s_{name}"),
        per_second,
        "registrations a second, 16 clients",
    );
    figures.add(
        format!("register_p99_ms_{name}"),
        percentile(&times, 0.99),
        "99 of 100 take at most",
    );
    figures.add(
        format!("register_p50_ms_{name}"),
        percentile(&times, 0.5),
        "half take at most",
    );
    let cpu = (process_seconds() - cpu) / times.len() as f64 * 1e3;
    figures.add(
        format!("register_cpu_ms_{name}"),
        cpu,
        "processor time of this process for one",
    );
    let times = searches(&db, people).await?;
    let key = if name == "sqlite" {
        "search_p99_ms".to_owned()
    } else {
        format!("search_p99_ms_{name}")
    };
    figures.add(
        key,
        percentile(&times, 0.99),
        "99 of 100 searches by name take at most",
    );
    db.close().await?;
    Ok(())
}

/// The register itself, loaded without waiting for the disk and flushed at the end.
pub(super) async fn fill(
    address: &Address,
    people: &[Demographics],
    name: &str,
    figures: &mut Figures,
) -> Result<()> {
    let settings = Settings {
        durable: false,
        ..Settings::default()
    };
    let db = Db::open(address, settings).await?;
    let text =
        "INSERT INTO organisations (id, code, name, country, created) VALUES (1, 'moh', 'Ministry', 'SN', 0)";
    let added: Result<u64, DbError> = db.write(move |tx| Box::pin(sql::run(tx, text, []))).await;
    added?;
    let index = Index::new(db.clone());
    let start = Instant::now();
    for chunk in people.chunks(LOADED_TOGETHER) {
        for outcome in index
            .register_all(chunk.iter().map(|person| registration(person, None)).collect())
            .await?
        {
            outcome?;
        }
    }
    if db.backend() == sea_orm::DbBackend::Postgres {
        sql::run(db.reader(), "VACUUM (ANALYZE)", []).await?;
        sql::run(db.reader(), "CHECKPOINT", []).await?;
    }
    drop(index);
    db.close().await?;
    let per_second = people.len() as f64 / start.elapsed().as_secs_f64();
    figures.add(
        format!("load_per_s_{name}"),
        per_second,
        "people a second through the loader",
    );
    Ok(())
}

fn registration(person: &Demographics, key: Option<String>) -> Registration {
    Registration {
        actor: Actor {
            address: Some([203, 0, 113, 9].into()),
            ..Actor::console(1, clock::now().as_millisecond())
        },
        person: person.clone(),
        source: "api".into(),
        program: None,
        key,
    }
}

/// People of whom one in ten is in the register.
pub(super) fn newcomers(people: &[Demographics], count: usize, seed: u64) -> Vec<Demographics> {
    let mut newcomers = register::generate(count, 0, seed).people;
    for (at, one) in newcomers.iter_mut().enumerate().filter(|(at, _)| at % 10 == 0) {
        *one = people[at * 7919 % people.len()].clone();
    }
    newcomers
}

/// Milliseconds of each registration, by sixteen clients at once.
async fn register_all(index: &Index, people: &[Demographics]) -> Result<Vec<f64>> {
    let mut clients = Vec::new();
    for (client, own) in people.chunks(people.len().div_ceil(CLIENTS)).enumerate() {
        let (index, own) = (index.clone(), own.to_vec());
        clients.push(tokio::spawn(async move {
            let mut times = Vec::with_capacity(own.len());
            for (at, person) in own.iter().enumerate() {
                let key = format!("bench-{}-{client}-{at}", own.len());
                let start = Instant::now();
                index.register(registration(person, Some(key))).await?;
                times.push(start.elapsed().as_secs_f64() * 1e3);
            }
            Ok::<_, MpiError>(times)
        }));
    }
    let mut times = Vec::with_capacity(people.len());
    for client in clients {
        times.extend(client.await??);
    }
    Ok(times)
}

async fn searches(db: &Db, people: &[Demographics]) -> Result<Vec<f64>> {
    let mut times = Vec::new();
    let mut found = 0;
    for person in people.iter().step_by(people.len() / SEARCHES) {
        let question = Question {
            organisation: 1,
            name: format!("{} {}", person.given, person.family),
            most: 20,
            ..Question::default()
        };
        let start = Instant::now();
        found += search::search(db.reader(), &question, |_| true)
            .await?
            .people
            .len();
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    ensure!(
        found >= times.len(),
        "searches found {found} people, fewer than were asked for"
    );
    Ok(times)
}

fn percentile(times: &[f64], share: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted[((sorted.len() as f64 * share) as usize).min(last)]
}

/// The real server on the register: how long until its first answer, and its memory after that.
fn start(folder: &Path, figures: &mut Figures) -> Result<()> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let teranga = std::env::current_exe()?.with_file_name("teranga");
    let start = Instant::now();
    let child = Command::new(&teranga)
        .args([
            "serve",
            "--database",
            "teranga.db",
            "--listen",
            &format!("127.0.0.1:{port}"),
        ])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| {
            format!(
                "{} is missing: cargo build --release --package teranga-server",
                teranga.display()
            )
        })?;
    let mut server = Stopped(child);
    while !answers(port) {
        ensure!(
            server.0.try_wait()?.is_none(),
            "teranga serve ended before it answered"
        );
        ensure!(
            start.elapsed() < Duration::from_secs(60),
            "teranga serve did not answer within a minute"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    figures.add(
        "start_ms",
        start.elapsed().as_secs_f64() * 1e3,
        "from start to the first answer",
    );
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.0.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib: f64 = line
        .context("no memory")?
        .trim()
        .trim_end_matches(" kB")
        .parse()?;
    figures.add("rss_mib", kib / 1024.0, "memory of the server at rest");
    Ok(())
}

/// A server that ends with the bench.
struct Stopped(Child);

impl Drop for Stopped {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let asked = stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    let mut answer = String::new();
    asked.is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 200")
}
