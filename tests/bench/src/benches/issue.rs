//! `bench issue`: from a campaign's people to PDF, ZIP and status list, with every code read back.
//!
//! Each run is made by real processes: `teranga campaign generate --here` on SQLite, and one and two processes of
//! `teranga worker` with one place each on PostgreSQL, whose server shares the two cores. What counts is processor time
//! of those processes, since other work on the machine stretches the clock: `cards_per_s` is what two cores do that do
//! nothing else, `cards_per_s_wall` what the clock said. The ratio of one worker to two is of clock times within one run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use teranga_bench::figures::Figures;
use teranga_bench::stopwatch::timed;
use teranga_core::clock;
use teranga_render::scene::Logos;
use teranga_server::app::{self, App};
use teranga_server::campaign::{self, testing};
use teranga_server::config::Place;
use teranga_server::db::testing::Server;
use teranga_server::keys::Keyring;
use teranga_server::keys::master::MasterKeySource;
use teranga_server::org::{self, NewOrganisation};
use teranga_server::studio::{self, DesignForm, Printed, Side};

/// Previews that are drawn.
const PREVIEWS: usize = 600;

/// Clock ticks a second in `/proc`, on every Linux that there is.
const TICKS: f64 = 100.0;

/// Measures with `people`, and with a fifth of them on PostgreSQL.
pub fn run(people: Option<usize>) -> Result<Figures> {
    let people = people.unwrap_or(100_000);
    let mut figures = Figures::default();
    previews(&mut figures)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(alone(people, &mut figures))?;
    runtime.block_on(together(people / 5, &mut figures))?;
    Ok(figures)
}

/// Every template in turn, from its settings to the finished PNG.
fn previews(figures: &mut Figures) -> Result<()> {
    let names: Vec<&str> = teranga_render::template::names().collect();
    let mut times = Vec::new();
    for name in names.iter().cycle().take(PREVIEWS) {
        let form = DesignForm::of(name);
        let (drawn, seconds) = timed(|| {
            let layout = form.layout(&Logos::default())?;
            studio::draw(
                &layout,
                &studio::sample(&form.lines(), &Printed::default()),
                Side::Front,
            )
        });
        ensure!(drawn?.len() > 1_000, "a preview of {name}");
        times.push(seconds * 1e3);
    }
    times.sort_by(f64::total_cmp);
    figures.add(
        "preview_p50_ms",
        times[times.len() / 2],
        "a preview, processor time",
    );
    figures.add(
        "preview_p99_ms",
        times[times.len() * 99 / 100],
        "a preview, processor time",
    );
    Ok(())
}

/// A data folder with keys, and a state over a database.
async fn office(data: &Path, database: Option<String>) -> Result<(Place, App)> {
    let place = Place {
        data: data.to_owned(),
        database,
        files: None,
        master: MasterKeySource::embedded(),
    };
    place.make_folder()?;
    Keyring::open(data, &place.master)?
        .0
        .ensure_organisation(clock::now())?;
    let app = app::open(&place).await?;
    Ok((place, app))
}

async fn world(app: &App, people: usize, prefix: &str) -> Result<testing::World> {
    let known = org::organisation(app.db.reader(), "main").await?;
    let organisation = match known {
        Some(organisation) => organisation.id,
        None => {
            let new = NewOrganisation {
                code: "main".to_owned(),
                name: "Ministère de la Santé".to_owned(),
                country: "SN".to_owned(),
                at: 0,
            };
            let made = app
                .db
                .write(move |tx| Box::pin(async move { org::add_organisation(tx, &new).await }));
            made.await?
        }
    };
    let world = testing::campaign(app, organisation, prefix).await;
    // In pieces, so that the figures of memory are those of issuing.
    for _ in 0..people.div_ceil(5_000) {
        testing::people(app, world, 5_000.min(people)).await;
    }
    Ok(world)
}

fn teranga(place: &Place, arguments: &[&str]) -> Command {
    let here = std::env::current_exe().unwrap_or_default();
    let mut command = Command::new(here.with_file_name("teranga"));
    command.args(arguments).arg("--data").arg(&place.data);
    if let Some(database) = &place.database {
        command.arg("--database").arg(database);
    }
    command.stdout(Stdio::null());
    command
}

