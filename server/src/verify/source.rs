//! What a verdict is based on: the trust list, and the status list with its deltas, each checked before it is used.
//!
//! The trust list is checked against the organisation's root key, and everything else against the trust list. The root
//! key is the one thing that must come from elsewhere: from the local keyring, or from the organisation, by hand.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use data_encoding::HEXLOWER_PERMISSIVE;
use jiff::Timestamp;
use jiff::civil::Date;
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::signing::PublicKey;
use teranga_core::card::token::TokenHash;
use teranga_core::card::trust::{self, Scope, TrustList};
use teranga_core::registry::delta::Delta;
use teranga_core::registry::list::{self, StatusList};
use teranga_core::registry::{Freshness, Held, Status, Statuses};
use teranga_core::verify::{ClockFloor, Post};

use crate::keys::command::{KeysAt, open};

/// Where the lists are.
#[derive(Debug, clap::Args)]
pub struct Lists {
    /// Signed trust list, as `teranga keys trust --out` writes it [default: the local keyring's]
    #[arg(long)]
    trust: Option<PathBuf>,
    /// The organisation's root key, 64 hexadecimal digits [default: the local keyring's]
    #[arg(long, requires = "trust", value_parser = parse_root)]
    root: Option<PublicKey>,
    /// Signed status list
    #[arg(long)]
    status: Option<PathBuf>,
    /// Signed delta on the status list; several in their order
    #[arg(long, requires = "status")]
    delta: Vec<PathBuf>,
    #[command(flatten)]
    at: KeysAt,
}

/// Checked lists.
pub struct Source {
    trust: TrustList,
    held: Option<Held>,
}

impl Source {
    /// Reads and checks the lists.
    pub fn open(args: &Lists) -> anyhow::Result<Self> {
        let trust = trust_list(args)?;
        let held = args
            .status
            .as_ref()
            .map(|file| status_list(file, &args.delta, &trust))
            .transpose()?;
        Ok(Self { trust, held })
    }

    /// The newest time in anything that was checked: the device's clock cannot be before it.
    pub fn trusted_time(&self) -> Option<Timestamp> {
        self.freshness().map(|freshness| freshness.as_of)
    }

    /// The post at which a card is judged.
    pub fn post<'a>(&'a self, campaign: Option<&'a str>, clock: ClockFloor) -> Post<'a> {
        Post {
            trust: &self.trust,
            statuses: self,
            ids: None,
            holders: None,
            campaign,
            clock,
        }
    }
}

/// Without a list nothing is known of revocations, and the verdict says so.
impl Statuses for Source {
    fn status(&self, token: &TokenHash, issued: Date, kid: Kid) -> Status {
        self.held
            .as_ref()
            .map_or(Status::NewerThanList, |held| held.status(token, issued, kid))
    }

    fn freshness(&self) -> Option<Freshness> {
        self.held.as_ref().and_then(Statuses::freshness)
    }
}

fn trust_list(args: &Lists) -> anyhow::Result<TrustList> {
    let root = match args.root {
        Some(root) => root,
        None => {
            let said =
                "give --trust and --root, the organisation's root key, or the folder of its keys with --data";
            // A look must not make keys.
            anyhow::ensure!(args.at.data.join("keys").is_dir(), said);
            let keyring = open(&args.at)?;
            let root = keyring
                .signer(Purpose::Root, &Scope::Organisation)
                .context(said)?
                .public();
            if args.trust.is_none() {
                return Ok(keyring
                    .publish_trust_list("organisation", teranga_core::clock::today())?
                    .0);
            }
            root
        }
    };
    let file = args.trust.as_ref().context("give the trust list with --trust")?;
    TrustList::open(&read(file, trust::MAX_BYTES)?, &root).with_context(|| file.display().to_string())
}

fn status_list(file: &Path, deltas: &[PathBuf], trust: &TrustList) -> anyhow::Result<Held> {
    let opened = StatusList::open(trust, &read(file, list::MAX_BYTES)?);
    let mut held = Held::new(opened.with_context(|| file.display().to_string())?);
    for file in deltas {
        let said = || file.display().to_string();
        let delta = Delta::open(trust, &read(file, list::MAX_BYTES)?).with_context(said)?;
        held.apply(delta).with_context(said)?;
    }
    Ok(held)
}

/// A file of at most `most` bytes; a longer one is refused before it is read.
fn read(file: &Path, most: usize) -> anyhow::Result<Vec<u8>> {
    let said = || file.display().to_string();
    let length = std::fs::metadata(file).with_context(said)?.len();
    anyhow::ensure!(
        length <= most as u64,
        "{}: longer than such a list can be",
        file.display()
    );
    std::fs::read(file).with_context(said)
}

fn parse_root(digits: &str) -> Result<PublicKey, &'static str> {
    let bytes = HEXLOWER_PERMISSIVE
        .decode(digits.as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok());
    bytes.map(PublicKey).ok_or("a root key has 64 hexadecimal digits")
}
