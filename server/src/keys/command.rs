//! `teranga keys`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use jiff::civil::Date;
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::trust::{KeyState, Scope};
use teranga_core::clock;

use super::keyring::Keyring;
use super::master::MasterKeySource;
use super::report;
use super::request::{KeyRequest, years_after};

/// Where the keys are.
#[derive(Debug, Clone, clap::Args)]
pub struct KeysAt {
    /// Data folder; the keys are in its folder `keys`
    #[arg(long, env = "TERANGA_DATA", default_value = "teranga-data")]
    pub data: PathBuf,
    /// The master key
    #[command(flatten)]
    pub master: MasterKeySource,
}

/// Arguments of `teranga keys`.
#[derive(Debug, clap::Subcommand)]
pub enum Args {
    /// Make a key, and on first use the organisation's own
    Make(Make),
    /// List the keys: name, purpose, state, period; never a secret
    List(List),
    /// Make a key in place of another, which is retired; cards it signed stay valid
    Rotate(Change),
    /// Let a key sign nothing new; what it signed stays valid
    Retire(Change),
    /// Mark a key as possibly in other hands: what it signed must be checked online. This cannot be taken back
    Compromise(Change),
    /// Write the signed trust list, from which phones and third parties know the keys
    Trust(Trust),
}

/// Arguments of `teranga keys make`.
#[derive(Debug, clap::Args)]
pub struct Make {
    /// What the key is for
    #[arg(value_parser = ["issuer", "token", "pass", "publisher", "session", "sync"])]
    purpose: String,
    /// Prefix of the campaign that the key is for. An issuer key brings the campaign's token and pass keys with it
    #[arg(long, conflicts_with = "lot")]
    campaign: Option<String>,
    /// Number of the lot of blank cards that the key is for. An issuer key brings the lot's token key with it
    #[arg(long)]
    lot: Option<String>,
    /// First day of its period of issue [default: today]
    #[arg(long)]
    from: Option<Date>,
    /// Last day of its period of issue [default: a year after the first]
    #[arg(long)]
    until: Option<Date>,
    /// The organisation's short name, for its first trust list
    #[arg(long, default_value = "organisation")]
    organisation: String,
    #[command(flatten)]
    at: KeysAt,
}

/// Arguments of `teranga keys list`.
#[derive(Debug, clap::Args)]
pub struct List {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: KeysAt,
}

/// Arguments of the commands that change one key.
#[derive(Debug, clap::Args)]
pub struct Change {
    /// The key's name, 8 hexadecimal digits
    kid: Kid,
    #[command(flatten)]
    at: KeysAt,
}

/// Arguments of `teranga keys trust`.
#[derive(Debug, clap::Args)]
pub struct Trust {
    /// File for the signed list
    #[arg(long)]
    out: Option<PathBuf>,
    /// Print the list as JSON, with the public keys
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    at: KeysAt,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args {
        Args::Make(args) => make(&args)?,
        Args::List(args) => report::list(&open(&args.at)?.list()?, args.json)?,
        Args::Rotate(args) => {
            let keyring = open(&args.at)?;
            let new = keyring.rotate(args.kid, clock::now())?;
            report::said(&format!(
                "key {} is retired; what it signed stays valid",
                args.kid
            ));
            report::made(&[new]);
            publish(&keyring, "")?;
        }
        Args::Retire(args) => change(&args, KeyState::Retired)?,
        Args::Compromise(args) => change(&args, KeyState::Compromised)?,
        Args::Trust(args) => trust(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens the keyring and says where a new master key was put.
pub fn open(at: &KeysAt) -> anyhow::Result<Keyring> {
    let (keyring, made) = Keyring::open(&at.data, &at.master)?;
    if let Some(file) = made {
        report::said(&format!(
            "a new master key was made: {}\nKeep a copy apart from the data folder: without it no stored key opens.",
            file.display()
        ));
    }
    Ok(keyring)
}

fn make(args: &Make) -> anyhow::Result<()> {
    let keyring = open(&args.at)?;
    let now = clock::now();
    report::made(&keyring.ensure_organisation(now)?);
    let purpose = Purpose::ALL
        .into_iter()
        .find(|purpose| purpose.name() == args.purpose)
        .context("the purpose")?;
    let not_before = args.from.unwrap_or_else(|| clock::date_of(now));
    let not_after = args.until.unwrap_or_else(|| years_after(not_before, 1));
    let scope = match (&args.campaign, &args.lot) {
        (Some(prefix), _) => Scope::Campaign(prefix.clone()),
        (None, Some(number)) => Scope::Lot(number.clone()),
        (None, None) => Scope::Organisation,
    };
    let request = KeyRequest {
        purpose,
        scope,
        not_before,
        not_after,
    };
    report::made(&[keyring.make(&request, now)?]);
    for &purpose in companions(&request) {
        if keyring.secret(purpose, &request.scope).is_err() {
            report::made(&[keyring.make(
                &KeyRequest {
                    purpose,
                    ..request.clone()
                },
                now,
            )?]);
        }
    }
    publish(&keyring, &args.organisation)
}

/// The HMAC keys without which an issuer key cannot be used.
fn companions(request: &KeyRequest) -> &'static [Purpose] {
    match (request.purpose, &request.scope) {
        (Purpose::Issuer, Scope::Campaign(_)) => &[Purpose::Token, Purpose::Pass],
        (Purpose::Issuer, Scope::Lot(_)) => &[Purpose::Token],
        _ => &[],
    }
}

fn change(args: &Change, state: KeyState) -> anyhow::Result<()> {
    let keyring = open(&args.at)?;
    report::changed(&keyring.set_state(args.kid, state)?);
    publish(&keyring, "")
}

fn publish(keyring: &Keyring, organisation: &str) -> anyhow::Result<()> {
    let (list, _) = keyring.publish_trust_list(organisation, clock::today())?;
    report::said(&format!(
        "trust list {} names {} keys",
        list.number,
        list.entries().len()
    ));
    Ok(())
}

fn trust(args: &Trust) -> anyhow::Result<()> {
    let (list, signed) = open(&args.at)?.publish_trust_list("organisation", clock::today())?;
    if let Some(out) = &args.out {
        std::fs::write(out, &signed).with_context(|| out.display().to_string())?;
    }
    report::trust(&list, args.json)
}
