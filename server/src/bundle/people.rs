//! The people of an area as CSV: columns `mpi_id`, `given`, `family` and, where known, `birth` (a date, a month such as
//! 1990-05, or a year), `sex` (female, male, other), `country`, `region`, `district`, `commune`, `village`.

use std::path::Path;

use anyhow::Context as _;
use teranga_core::person::{Demographics, MpiId, Place, Sex};

#[derive(serde::Deserialize)]
struct Line {
    mpi_id: String,
    given: Option<String>,
    family: Option<String>,
    birth: Option<String>,
    sex: Option<Sex>,
    country: Option<String>,
    region: Option<String>,
    district: Option<String>,
    commune: Option<String>,
    village: Option<String>,
}

/// The people of a file, one by one. An error names the line and nothing that it holds.
pub fn read(file: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<(MpiId, Demographics)>>> {
    let reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(file);
    let reader = reader.with_context(|| format!("the people, {}", file.display()))?;
    let name = file.display().to_string();
    Ok(reader
        .into_deserialize::<Line>()
        .enumerate()
        .map(move |(index, line)| {
            let said = || format!("{name}, person {} after the heading", index + 1);
            // The reader's own error would quote the line.
            line.ok()
                .context("a column is missing or not readable")
                .and_then(person)
                .with_context(said)
        }))
}

fn person(line: Line) -> anyhow::Result<(MpiId, Demographics)> {
    let mpi = MpiId::parse(&line.mpi_id).context("mpi_id")?;
    let text = Option::unwrap_or_default;
    let person = Demographics {
        given: text(line.given),
        family: text(line.family),
        birth: line
            .birth
            .map(|birth| birth.parse().context("birth"))
            .transpose()?,
        sex: line.sex.unwrap_or_default(),
        place: Place {
            country: text(line.country),
            region: text(line.region),
            district: text(line.district),
            commune: text(line.commune),
            village: text(line.village),
        },
        ..Demographics::default()
    };
    Ok((mpi, person))
}
