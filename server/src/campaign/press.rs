//! Drawing a shard on this machine's disk: signed, drawn, read back, into pages and an archive.
//!
//! The same threads, presses and files as those of `teranga render`. A person whose card cannot be drawn is refused with
//! a reason; a fault of the drawing itself, which stops its thread, is that one card's too.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, ensure};
use teranga_core::card::trust::Scope;
use teranga_core::clock;
use teranga_core::person::MpiId;
use teranga_render::data::CardData;
use teranga_render::scene::Layout;

use super::issuing;
use super::order::{Order, Person};
use super::request::Making;
use crate::app::App;
use crate::card::issue::Issuer;
use crate::card::store::PrintedCard;
use crate::queue::Lease;
use crate::render::line::{self, Bench};
use crate::render::output::Output;
use crate::render::people::{Entry, Record};
use crate::render::shop::{Drawer, Made, Shop};
use crate::render::staging::{RECORDS, Staging};
use crate::studio;

/// Why a card is refused whose drawing stopped its thread.
const FAULT: &str = "the card could not be drawn; this is a fault of the program, please report it";

/// What all cards of a shard or a lot share.
pub(crate) struct Job<'a> {
    pub(crate) making: &'a Making,
    pub(crate) layout: &'a Arc<Layout>,
    /// Of the document; it names no person.
    pub(crate) title: String,
}

/// A shard or a lot that was drawn and is not anyone's yet.
pub(crate) struct Drawn {
    /// Holds the files until they are sent.
    pub(crate) folder: tempfile::TempDir,
    /// Names of the files in it.
    pub(crate) files: Vec<String>,
    pub(crate) cards: Vec<PrintedCard>,
    /// Who has no card, by the caller's numbers, and why.
    pub(crate) refused: Vec<(i64, String)>,
}

/// A card that was drawn, and its row.
pub(crate) type Pressed = (Made, PrintedCard);

enum Outcome {
    Made(Box<Pressed>),
    Refused(i64, String),
}

/// Draws a shard. `progress` counts people; a lease that is lost stops it.
pub(super) fn draw(app: &App, order: &Order, lease: &Lease, progress: &AtomicU32) -> anyhow::Result<Drawn> {
    let issuer = issuing::issuer(app, Scope::Campaign(order.prefix.clone()), &order.making)?;
    let job = Job {
        making: &order.making,
        layout: &order.layout,
        title: format!("{}, {}", order.making.form.card.template, order.prefix),
    };
    let people = order.people.iter().map(|person| (person.beneficiary, person));
    let made =
        |drawer: &mut Drawer<'_>, at, person: &&Person| made(app, order, &issuer, drawer, (at, person));
    draw_all(&job, people, made, lease, progress)
}

/// Draws the cards of a shard or a lot, each with the caller's number.
pub(crate) fn draw_all<T: Sync + Send>(
    job: &Job<'_>,
    items: impl Iterator<Item = (i64, T)> + Send,
    made: impl Fn(&mut Drawer<'_>, u64, &T) -> anyhow::Result<Pressed> + Sync,
    lease: &Lease,
    progress: &AtomicU32,
) -> anyhow::Result<Drawn> {
    let flags = job.making.flags();
    let shop = Shop::new(job.layout, (flags.side, job.making.dpi, flags.drawn()), true)?;
    let folder = tempfile::tempdir().context("a folder for a shard's files")?;
    let staging = Staging::begin(folder.path(), false)?;
    let mut output = Output::begin(staging, &flags, job.layout, (&job.title, job.making.issued))?;
    let mut drawn = Drawn {
        files: Vec::new(),
        cards: Vec::new(),
        refused: Vec::new(),
        folder,
    };
    let bench = Bench {
        threads: 1,
        start: || shop.drawer(),
        work: |drawer: &mut Drawer<'_>, at, (number, item): (i64, T)| {
            match catch_unwind(AssertUnwindSafe(|| made(drawer, at, &item))) {
                Ok(Ok(pressed)) => Outcome::Made(Box::new(pressed)),
                Ok(Err(error)) => Outcome::Refused(number, format!("{error:#}")),
                Err(_) => {
                    // What the drawing left behind is not drawn on again.
                    drawer.renew();
                    Outcome::Refused(number, FAULT.to_owned())
                }
            }
        },
    };
    line::run(items.map(Ok), &bench, |outcome| {
        ensure!(!lease.is_lost(), "the shard is no longer this worker's");
        match outcome {
            Outcome::Made(pressed) => {
                let (made, card) = *pressed;
                output.add(made, false)?;
                drawn.cards.push(card);
            }
            Outcome::Refused(number, why) => drawn.refused.push((number, why)),
        }
        progress.fetch_add(1, Ordering::Relaxed);
        Ok(())
    })?;
    if !drawn.cards.is_empty() {
        let written = output.finish(None)?.into_iter().map(|file| file.name);
        drawn.files = written.filter(|name| name != RECORDS).collect();
    }
    Ok(drawn)
}

fn made(
    app: &App,
    order: &Order,
    issuer: &Issuer,
    drawer: &mut Drawer<'_>,
    (at, person): (u64, &Person),
) -> anyhow::Result<Pressed> {
    ensure!(
        !person.is_double,
        "one person with another of the campaign, who has the card"
    );
    let number = MpiId::parse(&person.number).context("the person has no number of their own")?;
    let record = person.read().map_err(anyhow::Error::msg)?;
    let beside = studio::Printed {
        enrolled: person.enrolled.and_then(day),
        ..order.beside.clone()
    };
    let mut data =
        studio::printed(&person.number, &record, &order.lines, &beside).map_err(anyhow::Error::msg)?;
    let issued = issuer.card(&number)?;
    data.card_code.clone_from(&issued.card_code);
    data.qr.clone_from(&issued.text);
    let mut card = issuing::row(app, &issued, (order.organisation, order.campaign))?;
    card.card.identity = Some(person.identity);
    card.beneficiary = Some(person.beneficiary);
    Ok((drawer.made(at, at + 1, entry(data, issued.card_code))?, card))
}

/// A card before it is drawn. The table of cards is the database: the file of records stays on this machine, says
/// nothing but the code, and is thrown away.
pub(crate) fn entry(data: CardData, card_code: String) -> Entry {
    let record = Record {
        token_hash: String::new(),
        kid: String::new(),
        issued: String::new(),
        expires: String::new(),
        campaign: String::new(),
        card_code,
        mpi_id: String::new(),
        nonce: String::new(),
    };
    Entry { data, record }
}

fn day(millis: i64) -> Option<jiff::civil::Date> {
    clock::date_of_day(millis.div_euclid(1000 * clock::SECONDS_PER_DAY))
}

/// Where a file that was drawn is.
pub(crate) fn path(folder: &Path, name: &str) -> PathBuf {
    folder.join(name)
}
