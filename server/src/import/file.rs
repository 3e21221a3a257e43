//! A spreadsheet as people to register.

use std::path::Path;

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};
use teranga_core::clock;
use teranga_core::person::{DateOrder, Demographics};
use teranga_core::places::Places;

use crate::dedupe::rows;
use crate::spreadsheet::columns::Columns;
use crate::spreadsheet::reading;
use crate::spreadsheet::roles::Role;

/// What a spreadsheet holds.
#[derive(Debug)]
pub struct File {
    /// People with the lines they begin at.
    pub people: Vec<(u64, Demographics)>,
    /// Lines that cannot be read, with the reason; never what stands there.
    pub faults: Vec<(u64, String)>,
    /// Names the file and how its columns were read.
    pub digest: [u8; 32],
}

/// Reads a spreadsheet. A row without a country is of `country`.
pub fn read(
    path: &Path,
    flags: &[(Role, &str)],
    identifiers: &[String],
    order: Option<DateOrder>,
    country: &str,
) -> anyhow::Result<File> {
    let bytes = std::fs::read(path).context("the spreadsheet cannot be read")?;
    let table = reading::table(path)?;
    let columns = Columns::find(&table.headers, flags, identifiers)?;
    let digest = Sha256::new()
        .chain_update(&bytes)
        .chain_update(format!("{columns:?}{order:?}{country}"))
        .finalize()
        .into();
    let mut read = rows::demographics(table, &columns, order, clock::today());
    for (_, person) in &mut read.people {
        place(person, country);
    }
    Ok(File {
        people: read.people,
        faults: read.faults,
        digest,
    })
}

/// Codes of country and region: both stand in the MPI id.
fn place(person: &mut Demographics, country: &str) {
    let place = &mut person.place;
    if place.country.is_empty() {
        country.clone_into(&mut place.country);
    }
    if let Some(region) = Places::builtin().region(&place.country, &place.region) {
        region.code.clone_into(&mut place.region);
    }
}
