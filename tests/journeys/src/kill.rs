//! Power cuts: a server and a phone work, and one of them is killed (SIGKILL) at a random moment, again and again.
//!
//! Both are processes of the program that asks ([`as_a_child`] at its start). The phone says what it acknowledged to its
//! agent, a line each, the moment the engine returned. In the end both are left alone until nothing waits, and the
//! database is held against the lines: what was acknowledged is there, once, under the number that the agent was told.

use std::collections::BTreeSet;
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use teranga_core::ids::{self, OsRandom};
use teranga_core::person::MpiId;
use teranga_core::wire::PacketId;
use teranga_server::db::sql;

use crate::handset::{Handset, somebody};
use crate::office;

const ROLE: &str = "TERANGA_TESTS_CHILD";
const FOLDER: &str = "TERANGA_TESTS_FOLDER";
const PORT: &str = "TERANGA_TESTS_PORT";
const USER: &str = "TERANGA_TESTS_USER";

/// Longest time that a process works until it is killed.
const LONGEST: u16 = 400;

/// Registrations between two syncs.
const TOGETHER: u32 = 3;

/// What came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How often a process was killed.
    pub kills: usize,
    /// Registrations that the phone acknowledged.
    pub acknowledged: usize,
    /// Of those, the ones that the server does not have under their number.
    pub lost: usize,
    /// People who are there more often than they were registered.
    pub doubled: usize,
}

/// Does a child's work, when this process is one; false when it is not.
pub fn as_a_child() -> Result<bool> {
    let Some(role) = std::env::var_os(ROLE) else {
        return Ok(false);
    };
    let folder = PathBuf::from(std::env::var_os(FOLDER).context("a child without a folder")?);
    let number = |name| -> Result<u64> { Ok(std::env::var(name)?.parse()?) };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    if role == "server" {
        let port = u16::try_from(number(PORT)?)?;
        runtime.block_on(office::serve_until_killed(&folder, port))?;
    } else {
        runtime.block_on(work(&folder, number(USER)?))?;
    }
    Ok(true)
}

/// Registers and syncs until the process ends.
async fn work(folder: &Path, user: u64) -> Result<()> {
    let phone = Handset::open(folder)?;
    phone.unlock(user)?;
    let mut out = std::io::stdout();
    loop {
        for _ in 0..TOGETHER {
            let drawn = u32::from_be_bytes(ids::bytes(&mut OsRandom)?);
            let mut person = somebody(drawn);
            // Nobody else has it, so that whoever is there twice is seen.
            person.household = Some(format!(
                "{drawn:08x}{:08x}",
                u32::from_be_bytes(ids::bytes(&mut OsRandom)?)
            ));
            let saved = phone.register(person)?;
            let mpi = saved.mpi.map(|mpi| mpi.to_string()).unwrap_or_default();
            writeln!(out, "acknowledged {} {mpi}", saved.packet.id)?;
            out.flush()?;
        }
        // The server may be dead just now: what waits is sent next time.
        let _ = phone.sync().await;
    }
}

/// What the phone acknowledged.
type Acknowledged = Arc<Mutex<Vec<(PacketId, Option<MpiId>)>>>;

/// How the program starts itself as a child: its own file with the arguments that lead to [`as_a_child`].
pub type Itself<'a> = &'a dyn Fn() -> Result<Command>;

struct Bench<'a> {
    itself: Itself<'a>,
    server: PathBuf,
    phone: PathBuf,
    port: u16,
    user: u64,
    said: Acknowledged,
}

/// A process that ends with the test.
struct Running(Child);

impl Running {
    fn kill(mut self) -> Result<()> {
        self.0.kill()?;
        self.0.wait()?;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be dead already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Bench<'_> {
    fn spawn(&self, role: &str) -> Result<Running> {
        let is_server = role == "server";
        let mut command = (self.itself)()?;
        command
            .env(ROLE, role)
            .env(FOLDER, if is_server { &self.server } else { &self.phone })
            .env(PORT, self.port.to_string())
            .env(USER, self.user.to_string())
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .stdout(if is_server { Stdio::null() } else { Stdio::piped() });
        let mut child = command.spawn()?;
        if let Some(out) = child.stdout.take() {
            let said = Arc::clone(&self.said);
            std::thread::spawn(move || listen(BufReader::new(out), &said));
        }
        Ok(Running(child))
    }
}

/// Collects whole lines until the process is gone; a line that a kill cut off was not acknowledged.
fn listen(mut out: impl std::io::BufRead, said: &Acknowledged) {
    let mut line = String::new();
    while out.read_line(&mut line).is_ok_and(|read| read > 0) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let (true, ["acknowledged", packet, rest @ ..]) = (line.ends_with('\n'), &words[..])
            && let Ok(packet) = packet.parse()
        {
            let mpi = rest.first().and_then(|mpi| MpiId::parse(mpi).ok());
            said.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((packet, mpi));
        }
        line.clear();
    }
}

