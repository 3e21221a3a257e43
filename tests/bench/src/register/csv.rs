//! A register as the spreadsheet that a district would send.

use std::path::Path;

use anyhow::Result;
use teranga_core::person::{Demographics, Sex};

/// Writes people with an id each, in French column names.
pub fn write(people: &[Demographics], path: &Path) -> Result<()> {
    let mut writer = csv::Writer::from_path(path)?;
    writer.write_record([
        "id",
        "prénom",
        "nom",
        "naissance",
        "sexe",
        "région",
        "commune",
        "téléphone",
        "mère",
        "ménage",
    ])?;
    for (at, person) in people.iter().enumerate() {
        writer.write_record(row(at + 1, person))?;
    }
    writer.flush()?;
    Ok(())
}

fn row(number: usize, person: &Demographics) -> [String; 10] {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let sex = match person.sex {
        Sex::Female => "F",
        Sex::Male => "M",
        Sex::Other | Sex::Unknown => "",
    };
    [
        format!("P{number:05}"),
        person.given.clone(),
        person.family.clone(),
        person.birth.map(|birth| birth.to_string()).unwrap_or_default(),
        sex.to_owned(),
        person.place.region.clone(),
        person.place.commune.clone(),
        text(&person.phone),
        text(&person.mother),
        text(&person.household),
    ]
}
