//! Cards to files, in the order in which they come.

use std::fs::File;
use std::io::{BufWriter, IntoInnerError, Write};

use anyhow::Context as _;
use jiff::civil::Date;
use teranga_render::pdf::sheet::{Sheet, Turn};
use teranga_render::pdf::{About, Cards, Paper};
use teranga_render::scene::{Card, Layout, Side};
use teranga_render::zip::Package;

use super::flags::{Edge, OutputFlags, SheetSize, Sides};
use super::people::Record;
use super::shop::Made;
use super::staging::{ARCHIVE, PAGES, PICTURES, RECORDS, Staging};

/// Names of the sides in file names.
const SIDES: [&str; 2] = ["front", "back"];

/// Everything that a run writes.
pub struct Output {
    staging: Staging,
    records: csv::Writer<BufWriter<File>>,
    pages: Option<Cards<BufWriter<File>>>,
    archive: Option<Package<BufWriter<File>>>,
    has_pictures: bool,
    sides: Sides,
    /// Cards so far.
    pub cards: u64,
}

/// A file that was made.
#[derive(Debug, serde::Serialize)]
pub struct Written {
    /// Its name in the folder.
    pub name: String,
    /// Its bytes; of a folder, those of the files in it.
    pub bytes: u64,
}

impl Output {
    /// Begins the files.
    pub fn begin(
        staging: Staging,
        flags: &OutputFlags,
        layout: &Layout,
        (title, today): (&str, Date),
    ) -> anyhow::Result<Self> {
        let mut records = csv::Writer::from_writer(staging.file(RECORDS)?);
        records.write_record([
            "card",
            "line",
            "token_hash",
            "kid",
            "issued",
            "expires",
            "revoked",
            "campaign",
            "card_code",
            "mpi_id",
            "nonce",
        ])?;
        let pages = || {
            let about = About {
                title: title.to_owned(),
                date: today,
            };
            let layout = one_sided(layout, flags.side);
            anyhow::Ok(Cards::new(staging.file(PAGES)?, about, paper(flags), &layout)?)
        };
        let columns = ["card", "card_code", "front", "back"];
        let archive = || {
            let out = staging.file(ARCHIVE)?;
            anyhow::Ok(Package::new(out, today, &staging.path(""), &columns)?)
        };
        let (pages, archive) = (
            flags.pdf.then(pages).transpose()?,
            flags.zip.then(archive).transpose()?,
        );
        let has_pictures = flags.pictures() > 0;
        if has_pictures {
            std::fs::create_dir(staging.path(PICTURES))?;
        }
        Ok(Self {
            records,
            pages,
            archive,
            has_pictures,
            sides: flags.side,
            cards: 0,
            staging,
        })
    }

    /// Adds a card.
    pub fn add(&mut self, made: Made, is_file: bool) -> anyhow::Result<()> {
        self.cards += 1;
        let stem = format!("{:06}", self.cards);
        let mut names = [String::new(), String::new()];
        for ((name, side), picture) in names.iter_mut().zip(SIDES).zip(&made.pictures) {
            let Some(picture) = picture else { continue };
            let stem = format!("{stem}-{side}");
            if let Some(archive) = &mut self.archive {
                *name = archive.picture(PICTURES, &stem, "png", picture)?;
            }
            if is_file {
                let path = self.staging.path(PICTURES).join(format!("{stem}.png"));
                write(&path, picture).with_context(|| path.display().to_string())?;
            }
        }
        let Record {
            token_hash,
            kid,
            issued,
            expires,
            campaign,
            card_code,
            mpi_id,
            nonce,
        } = &made.record;
        if let Some(archive) = &mut self.archive {
            archive.row([stem.as_str(), card_code, &names[0], &names[1]])?;
        }
        let line = made.line.to_string();
        self.records.write_record([
            &stem, &line, token_hash, kid, issued, expires, "", campaign, card_code, mpi_id, nonce,
        ])?;
        if let Some(pages) = &mut self.pages {
            pages.card(&turned(made.card, self.sides))?;
        }
        Ok(())
    }

    /// Completes the files and puts them in place.
    /// `also` has been written and is put in place with them.
    pub fn finish(self, also: Option<&'static str>) -> anyhow::Result<Vec<Written>> {
        let mut names: Vec<&str> = also.into_iter().collect();
        if self.has_pictures {
            names.push(PICTURES);
            File::open(self.staging.path(PICTURES))?.sync_all()?;
        }
        if let Some(pages) = self.pages {
            synced(pages.finish()?)?;
            names.push(PAGES);
        }
        if let Some(archive) = self.archive {
            synced(archive.finish()?)?;
            names.push(ARCHIVE);
        }
        synced(self.records.into_inner().map_err(|error| error.into_error())?)?;
        names.push(RECORDS);
        let written = |name: &&str| {
            Ok(Written {
                name: (*name).to_owned(),
                bytes: size(&self.staging.path(name))?,
            })
        };
        let written = names.iter().map(written).collect::<anyhow::Result<Vec<_>>>()?;
        self.staging.place(&names)?;
        Ok(written)
    }
}

impl OutputFlags {
    /// Of how many rows pictures are made as files.
    pub fn pictures(&self) -> u64 {
        let default = if self.pdf || self.zip { 0 } else { u64::MAX };
        self.png.unwrap_or(default)
    }

    /// Of how many rows pictures are made at all.
    pub fn drawn(&self) -> u64 {
        if self.zip { u64::MAX } else { self.pictures() }
    }
}

fn paper(flags: &OutputFlags) -> Paper {
    let turn = match (flags.side, flags.duplex) {
        (Sides::Front | Sides::Back, _) => Turn::Never,
        (Sides::Both, Edge::Long) => Turn::LongEdge,
        (Sides::Both, Edge::Short) => Turn::ShortEdge,
    };
    match flags.sheet {
        Some(SheetSize::A4) => Paper::Sheets(Sheet::a4(turn)),
        None => Paper::Cards,
    }
}

/// A layout for a document of one side: that side is its front.
fn one_sided(layout: &Layout, sides: Sides) -> Layout {
    let mut layout = layout.clone();
    match sides {
        Sides::Both => {}
        Sides::Front => layout.back = Side::default(),
        Sides::Back => layout.front = std::mem::take(&mut layout.back),
    }
    layout
}

/// The same for a card.
fn turned(mut card: Card, sides: Sides) -> Card {
    match sides {
        Sides::Both => {}
        Sides::Front => card.back.clear(),
        Sides::Back => card.front = std::mem::take(&mut card.back),
    }
    card
}

fn write(path: &std::path::Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_data()
}

fn synced(buffer: BufWriter<File>) -> anyhow::Result<()> {
    let file = buffer.into_inner().map_err(IntoInnerError::into_error)?;
    Ok(file.sync_all()?)
}

fn size(path: &std::path::Path) -> std::io::Result<u64> {
    if !path.is_dir() {
        return Ok(std::fs::metadata(path)?.len());
    }
    let mut entries = std::fs::read_dir(path)?;
    entries.try_fold(0, |sum, entry| Ok(sum + entry?.metadata()?.len()))
}
