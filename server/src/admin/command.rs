//! The arguments, and which function each goes to.

use std::process::ExitCode;

use clap::Subcommand;
use teranga_core::clock;

use super::output::Output;
use super::{Desk, audit, org, users};
use crate::config::Place;
use crate::db::{Db, Settings};

/// Arguments of `teranga admin`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Works on the database itself, whether a server runs or not. What is done is written into the audit with the actor `console`.")]
pub struct Args {
    #[command(flatten)]
    place: Place,
    /// The organization, by its code [default: the only one]
    #[arg(long, env = "TERANGA_ORGANISATION", global = true)]
    organization: Option<String>,
    /// Print JSON for programs
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    noun: Noun,
}

#[derive(Debug, Subcommand)]
enum Noun {
    /// Organizations of this server
    #[command(subcommand)]
    Organizations(org::Organizations),
    /// Programs of an organization
    #[command(subcommand)]
    Programs(org::Programs),
    /// Campaigns of a program
    #[command(subcommand)]
    Campaigns(org::Campaigns),
    /// Areas in which an organization works
    #[command(subcommand)]
    Areas(org::Areas),
    /// Phones of an organization
    #[command(subcommand, alias = "device")]
    Devices(org::Devices),
    /// Users and their roles
    #[command(subcommand)]
    Users(users::Users),
    /// Tokens of integrations
    #[command(subcommand)]
    Token(users::Token),
    /// The record of what was done
    #[command(subcommand)]
    Audit(audit::Audit),
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    tokio::runtime::Runtime::new()?.block_on(dispatch(args))
}

async fn dispatch(args: Args) -> anyhow::Result<ExitCode> {
    let out = Output { json: args.json };
    // A file is walked without any database.
    if let Noun::Audit(audit::Audit::Verify {
        file: Some(file),
        public_key,
    }) = &args.noun
    {
        return audit::verify_file(out, &args.place, file, public_key.as_deref());
    }
    args.place.make_folder()?;
    let desk = Desk {
        db: Db::open(&args.place.address()?, Settings::default()).await?,
        out,
        code: args.organization.filter(|code| !code.is_empty()),
        at: clock::now().as_millisecond(),
    };
    let status = match args.noun {
        Noun::Organizations(what) => org::organizations(&desk, what).await,
        Noun::Programs(what) => org::programs(&desk, what).await,
        Noun::Campaigns(what) => org::campaigns(&desk, what).await,
        Noun::Areas(what) => org::areas(&desk, what).await,
        Noun::Devices(what) => org::devices(&desk, &args.place, what).await,
        Noun::Users(what) => users::users(&desk, what).await,
        Noun::Token(what) => users::token(&desk, what).await,
        Noun::Audit(what) => return audit::audit(&desk, &args.place, what).await,
    };
    desk.db.close().await?;
    status.map(|()| ExitCode::SUCCESS)
}
