//! `teranga migrate`: the tables, and what is stored by an older version of the name tables.
#![expect(
    clippy::print_stdout,
    reason = "a command line speaks on its standard streams"
)]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::config::Place;
use crate::db::{Db, Settings};
use crate::mpi;

/// Arguments of `teranga migrate`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A server does the same when it starts: the tables at once, the index in the background. Interrupted, it goes on where it \
stopped.")]
pub struct Args {
    #[command(flatten)]
    place: Place,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(migrate(args))?;
    Ok(ExitCode::SUCCESS)
}

async fn migrate(args: Args) -> anyhow::Result<()> {
    args.place.make_folder()?;
    let db = Db::open(&args.place.address()?, Settings::default()).await?;
    println!("the tables are up to date");
    let seen = AtomicU64::new(0);
    mpi::rebuild(&db, &|rows| {
        let before = seen.fetch_add(rows, Ordering::Relaxed);
        if before / 100_000 != (before + rows) / 100_000 {
            println!("{} rows of the index were looked at", before + rows);
        }
    })
    .await?;
    println!("the index is up to date");
    Ok(db.close().await?)
}
