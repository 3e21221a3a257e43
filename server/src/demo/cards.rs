//! What the demo remembers of the cards that were drawn: their texts, read from the pictures, and their records.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use teranga_core::clock;
use teranga_core::decode::{self, Budget};

use crate::scan::photo::Photo;

/// Every so many cards one is reported lost.
const LOST_EVERY: usize = 100;
/// The column of the day of revocation.
const REVOKED: &str = "revoked";

/// A card whose picture the demo has.
pub struct Card {
    /// Its picture.
    pub picture: PathBuf,
    /// Text of its QR code, as a camera reads it.
    pub text: String,
}

/// Reads the pictures in a folder, in their order.
pub fn read(folder: &Path) -> anyhow::Result<Vec<Card>> {
    let mut pictures = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with("-front.png") {
            pictures.push(path);
        }
    }
    pictures.sort();
    pictures.into_iter().map(card).collect()
}

fn card(picture: PathBuf) -> anyhow::Result<Card> {
    let photo = Photo::open(&picture)?;
    let found = decode::read(&photo.frame()?, Budget::PHOTO, None);
    let reading = found.into_iter().next();
    let text = reading
        .with_context(|| format!("no code was read on {}", picture.display()))?
        .text;
    Ok(Card { picture, text })
}

/// Marks some cards as reported lost today; says how many.
pub fn report_lost(records: &Path) -> anyhow::Result<usize> {
    let mut count = 0;
    revoke(records, |at| {
        let is_lost = at % LOST_EVERY == 1;
        count += usize::from(is_lost);
        is_lost
    })?;
    Ok(count)
}

/// Marks cards, by their place among the records, as revoked today.
pub fn revoke(records: &Path, mut is_lost: impl FnMut(usize) -> bool) -> anyhow::Result<()> {
    let mut reader = csv::Reader::from_path(records)?;
    let headers = reader.headers()?.clone();
    let column = headers.iter().position(|name| name == REVOKED);
    ensure!(column.is_some(), "the records have no column of revocations");
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    let today = clock::today().to_string();
    let mut writer = csv::Writer::from_path(records)?;
    writer.write_record(&headers)?;
    for (at, row) in rows.iter().enumerate() {
        let lost = is_lost(at);
        let cells = row.iter().enumerate();
        writer.write_record(cells.map(|(cell, text)| match lost && Some(cell) == column {
            true => &today,
            false => text,
        }))?;
    }
    writer.flush()?;
    Ok(())
}
