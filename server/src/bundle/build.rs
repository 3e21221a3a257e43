//! `teranga bundle build`: everything that a phone carries, from the records of cards and people.

use std::collections::BTreeMap;
use std::io::{BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::trust::{Scope, TrustList};
use teranga_core::clock;
use teranga_core::ids::OsRandom;
use teranga_core::registry::bundle::files::Disk;
use teranga_core::registry::bundle::folder::Folder;
use teranga_core::registry::bundle::keys::PartKey;
use teranga_core::registry::bundle::manifest::{Kind, Manifest, Part};
use teranga_core::registry::bundle::numbers::Numbers;
use teranga_core::registry::bundle::people::{self as people_part, Known};
use teranga_core::registry::filter::{Build, Filter, Key};
use teranga_core::registry::list::StatusList;
use teranga_core::sensitive::Secret;

use super::command::{parse_32, say};
use super::{people, store};
use crate::card::records as cards;
use crate::keys::command::{KeysAt, open};

/// Arguments of `teranga bundle build`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// CSV of all cards: token_hash, kid, issued, expires; where known revoked, campaign, card_code, mpi_id
    #[arg(long)]
    cards: PathBuf,
    /// CSV of the area's people: mpi_id, given, family; where known birth, sex, country ... village
    #[arg(long)]
    people: Option<PathBuf>,
    /// Public vault key of a device that may open the sealed parts, 64 hexadecimal digits; several are allowed
    #[arg(long = "recipient", value_parser = parse_32)]
    recipients: Vec<[u8; 32]>,
    /// The status list speaks of the cards issued before this day [default: today]
    #[arg(long)]
    covers_before: Option<Date>,
    /// Folder for the bundle; a bundle that is there is replaced by one of the next number
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    at: KeysAt,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let (keyring, now) = (open(&args.at)?, clock::now());
    let publisher = keyring.signer(Purpose::Publisher, &Scope::Organisation)?;
    let (trust, signed_trust) = keyring.publish_trust_list("organisation", clock::date_of(now))?;
    let mut folder = store::folder(&args.out)?;
    let number = store::current(&folder)?.map_or(1, |manifest| manifest.number + 1);

    let list = status_list(args, number, now)?.sign(&publisher)?;
    let mut parts = vec![
        store::keep_signed(&mut folder, Kind::Trust, trust.number, &signed_trust)?,
        store::keep_signed(&mut folder, Kind::Status, number, &list)?,
    ];
    let keys = sealed_parts(args, number, &mut folder, &mut parts)?;
    let recipients = store::recipients(&args.recipients, &parts, &keys)?;
    let manifest = Manifest {
        number,
        built: now,
        parts,
        recipients,
    };
    let manifest = finish(&mut folder, &trust, &manifest.sign(&publisher)?)?;
    let bytes: u64 = manifest.parts.iter().map(|part| part.size).sum();
    say(&format!(
        "bundle {number}: {} parts, {bytes} bytes, in {}",
        manifest.parts.len(),
        args.out.display()
    ));
    Ok(())
}

/// Makes a manifest count whose parts are in.
pub fn finish(folder: &mut Folder<Disk>, trust: &TrustList, signed: &[u8]) -> anyhow::Result<Manifest> {
    Ok(folder.switch(trust, signed, 0)?)
}

fn status_list(args: &Args, number: u64, now: Timestamp) -> anyhow::Result<StatusList> {
    let covers_before = args.covers_before.unwrap_or_else(|| clock::date_of(now));
    Ok(StatusList {
        number,
        covers_before,
        issued: now,
        next_update: now + SignedDuration::from_hours(24),
        withdrawn: Vec::new(),
        filter: filter(&args.cards, covers_before)?,
    })
}

/// Walks through the cards twice: to count them and know the revoked, and to show each to the filter.
fn filter(file: &Path, covers_before: Date) -> anyhow::Result<Filter> {
    let covered = |card: &anyhow::Result<cards::Card>| {
        card.as_ref()
            .map_or(true, |card| card.numbered.issued < covers_before)
    };
    let (mut counts, mut revoked) = (BTreeMap::<Kid, u64>::new(), Vec::<(Kid, Key)>::new());
    for card in cards::read(file)?.filter(covered) {
        let card = card?;
        *counts.entry(card.numbered.kid).or_default() += 1;
        if card.revoked.is_some() {
            revoked.push((card.numbered.kid, card.numbered.key));
        }
    }
    let mut build = Build::new(&counts, revoked)?;
    for card in cards::read(file)?.filter(covered) {
        let card = card?.numbered;
        build.offer(card.kid, card.key)?;
    }
    Ok(build.finish()?)
}

/// The parts that only the devices open, and their keys.
fn sealed_parts(
    args: &Args,
    version: u64,
    folder: &mut Folder<Disk>,
    parts: &mut Vec<Part>,
) -> anyhow::Result<Vec<(Kind, PartKey)>> {
    let mut keys = Vec::new();
    if let Some(file) = &args.people {
        let contents = people_contents(file)?;
        let (part, key) = store::keep_sealed(folder, Kind::People, version, BufReader::new(contents))?;
        parts.push(part);
        keys.push((Kind::People, key));
    }
    let numbered = cards::read(&args.cards)?.map(|card| card.map(|card| card.numbered));
    let numbered = numbered.filter(|card| card.as_ref().map_or(true, |card| !card.handles.is_empty()));
    let numbered = numbered.collect::<anyhow::Result<Vec<_>>>()?;
    if !numbered.is_empty() {
        let numbers = Numbers::of(Secret::generate(&mut OsRandom)?, &numbered)?;
        let (part, key) = store::keep_sealed(folder, Kind::Ids, version, &numbers.to_bytes()[..])?;
        parts.push(part);
        keys.push((Kind::Ids, key));
    }
    Ok(keys)
}

/// The people in a file that has no name and is gone when it is closed.
fn people_contents(file: &Path) -> anyhow::Result<std::fs::File> {
    let key = Secret::generate(&mut OsRandom)?;
    let mut failed = None;
    let known = people::read(file)?.map_while(|person| match person {
        Ok((mpi, person)) => Some(Known::of(mpi, &person, &key)),
        Err(error) => {
            failed = Some(error);
            None
        }
    });
    let mut contents = BufWriter::new(tempfile::tempfile().context("a file for the people part")?);
    people_part::write(&mut contents, &key, known)?;
    if let Some(error) = failed {
        return Err(error);
    }
    contents.flush()?;
    let mut contents = contents.into_inner().context("the people part")?;
    contents.seek(SeekFrom::Start(0))?;
    Ok(contents)
}
