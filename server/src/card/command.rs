//! `teranga card`

use std::process::ExitCode;

use anyhow::Context as _;

use crate::db::{Address, Db, Settings, sql};

/// Arguments of `teranga card`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Make one card: its QR code as PNG or SVG, and its card code
    Make(Box<super::make::Args>),
    /// Show what the text of a QR code says, without verifying it; see `teranga verify` for that
    Show(super::show::Args),
    /// Take cards that were made elsewhere into the database
    Import(super::import::Args),
    /// Let a card count no longer
    Revoke(super::revoke::Args),
}

/// The database and the organisation whose cards they are.
#[derive(Debug, clap::Args)]
pub struct At {
    /// The database: the path of an SQLite file, or postgres://USER@HOST/NAME
    #[arg(long, env = "TERANGA_DATABASE", hide_env_values = true)]
    database: Address,
    /// The organisation, by its code
    #[arg(long, env = "TERANGA_ORGANISATION")]
    organisation: String,
}

impl At {
    /// Opens the database and finds the organisation's row.
    pub(super) async fn open(&self) -> anyhow::Result<(Db, i64)> {
        const FIND: &str = "SELECT id FROM organisations WHERE code = $1";
        let db = Db::open(&self.database, Settings::default()).await?;
        let row = sql::one(db.reader(), FIND, [self.organisation.as_str().into()]).await?;
        let row = row.with_context(|| format!("there is no organisation {}", self.organisation))?;
        Ok((db, row.try_get_by_index(0)?))
    }
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let waiting = || tokio::runtime::Runtime::new().context("the runtime");
    match args {
        Args::Make(args) => super::make::run(&args)?,
        Args::Show(args) => super::show::run(&args)?,
        Args::Import(args) => waiting()?.block_on(super::import::run(&args))?,
        Args::Revoke(args) => waiting()?.block_on(super::revoke::run(&args))?,
    }
    Ok(ExitCode::SUCCESS)
}
