//! From a person to what is printed.

use jiff::civil::Date;
use teranga_core::person::{BirthDate, Demographics, Sex};
use teranga_render::data::CardData;

use super::form::{Attribute, Field};
use crate::render::preview;

/// What a card says beside the person's own data.
#[derive(Debug, Clone, Default)]
pub struct Printed {
    /// Public name of the programme.
    pub programme: String,
    /// Name of the campaign.
    pub campaign: String,
    /// Day of enrollment.
    pub enrolled: Option<Date>,
    /// Day of issue.
    pub issued: Option<Date>,
    /// First day on which the card is no longer valid.
    pub expires: Option<Date>,
}

/// A person's card, without its code. An empty name is a fault: nobody could be called by the card.
pub fn printed(
    number: &str,
    person: &Demographics,
    lines: &[Attribute],
    beside: &Printed,
) -> Result<CardData, &'static str> {
    let name = value(person, Field::Name);
    if name.is_empty() {
        return Err("the person's record has no name; correct it, and generate again");
    }
    let attributes = lines
        .iter()
        .map(|line| (line.label.clone(), value(person, line.field)));
    Ok(CardData {
        mpi_id: number.to_owned(),
        name,
        programme: beside.programme.clone(),
        campaign: beside.campaign.clone(),
        attributes: attributes.collect(),
        enrolled: beside.enrolled,
        issued: beside.issued,
        // What is printed is the last good day.
        expires: beside.expires.and_then(|day| day.yesterday().ok()),
        tracked_entity: tracked_entity(person),
        ..CardData::default()
    })
}

/// A card of nobody: its code says so.
pub fn sample(lines: &[Attribute], beside: &Printed) -> CardData {
    let specimen = preview::specimen("Mamadou Lamine Diallo");
    let value = |field| match field {
        Field::Name => "Mamadou Lamine Diallo",
        Field::Birth => "14/03/1994",
        Field::Sex => "M",
        Field::Region => "DKR",
        Field::Place | Field::District => "Guédiawaye",
        Field::Commune => "Golf Sud",
        Field::Village => "Hamo 4",
    };
    let attributes = lines
        .iter()
        .map(|line| (line.label.clone(), value(line.field).to_owned()));
    let filled = |given: &str, usual: String| if given.is_empty() { usual } else { given.to_owned() };
    CardData {
        attributes: attributes.collect(),
        programme: filled(&beside.programme, specimen.programme),
        campaign: beside.campaign.clone(),
        issued: beside.issued.or(specimen.enrolled),
        expires: beside.expires.or(specimen.expires),
        ..specimen
    }
}

fn value(person: &Demographics, field: Field) -> String {
    let place = &person.place;
    match field {
        Field::Name => {
            let parts = [person.given.trim(), person.family.trim()];
            let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
            parts.join(" ")
        }
        Field::Birth => person.birth.as_ref().map(birth).unwrap_or_default(),
        Field::Sex => match person.sex {
            Sex::Female => "F".to_owned(),
            Sex::Male => "M".to_owned(),
            _ => String::new(),
        },
        Field::Region => place.region.clone(),
        Field::District => place.district.clone(),
        Field::Commune => place.commune.clone(),
        Field::Village => place.village.clone(),
        Field::Place => {
            let known = [&place.village, &place.commune, &place.district, &place.region];
            let first = known.into_iter().find(|part| !part.is_empty());
            first.cloned().unwrap_or_default()
        }
    }
}

/// Day, month and year as far as they are known.
fn birth(birth: &BirthDate) -> String {
    match birth {
        BirthDate::Day(day) => day.strftime("%d/%m/%Y").to_string(),
        // 1994-03 and 1994 are read the same everywhere.
        other => other.to_string(),
    }
}

/// The person's identifier in DHIS2, where it is known.
fn tracked_entity(person: &Demographics) -> String {
    let mut known = person.identifiers.iter();
    let dhis2 = known.find(|identifier| identifier.system == "dhis2");
    dhis2
        .map(|identifier| identifier.value.clone())
        .unwrap_or_default()
}
