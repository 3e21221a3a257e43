//! `teranga card`

use std::process::ExitCode;

/// Arguments of `teranga card`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Make one card: its QR code as PNG or SVG, and its card code
    Make(Box<super::make::Args>),
    /// Show what the text of a QR code says, without verifying it; see `teranga verify` for that
    Show(super::show::Args),
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args {
        Args::Make(args) => super::make::run(&args)?,
        Args::Show(args) => super::show::run(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}
