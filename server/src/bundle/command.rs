//! `teranga bundle`
use std::process::ExitCode;

/// Arguments of `teranga bundle`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args {}
}
