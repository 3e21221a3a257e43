//! `teranga dedupe`
use std::process::ExitCode;

/// Arguments of `teranga dedupe`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(_args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not built yet")
}