/// Processor seconds and the most memory, in MiB, that a running process has used.
fn used(process: u32) -> Option<(f64, f64)> {
    let folder = PathBuf::from(format!("/proc/{process}"));
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    let status = fs::read_to_string(folder.join("status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let peak: f64 = peak.trim().trim_end_matches(" kB").trim().parse().ok()?;
    Some((ticks / TICKS, peak / 1024.0))
}

/// One process on SQLite, as a district's machine.
async fn alone(people: usize, figures: &mut Figures) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (place, app) = office(folder.path(), None).await?;
    let world = world(&app, people, "NET26").await?;
    app.db.close().await?;
    let begun = Instant::now();
    let mut child = teranga(
        &place,
        &[
            "campaign",
            "generate",
            "net26",
            "--here",
            "--host",
            "v.example.org",
        ],
    )
    .spawn()?;
    let (_, app) = office(folder.path(), None).await?;
    let (mut first, mut last) = (None, (0.0, 0.0));
    while child.try_wait()?.is_none() {
        last = used(child.id()).unwrap_or(last);
        if first.is_none() && looked_at(&app, world).await? > 0 {
            first = Some(begun.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let wall = begun.elapsed().as_secs_f64();
    let status = child.wait()?;
    ensure!(status.success(), "the run did not end well");
    let made = made(&app, world).await?;
    ensure!(made as usize >= people, "{made} cards of {people}");
    let (cpu, peak) = last;
    let cards = made as f64;
    figures.add(
        "cards_per_s",
        2.0 * cards / cpu,
        "cards a second of two cores, whole path, SQLite",
    );
    figures.add(
        "cards_per_s_wall",
        cards / wall,
        "cards a second by the clock, on a machine with other work",
    );
    figures.add("card_cpu_ms", cpu * 1e3 / cards, "processor time of a card");
    figures.add("rss_mib", peak, "most memory of the process");
    let first = first.context("no progress was seen")?;
    figures.add(
        "first_progress_ms",
        first.as_secs_f64() * 1e3,
        "from the command to the first progress, by the clock",
    );
    sizes(&place, cards, figures)?;
    app.db.close().await?;
    Ok(())
}

/// What a card takes on the disk, and what ten million would.
fn sizes(place: &Place, cards: f64, figures: &mut Figures) -> Result<()> {
    let mut bytes = 0;
    let mut folders = vec![place.data.join("files")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                bytes += entry.metadata()?.len();
            }
        }
    }
    let database = fs::metadata(place.data.join("teranga.db"))?.len();
    figures.add(
        "files_kb_a_card",
        bytes as f64 / cards / 1e3,
        "PDF, ZIP and lists of a card",
    );
    figures.add(
        "database_kb_a_card",
        database as f64 / cards / 1e3,
        "rows of a card and of its person",
    );
    figures.add(
        "files_gb_10_million",
        bytes as f64 / cards * 1e7 / 1e9,
        "calculated",
    );
    Ok(())
}

async fn looked_at(app: &App, world: testing::World) -> Result<i64> {
    const RUN: &str = "SELECT COALESCE(MAX(id), 0) FROM runs WHERE campaign = $1";
    let run = teranga_server::db::sql::number(app.db.reader(), RUN, [world.campaign.into()]).await?;
    let view = campaign::view(app.db.reader(), world.organisation, run).await?;
    Ok(view.map_or(0, |view| view.looked_at))
}

async fn made(app: &App, world: testing::World) -> Result<i64> {
    const MADE: &str = "SELECT count(*) FROM beneficiaries WHERE campaign = $1 AND card IS NOT NULL";
    Ok(teranga_server::db::sql::number(app.db.reader(), MADE, [world.campaign.into()]).await?)
}

/// One worker, and two, on PostgreSQL.
async fn together(people: usize, figures: &mut Figures) -> Result<()> {
    let server = Arc::new(Server::start(&["shared_buffers = 256MB", "max_wal_size = 4GB"]));
    server.psql("CREATE DATABASE issue TEMPLATE template0 ENCODING 'UTF8'");
    let folder = tempfile::tempdir()?;
    let (place, app) = office(folder.path(), Some(server.url("issue"))).await?;
    let mut seconds = Vec::new();
    for (workers, prefix) in [(1, "ONE26"), (2, "TWO26")] {
        let world = world(&app, people, prefix).await?;
        let mut working: Vec<Child> = (0..workers)
            .map(|_| teranga(&place, &["worker", "--workers", "1", "--log", "error"]).spawn())
            .collect::<Result<_, _>>()?;
        // Both are there before the clock starts.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let begun = Instant::now();
        testing::start(
            &app,
            world,
            campaign::Making {
                // Enough shards for two to have work until the end.
                shard: u32::try_from(people / 20).unwrap_or(1_000).clamp(50, 1_000),
                ..testing::making(&app)
            },
        )
        .await?;
        while (made(&app, world).await? as usize) < people {
            ensure!(
                begun.elapsed() < Duration::from_secs(7_200),
                "the run does not end"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        seconds.push(begun.elapsed().as_secs_f64());
        for child in &mut working {
            child.kill()?;
            child.wait()?;
        }
    }
    figures.add(
        "worker_1_cards_per_s_postgres",
        people as f64 / seconds[0],
        "by the clock",
    );
    figures.add(
        "worker_2_cards_per_s_postgres",
        people as f64 / seconds[1],
        "by the clock",
    );
    figures.add(
        "workers_2_speedup",
        seconds[0] / seconds[1],
        "two workers against one, by the clock",
    );
    app.db.close().await?;
    Ok(())
}
