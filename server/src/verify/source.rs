//! What a verdict is based on: a bundle, or a trust list and a status list with its deltas as single files. Each is
//! checked before it is used.
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
use teranga_core::registry::bundle::Opened;
use teranga_core::registry::bundle::files::Disk;
use teranga_core::registry::bundle::folder::Folder;
use teranga_core::registry::bundle::keys::VaultKey;
use teranga_core::registry::bundle::numbers::Numbers;
use teranga_core::registry::delta::Delta;
use teranga_core::registry::list::{self, StatusList};
use teranga_core::registry::{Freshness, Held, Ids, Status, Statuses};
use teranga_core::verify::{ClockFloor, Post};
use zeroize::Zeroizing;

use crate::keys::Keyring;
use crate::keys::command::{KeysAt, open};

/// Where the lists are.
#[derive(Debug, clap::Args)]
pub struct Lists {
    /// Folder of a bundle, as `teranga bundle build` writes it
    #[arg(long, conflicts_with_all = ["trust", "status"])]
    bundle: Option<PathBuf>,
    /// File with the device's vault key, 64 hexadecimal digits: opens the bundle's list of numbers, so that card codes
    /// and MPI ids can be typed
    #[arg(long, requires = "bundle")]
    vault_key: Option<PathBuf>,
    /// Signed trust list, as `teranga keys trust --out` writes it [default: the local keyring's]
    #[arg(long)]
    trust: Option<PathBuf>,
    /// The organisation's root key, 64 hexadecimal digits [default: the local keyring's]
    #[arg(long, value_parser = parse_root)]
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
    numbers: Option<Numbers>,
    built: Option<Timestamp>,
}

impl Source {
    /// Reads and checks the lists.
    pub fn open(lists: &Lists) -> anyhow::Result<Self> {
        if let Some(folder) = &lists.bundle {
            let root = root(lists)?;
            return from_bundle(folder, lists.vault_key.as_deref(), &root)
                .with_context(|| folder.display().to_string());
        }
        let trust = trust_list(lists)?;
        let held = lists
            .status
            .as_ref()
            .map(|file| status_list(file, &lists.delta, &trust))
            .transpose()?;
        Ok(Self {
            trust,
            held,
            numbers: None,
            built: None,
        })
    }

    /// The same, or nothing where no list was given and no keyring is at hand.
    pub fn open_if_given(lists: &Lists) -> anyhow::Result<Option<Self>> {
        let given = lists.bundle.is_some()
            || lists.trust.is_some()
            || lists.status.is_some()
            || lists.root.is_some()
            || has_keys(lists);
        given.then(|| Self::open(lists)).transpose()
    }

    /// The checked trust list.
    pub fn trust(&self) -> &TrustList {
        &self.trust
    }

    /// The cards by number, if the bundle has them and a vault key opened them.
    pub fn ids(&self) -> Option<impl Ids + '_> {
        self.numbers
            .as_ref()
            .zip(self.held.as_ref())
            .map(|(numbers, held)| numbers.with(held))
    }

    /// The newest time in anything that was checked: the device's clock cannot be before it.
    pub fn trusted_time(&self) -> Option<Timestamp> {
        self.freshness().map(|freshness| freshness.as_of).max(self.built)
    }

    /// The post at which a card is judged; `ids` is what [`Source::ids`] gave.
    pub fn post<'a>(
        &'a self,
        ids: Option<&'a dyn Ids>,
        campaign: Option<&'a str>,
        clock: ClockFloor,
    ) -> Post<'a> {
        Post {
            trust: &self.trust,
            statuses: self,
            ids,
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

fn from_bundle(folder: &Path, vault_key: Option<&Path>, root: &PublicKey) -> anyhow::Result<Source> {
    anyhow::ensure!(
        folder.is_dir(),
        "there is no such folder; build a bundle with `teranga bundle build`"
    );
    let folder = Folder::new(Disk::open(folder)?);
    let opened = Opened::open(&folder, root)?;
    let numbers = match vault_key {
        Some(file) => opened.numbers(&folder, &vault(file)?)?,
        None => None,
    };
    let built = Some(opened.manifest.built);
    Ok(Source {
        trust: opened.trust,
        held: opened.statuses,
        numbers,
        built,
    })
}

fn vault(file: &Path) -> anyhow::Result<VaultKey> {
    let digits = Zeroizing::new(read(file, 1_000)?);
    let key = HEXLOWER_PERMISSIVE
        .decode(digits.trim_ascii())
        .map(Zeroizing::new)
        .ok();
    key.and_then(|key| VaultKey::from_slice(&key))
        .with_context(|| format!("{}: a vault key has 64 hexadecimal digits", file.display()))
}

fn trust_list(lists: &Lists) -> anyhow::Result<TrustList> {
    match &lists.trust {
        Some(file) => TrustList::open(&read(file, trust::MAX_BYTES)?, &root(lists)?)
            .with_context(|| file.display().to_string()),
        None => Ok(keyring(lists)?
            .publish_trust_list("organisation", teranga_core::clock::today())?
            .0),
    }
}

fn root(lists: &Lists) -> anyhow::Result<PublicKey> {
    match lists.root {
        Some(root) => Ok(root),
        None => Ok(keyring(lists)?
            .signer(Purpose::Root, &Scope::Organisation)?
            .public()),
    }
}

fn keyring(lists: &Lists) -> anyhow::Result<Keyring> {
    // A look must not make keys.
    anyhow::ensure!(
        has_keys(lists),
        "the organisation's keys are not known here: give --root and --bundle or --trust, or the data folder with --data"
    );
    open(&lists.at)
}

fn has_keys(lists: &Lists) -> bool {
    lists.at.data.join("keys").is_dir()
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