/// Kills server and phone so many times, and counts what is lost and what is doubled.
pub fn run(kills: usize, itself: Itself<'_>) -> Result<Tally> {
    let (server, phone) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut bench = Bench {
        itself,
        server: server.path().to_path_buf(),
        phone: phone.path().to_path_buf(),
        port,
        user: 0,
        said: Acknowledged::default(),
    };
    let runtime = tokio::runtime::Runtime::new()?;
    let mut serving = bench.spawn("server")?;
    bench.user = runtime.block_on(enroll(&bench))?;
    let mut working = bench.spawn("phone")?;
    for _ in 0..kills {
        let [low, high, coin] = ids::bytes(&mut OsRandom)?;
        let wait = u64::from(u16::from_be_bytes([low, high]) % LONGEST);
        std::thread::sleep(Duration::from_millis(wait));
        if coin % 2 == 0 {
            serving.kill()?;
            serving = bench.spawn("server")?;
        } else {
            working.kill()?;
            working = bench.spawn("phone")?;
        }
    }
    working.kill()?;
    runtime.block_on(settle(&bench))?;
    serving.kill()?;
    runtime.block_on(count(&bench, kills))
}

/// Waits until the server answers, and lets a phone in.
async fn enroll(bench: &Bench<'_>) -> Result<u64> {
    let limit = Instant::now() + Duration::from_secs(120);
    while tokio::net::TcpStream::connect(("127.0.0.1", bench.port))
        .await
        .is_err()
    {
        ensure!(
            Instant::now() < limit,
            "the server did not answer within two minutes"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (ticket, user) = office::ticket_of(&bench.server, bench.port).await?;
    let phone = Handset::open(&bench.phone)?;
    phone.enroll(&ticket, user).await?;
    phone.sync().await?;
    Ok(user)
}

/// Lets the phone send what waits.
async fn settle(bench: &Bench<'_>) -> Result<()> {
    let limit = Instant::now() + Duration::from_secs(300);
    let phone = Handset::open(&bench.phone)?;
    phone.unlock(bench.user)?;
    loop {
        let last = phone.sync().await;
        if last.is_ok() && phone.engine.status()?.packets.waiting == 0 {
            return Ok(());
        }
        ensure!(
            Instant::now() < limit,
            "packets still wait after five minutes: {last:?}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn count(bench: &Bench<'_>, kills: usize) -> Result<Tally> {
    let db = office::database_of(&bench.server).await?;
    let mut held = BTreeSet::new();
    const HELD: &str = "SELECT p.packet, n.number FROM device_packets p JOIN identities i ON i.id = p.identity \
         JOIN identities m ON m.root = i.root JOIN numbers n ON n.identity = m.id AND n.state < 2";
    for row in sql::all(db.reader(), HELD, []).await? {
        let (packet, number): (Vec<u8>, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let packet: [u8; 16] = packet.try_into().ok().context("a packet's name")?;
        held.insert((PacketId::from_bytes(packet)?, number));
    }
    const DOUBLED: &str = "SELECT (SELECT count(*) FROM identities) \
         - (SELECT count(DISTINCT json_extract(person, '$.household')) FROM identities) \
         + (SELECT count(*) FROM device_packets WHERE kind = 'registered') \
         - (SELECT count(DISTINCT identity) FROM device_packets WHERE kind = 'registered')";
    let doubled = sql::number(db.reader(), DOUBLED, []).await?;
    let said = bench.said.lock().unwrap_or_else(PoisonError::into_inner);
    let packets: BTreeSet<PacketId> = held.iter().map(|(packet, _)| *packet).collect();
    let is_lost = |(packet, mpi): &&(PacketId, Option<MpiId>)| match mpi {
        Some(mpi) => !held.contains(&(*packet, mpi.to_string())),
        None => !packets.contains(packet),
    };
    Ok(Tally {
        kills,
        acknowledged: said.len(),
        lost: said.iter().filter(is_lost).count(),
        doubled: usize::try_from(doubled.unsigned_abs())?,
    })
}
