//! `teranga keys`
use std::process::ExitCode;

/// Arguments of `teranga keys`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args {}
}
