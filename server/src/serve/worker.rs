//! `teranga worker`: the slow work of servers, on this machine too.

use std::process::ExitCode;

use tokio::sync::watch;

use super::command::{asked_to_stop, say};
use super::log;
use crate::app;
use crate::config::{Place, Working};
use crate::worker;

/// Arguments of `teranga worker`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A worker needs the servers' database, their files and their master key; it keeps nothing of its own. Start as many as there
are machines. One that is stopped puts its work back; one that dies loses it to another after --lease-seconds.")]
pub struct Args {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    working: Working,
    /// What is logged, by module: error, warn, info, debug
    #[arg(long, env = "TERANGA_LOG", default_value = "info")]
    log: String,
    /// Settings file [default: teranga.toml in the current folder, if there is one]
    #[arg(long, env = "TERANGA_CONFIG")]
    config: Option<std::path::PathBuf>,
}

/// Runs the command until the process is asked to stop.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    log::start(&args.log)?;
    anyhow::ensure!(
        args.working.places() > 0,
        "a worker with no place for a job does nothing; leave --workers out, or give it 1 or more"
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let (stop, stopping) = watch::channel(false);
        tokio::spawn(async move {
            asked_to_stop().await;
            let _ = stop.send(true);
        });
        let app = app::open(&args.place).await?;
        say("working");
        worker::run(app.clone(), args.working, stopping).await;
        anyhow::Ok(app.db.close().await?)
    })?;
    Ok(ExitCode::SUCCESS)
}
