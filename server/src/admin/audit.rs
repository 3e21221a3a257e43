//! The record of what was done: verified, taken out.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::json;
use teranga_core::card::key::Purpose;
use teranga_core::card::signing::SigningKey;
use teranga_core::card::trust::Scope;

use super::Desk;
use super::output::Output;
use crate::audit::{self, Broken, Checked, PublisherKeys};
use crate::config::Place;
use crate::keys::Keyring;

#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Walk the chain and name the first row that does not fit. Exit status 0: whole, 1: broken, 2: it could not be read
    Verify {
        /// A file that `export` wrote [default: the database]
        file: Option<PathBuf>,
        /// The publisher key that signed the file, 64 hexadecimal digits [default: those of the data folder]
        #[arg(long)]
        public_key: Option<String>,
    },
    /// Let rows leave that are older than five years, as a running server does once a day
    Retire,
    /// Write the chain to a file, one JSON object a line, private halves among them
    Export {
        /// The file
        file: PathBuf,
    },
}

pub(super) async fn audit(desk: &Desk, place: &Place, what: Audit) -> anyhow::Result<ExitCode> {
    let (keyring, _) = Keyring::open(&place.data, &place.master)?;
    match what {
        Audit::Verify { public_key, .. } => {
            let keys = keys(public_key.as_deref(), || PublisherKeys::of(&keyring))?;
            let found = audit::verify(&desk.db, &keys).await?;
            desk.db.close().await?;
            Ok(say(desk.out, &found))
        }
        Audit::Retire => {
            let left = audit::retire(&desk.db, publisher(&keyring)?, desk.at).await?;
            desk.db.close().await?;
            desk.out.one(
                &json!({"left": left}),
                &format!("{left} rows left, closed by a signed checkpoint"),
            );
            Ok(ExitCode::SUCCESS)
        }
        Audit::Export { file } => {
            let publisher = publisher(&keyring)?;
            audit::seal(&desk.db, publisher, desk.at).await?;
            let made = File::create_new(&file)
                .with_context(|| format!("{} (a file that is there is not written over)", file.display()))?;
            let rows = audit::export(&desk.db, BufWriter::new(made)).await?;
            desk.db.close().await?;
            desk.out.one(
                &json!({"rows": rows}),
                &format!("{rows} rows were written to {}", file.display()),
            );
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn publisher(keyring: &Keyring) -> anyhow::Result<SigningKey> {
    let publisher = keyring.signer(Purpose::Publisher, &Scope::Organisation);
    publisher.context("start the server once, which makes the organization's keys")
}

/// Walks a file, without any database.
pub(super) fn verify_file(
    out: Output,
    place: &Place,
    file: &Path,
    public_key: Option<&str>,
) -> anyhow::Result<ExitCode> {
    let keys = keys(public_key, || {
        anyhow::ensure!(
            place.data.join("keys").is_dir(),
            "the data folder {} has no keys; name the publisher key with --public-key",
            place.data.display()
        );
        PublisherKeys::of(&Keyring::open(&place.data, &place.master)?.0)
    })?;
    let opened = File::open(file).with_context(|| file.display().to_string())?;
    let found =
        audit::check_file(BufReader::new(opened), &keys).with_context(|| file.display().to_string())?;
    Ok(say(out, &found))
}

fn keys(
    named: Option<&str>,
    own: impl FnOnce() -> anyhow::Result<PublisherKeys>,
) -> anyhow::Result<PublisherKeys> {
    named.map_or_else(own, PublisherKeys::one)
}

fn say(out: Output, found: &Result<Checked, Broken>) -> ExitCode {
    match found {
        Ok(checked) => {
            let sentence = format!(
                "whole: {} rows, {} signed heads, {} private halves; {} rows wait to be sealed, {} have left",
                checked.rows, checked.heads, checked.private, checked.waiting, checked.left
            );
            out.one(&json!({"whole": true, "seen": checked}), &sentence);
            ExitCode::SUCCESS
        }
        Err(broken) => {
            out.one(
                &json!({"whole": false, "first": broken, "says": broken.to_string()}),
                &format!("BROKEN: {broken}"),
            );
            ExitCode::from(1)
        }
    }
}
