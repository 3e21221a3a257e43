//! `teranga import`
#![expect(
    clippy::print_stdout,
    reason = "a command line speaks on its standard streams"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use indicatif::ProgressBar;
use teranga_core::clock;

use super::{File, Tally, begin, foreseen, read, rows, run};
use crate::access::Actor;
use crate::db::{Address, Db, Settings};
use crate::dedupe::command::{ColumnFlags, Order};
use crate::mpi::Index;
use crate::org;

/// Rows in one transaction: a flush of the disk for each thousand.
const TOGETHER: usize = 1000;

/// Arguments of `teranga import`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every row is registered as one that an agent sends: it is linked to who is there, or gets an MPI id of its own. Columns are
recognized by their usual names in English, French and Portuguese. Cut off at any moment, the same command goes on where it
stopped, and registers no row twice. --report writes line, outcome, mpi_id and reason of each row; a row that is refused says
why, and never what stood there.")]
pub struct Args {
    /// The spreadsheet, as CSV
    people: PathBuf,
    /// The database: the path of an SQLite file, or postgres://USER@HOST/NAME
    #[arg(long, env = "TERANGA_DATABASE", hide_env_values = true)]
    database: Address,
    /// The organization, by its code
    #[arg(long, env = "TERANGA_ORGANISATION")]
    organisation: String,
    /// The program in which everyone takes part from now on, by its code
    #[arg(long, visible_alias = "program")]
    programme: Option<String>,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Write what became of each row to this CSV file
    #[arg(long, value_name = "CSV")]
    report: Option<PathBuf>,
    /// Order of day and month, if the column does not show it
    #[arg(long, value_enum)]
    date_order: Option<Order>,
    #[command(flatten)]
    columns: ColumnFlags,
}

/// Runs the command.
pub fn run_command(args: Args) -> anyhow::Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(import(args))?;
    Ok(ExitCode::SUCCESS)
}

async fn import(args: Args) -> anyhow::Result<()> {
    let db = Db::open(&args.database, Settings::default()).await?;
    let organisation = org::organisation(db.reader(), &args.organisation).await?;
    let organisation =
        organisation.with_context(|| format!("no organization has the code {:?}", args.organisation))?;
    let program = match &args.programme {
        None => None,
        Some(code) => {
            let found = org::program(db.reader(), organisation.id, code).await?;
            Some(
                found
                    .with_context(|| format!("no program has the code {code:?}"))?
                    .id,
            )
        }
    };
    let file = read(
        &args.people,
        &args.columns.roles(),
        args.columns.identifiers(),
        args.date_order.map(Order::into_order),
        &organisation.country,
    )?;
    let bar = ProgressBar::new((file.people.len() + file.faults.len()) as u64);
    let observer = |done| bar.set_position(done);
    if args.dry_run {
        let tally = foreseen(&db, organisation.id, &file, &observer).await?;
        bar.finish_and_clear();
        say(&tally, "would be ");
    } else {
        let actor = Actor::console(organisation.id, clock::now().as_millisecond());
        taken_in(&db, &actor, program, file, args.report.as_deref(), &observer).await?;
        bar.finish_and_clear();
    }
    db.close().await.context("the database did not close")
}

async fn taken_in(
    db: &Db,
    actor: &Actor,
    program: Option<i64>,
    file: File,
    report: Option<&Path>,
    observer: &(dyn Fn(u64) + Sync),
) -> anyhow::Result<()> {
    let index = Index::new(db.clone());
    let began = begin(db, actor, program, &file).await?;
    if began.done > file.faults.len() as u64 {
        println!("going on after {} rows that are there already", began.done);
    }
    let tally = run(db, &index, actor, program, (began, file), TOGETHER, observer).await?;
    say(&tally, "");
    if let Some(report) = report {
        write_report(db, began.id, report).await?;
    }
    Ok(())
}

fn say(tally: &Tally, would: &str) {
    println!("{:>9} {would}linked to someone who is registered", tally.linked);
    println!("{:>9} {would}new", tally.new);
    println!(
        "{:>9} {would}new, and wait for a reviewer: teranga review list",
        tally.review
    );
    println!(
        "{:>9} {would}new, and like someone who is registered",
        tally.alert
    );
    println!("{:>9} {would}refused", tally.refused);
}

async fn write_report(db: &Db, import: i64, path: &Path) -> anyhow::Result<()> {
    let mut out = csv::Writer::from_path(path).with_context(|| format!("cannot write {}", path.display()))?;
    out.write_record(["line", "outcome", "mpi_id", "reason"])?;
    let mut after = 0;
    loop {
        let page = rows(db.reader(), import, None, after, 10_000).await?;
        let Some(last) = page.last() else { break };
        after = last.line;
        for row in &page {
            let line = row.line.to_string();
            let (mpi_id, reason) = (row.mpi_id.as_deref(), row.reason.as_deref());
            out.write_record([
                &line,
                &row.outcome,
                mpi_id.unwrap_or_default(),
                reason.unwrap_or_default(),
            ])?;
        }
    }
    out.flush()?;
    Ok(())
}
