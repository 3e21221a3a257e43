//! `teranga bundle`

use std::path::PathBuf;
use std::process::ExitCode;

use teranga_core::card::signing::PublicKey;

use super::{build, delta, inspect, verify};
use crate::keys::command::KeysAt;

/// Arguments of `teranga bundle`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Build a bundle from the records of cards and people
    Build(build::Args),
    /// Show what a bundle says, without opening what is sealed
    Inspect(At),
    /// Add a delta with the cards revoked since the bundle's status list
    Delta(delta::Args),
    /// Check every signature and every byte. Exit status: 0 good, 1 refused (the reason is printed), 2 the command failed
    Verify(verify::Args),
}

/// A bundle, and whose it must be.
#[derive(Debug, clap::Args)]
pub struct At {
    /// Folder of the bundle
    pub folder: PathBuf,
    /// The organisation's root key, 64 hexadecimal digits [default: the local keyring's]
    #[arg(long, value_parser = parse_root)]
    pub root: Option<PublicKey>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub keys: KeysAt,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args {
        Args::Build(args) => build::run(&args)?,
        Args::Inspect(args) => inspect::run(&args)?,
        Args::Delta(args) => delta::run(&args)?,
        Args::Verify(args) => return verify::run(&args),
    }
    Ok(ExitCode::SUCCESS)
}

/// Says a result on standard output.
#[expect(
    clippy::print_stdout,
    reason = "standard output is where a command line gives its result"
)]
pub(super) fn say(text: &str) {
    println!("{text}");
}

/// 32 bytes in hexadecimal digits.
pub(super) fn parse_32(text: &str) -> Result<[u8; 32], String> {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE
        .decode(text.trim().as_bytes())
        .ok();
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| "64 hexadecimal digits are needed".to_owned())
}

fn parse_root(text: &str) -> Result<PublicKey, String> {
    parse_32(text).map(PublicKey)
}
