//! `teranga bundle delta`: carries a bundle forward by the cards revoked since.

use std::path::PathBuf;

use anyhow::Context as _;
use jiff::SignedDuration;
use teranga_core::card::key::Purpose;
use teranga_core::card::trust::Scope;
use teranga_core::clock;
use teranga_core::registry::bundle::Opened;
use teranga_core::registry::bundle::manifest::{Kind, Manifest};
use teranga_core::registry::delta::{Delta, Prefixes};
use teranga_core::registry::filter::Key;
use teranga_core::registry::{Held, Status, Statuses};

use super::command::say;
use super::{build, store};
use crate::card::records as cards;
use crate::keys::command::{KeysAt, open};

/// Arguments of `teranga bundle delta`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder of the bundle
    folder: PathBuf,
    /// CSV of all cards, as for `teranga bundle build`
    #[arg(long)]
    cards: PathBuf,
    #[command(flatten)]
    at: KeysAt,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (keyring, now) = (open(&args.at)?, clock::now());
    let publisher = keyring.signer(Purpose::Publisher, &Scope::Organisation)?;
    let root = keyring.signer(Purpose::Root, &Scope::Organisation)?.public();
    let mut folder = store::folder(&args.folder)?;
    let Opened {
        mut manifest,
        trust,
        statuses,
    } = Opened::open(&folder, &root)?;
    let held = statuses.context("the bundle has no status list; build it with `teranga bundle build`")?;

    let cards = newly_revoked(args, &held)?;
    let (count, number) = (cards.len(), held.last_delta() + 1);
    let next_update = now + SignedDuration::from_hours(24);
    let delta = Delta {
        base: held.base(),
        number,
        issued: now,
        next_update,
        withdrawn: Vec::new(),
        cards,
    };
    let delta = delta.sign(&publisher)?;
    let part = store::keep_signed(&mut folder, Kind::Delta, number, &delta)?;

    let place = manifest.parts.partition_point(|other| other.kind <= Kind::Delta);
    manifest.parts.insert(place, part);
    for (at, _) in manifest
        .recipients
        .iter_mut()
        .flat_map(|recipient| &mut recipient.keys)
    {
        *at += usize::from(*at >= place);
    }
    let manifest = Manifest {
        number: manifest.number + 1,
        built: now,
        ..manifest
    };
    build::finish(&mut folder, &trust, &manifest.sign(&publisher)?)?;
    say(&format!(
        "delta {number}: {count} cards newly revoked, {} bytes; bundle {}",
        delta.len(),
        manifest.number
    ));
    Ok(())
}

/// The revoked cards that the list and its deltas do not know, in as few bits as tell them from all others.
fn newly_revoked(args: &Args, held: &Held) -> anyhow::Result<Prefixes> {
    let mut revoked: Vec<Key> = Vec::new();
    for card in cards::read(&args.cards)? {
        let card = card?;
        let status = || held.status(&card.token_hash, card.numbered.issued, card.numbered.kid);
        if card.revoked.is_some() && !matches!(status(), Status::Revoked { .. }) {
            revoked.push(card.numbered.key);
        }
    }
    let mut failed = None;
    let all = cards::read(&args.cards)?.map_while(|card| match card {
        Ok(card) => Some(card.numbered.key),
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    let prefixes = Prefixes::of(&revoked, all);
    failed.map_or(Ok(prefixes), Err)
}
