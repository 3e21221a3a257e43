//! `teranga bundle verify`: every signature, every byte, and that it is not older than it must be.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use teranga_core::registry::bundle::Opened;
use teranga_core::registry::bundle::keys::VaultKey;
use teranga_core::registry::bundle::people;

use super::command::{At, parse_32, say};
use super::store;

/// Arguments of `teranga bundle verify`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    at: At,
    /// Refuse a bundle of a lower number than this
    #[arg(long, default_value_t = 0)]
    at_least: u64,
    /// File with a device's vault key, 64 hexadecimal digits: open the sealed parts too
    #[arg(long)]
    vault_key: Option<std::path::PathBuf>,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let root = store::root(&args.at)?;
    anyhow::ensure!(
        args.at.folder.is_dir(),
        "{} is not a folder",
        args.at.folder.display()
    );
    let vault = args.vault_key.as_deref().map(read_vault).transpose()?;
    let (answer, status) = match check(args, &root, vault.as_ref()) {
        Ok(number) => (
            serde_json::json!({ "bundle": "good", "number": number }),
            ExitCode::SUCCESS,
        ),
        Err(reason) => (
            serde_json::json!({ "bundle": "refused", "reason": format!("{reason:#}") }),
            ExitCode::from(1),
        ),
    };
    let reason = answer["reason"]
        .as_str()
        .map_or_else(|| "good".to_owned(), |reason| format!("refused: {reason}"));
    say(&if args.at.json {
        format!("{answer:#}")
    } else {
        reason
    });
    Ok(status)
}

fn check(
    args: &Args,
    root: &teranga_core::card::signing::PublicKey,
    vault: Option<&VaultKey>,
) -> anyhow::Result<u64> {
    let folder = store::folder(&args.at.folder)?;
    let opened = Opened::open(&folder, root)?;
    folder.accept(&opened.trust, &folder.manifest()?, args.at_least)?;
    for part in &opened.manifest.parts {
        folder.check(part)?;
    }
    if let Some(vault) = vault {
        opened.numbers(&folder, vault)?;
        opened.pool(&folder, vault)?;
        if let Some(contents) = opened.people(&folder, vault)? {
            for person in people::read(contents)?.1 {
                person.context("the people part")?;
            }
        }
    }
    Ok(opened.manifest.number)
}

fn read_vault(file: &Path) -> anyhow::Result<VaultKey> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let mut key = parse_32(&text)
        .map_err(anyhow::Error::msg)
        .with_context(|| file.display().to_string())?;
    Ok(VaultKey::take(&mut key))
}
