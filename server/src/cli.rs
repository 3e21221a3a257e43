//! The command line: one subcommand a domain, each in its domain's folder.
//!
//! An error ends with exit status 2 and a sentence on standard error that says what to do next. Commands that give a
//! verdict (`verify`, `bundle verify`) use their own exit statuses, which their `--help` lists.

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::{
    admin, bundle, campaign, card, config, dedupe, demo, dhis2, import, keys, render, review, scan, serve,
    torture, verify,
};

/// Health IDs that work where the network does not.
#[derive(Debug, Parser)]
#[command(name = "teranga", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the main job end to end on sample data
    Demo(demo::command::Args),
    /// Run the server
    Serve(serve::command::Args),
    /// Do the slow work of servers on this machine: cards, lists, bundles
    Worker(serve::worker::Args),
    /// Bring a database up to date before a server runs on it
    Migrate(serve::migrate::Args),
    /// Organizations, programs, users, devices, tokens, and the record of what was done
    Admin(admin::command::Args),
    /// Find people registered twice in a spreadsheet, or the same people in two
    Dedupe(dedupe::command::Args),
    /// Make, list, rotate and retire signing keys
    #[command(subcommand)]
    Keys(keys::command::Args),
    /// Make a card's QR code, or show what one says
    #[command(subcommand)]
    Card(card::command::Args),
    /// Make the cards of a campaign: people, runs, files, quota
    Campaign(Box<campaign::command::Args>),
    /// Register everyone of a spreadsheet
    Import(import::command::Args),
    /// Read a DHIS2 server into the register: test, map, sync, status
    Dhis2(dhis2::command::Args),
    /// Draw the cards of everyone in a spreadsheet: pictures, PDF, ZIP
    Render(Box<render::command::Args>),
    /// Look through pairs that may be one person, and decide
    Review(review::command::Args),
    /// Work without pause and say what is safe on the disk, for tests that crash the machine
    Torture(torture::command::Args),
    /// Say whether a card is genuine, offline, against a bundle
    Verify(verify::command::Args),
    /// Read the cards on photos, and say whether they are genuine
    Scan(scan::command::Args),
    /// A phone in the terminal: enroll, scan, find, register, sync
    #[cfg(feature = "phone")]
    Phone(crate::phone::command::Args),
    /// Build, inspect and check the bundle that phones carry
    #[command(subcommand)]
    Bundle(bundle::command::Args),
}

/// Parses the arguments, runs the command and turns its error into a message and an exit status.
pub fn main() -> ExitCode {
    match parse().and_then(dispatch) {
        Ok(status) => status,
        Err(error) => {
            report(&error);
            ExitCode::from(2)
        }
    }
}

/// The arguments, with the lines of `teranga.toml` as defaults of the settings.
fn parse() -> anyhow::Result<Cli> {
    let arguments: Vec<_> = std::env::args_os().collect();
    let matches = config::file::apply(Cli::command(), &arguments)?.get_matches_from(arguments);
    Ok(Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit()))
}

fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    // Whoever stops reading (`| head`) ends a command without a word. A server outlives the reader of its log.
    if !matches!(cli.command, Command::Serve(_) | Command::Worker(_)) {
        sigpipe::reset();
    }
    match cli.command {
        Command::Demo(args) => demo::command::run(args),
        Command::Serve(args) => serve::command::run(args),
        Command::Worker(args) => serve::worker::run(args),
        Command::Migrate(args) => serve::migrate::run(args),
        Command::Admin(args) => admin::command::run(args),
        Command::Dedupe(args) => dedupe::command::run(args),
        Command::Keys(args) => keys::command::run(args),
        Command::Card(args) => card::command::run(args),
        Command::Campaign(args) => campaign::command::run(*args),
        Command::Import(args) => import::command::run_command(args),
        Command::Dhis2(args) => dhis2::command::run(args),
        Command::Torture(args) => torture::command::run(args),
        Command::Render(args) => render::command::run(&args),
        Command::Review(args) => review::command::run(args),
        Command::Verify(args) => verify::command::run(args),
        Command::Scan(args) => scan::command::run(&args),
        #[cfg(feature = "phone")]
        Command::Phone(args) => crate::phone::command::run(args),
        Command::Bundle(args) => bundle::command::run(args),
    }
}

#[expect(
    clippy::print_stderr,
    reason = "standard error is where a command line says what went wrong"
)]
fn report(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}
