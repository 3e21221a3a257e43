//! A tracked entity becomes a person: mapped attributes and the organisation unit, as the index takes them.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use sha2::{Digest as _, Sha256};
use teranga_core::person::{BirthDate, DateOrder, Demographics, ExternalId, Place, Sex};
use teranga_core::places::Places;
use teranga_core::sensitive::Sensitive;

use super::client::{Person, Unit};
use super::mapping::{CardField, Mappings, Part};

/// The system of tracked entities' identifiers in the index.
pub const SYSTEM: &str = "dhis2";

/// The system of numbers that an attribute holds, such as a national one.
const NUMBER: &str = "national-id";

/// Organisation units by UID, and where they lie.
pub struct Units {
    names: HashMap<String, Unit>,
    country: String,
}

impl Units {
    /// The units of a server in a country (ISO 3166-1 alpha-2).
    pub fn new(units: Vec<Unit>, country: &str) -> Self {
        Self {
            names: units.into_iter().map(|unit| (unit.id.clone(), unit)).collect(),
            country: country.to_owned(),
        }
    }

    /// Region and district of a unit: the highest level whose name is a health region of the country, and the one below.
    pub fn place(&self, unit: &str) -> Place {
        let mut place = Place {
            country: self.country.clone(),
            ..Place::default()
        };
        let path = self.names.get(unit).map_or("", |unit| unit.path.as_str());
        let mut above = path.split('/').filter_map(|id| self.names.get(id));
        let is_region = |unit: &Unit| {
            let name = plain(&unit.name);
            Places::builtin()
                .region(&self.country, name)
                .map(|region| region.code.clone())
        };
        let region = above.by_ref().find_map(is_region);
        if let Some(region) = region {
            place.region = region;
            place.district = above
                .next()
                .map(|unit| plain(&unit.name).to_owned())
                .unwrap_or_default();
        }
        place
    }
}

/// A name without the word of its level: `Région Dakar`, `District de Mbour`, `Dakar Region`.
fn plain(name: &str) -> &str {
    const LEVELS: [&str; 12] = [
        "Région de ",
        "Région ",
        "Region ",
        "Região de ",
        "Região ",
        "District de ",
        "District ",
        "Distrito de ",
        "Distrito ",
        "Province de ",
        "Province ",
        "DS ",
    ];
    let name = name.trim();
    let begun = LEVELS.iter().find_map(|level| name.strip_prefix(level));
    let ended = ["Region", "District", "Province", "County"]
        .iter()
        .find_map(|level| name.strip_suffix(level));
    begun.or(ended).map_or(name, str::trim)
}

/// What is made of a tracked entity.
#[derive(Debug, Clone)]
pub struct Taken {
    /// What goes into the index.
    pub person: Demographics,
    /// Fields that cards may show.
    pub shown: BTreeMap<String, Sensitive<String>>,
    /// What is kept sealed, by attribute.
    pub kept: BTreeMap<String, Sensitive<String>>,
}

/// Sorts the attributes of a tracked entity by what they become.
pub fn take(read: &Person, mappings: &Mappings, units: &Units, today: Date) -> Taken {
    let unit = read
        .enrollments
        .iter()
        .find(|one| !one.deleted)
        .map_or(read.unit.as_str(), |one| one.unit.as_str());
    let mut taken = Taken {
        person: Demographics {
            place: units.place(unit),
            identifiers: vec![ExternalId {
                system: SYSTEM.to_owned(),
                value: read.uid.clone(),
                verified: true,
            }],
            ..Demographics::default()
        },
        shown: BTreeMap::new(),
        kept: BTreeMap::new(),
    };
    for (attribute, value) in &read.attributes {
        let Some(mapped) = mappings.get(attribute) else {
            continue;
        };
        match &mapped.field {
            // Whatever it was mapped to before the guard knew it.
            _ if mapped.sensitive.is_some() => {
                taken.kept.insert(attribute.clone(), value.clone());
            }
            CardField::Kept => {
                taken.kept.insert(attribute.clone(), value.clone());
            }
            CardField::Shown(name) => {
                taken.shown.insert(name.clone(), value.clone());
            }
            CardField::Person(part) => set(&mut taken.person, *part, value.reveal(), today),
        }
    }
    taken
}

fn set(person: &mut Demographics, part: Part, value: &str, today: Date) {
    let text = value.to_owned();
    match part {
        Part::Given => person.given = text,
        Part::Family | Part::FullName => person.family = text,
        // A date that cannot be is as good as none.
        Part::Birth => person.birth = BirthDate::parse(value, DateOrder::DayFirst, today).ok(),
        Part::Sex => person.sex = Sex::parse(value).unwrap_or(Sex::Unknown),
        Part::Phone => person.phone = Some(text),
        Part::Mother => person.mother = Some(text),
        Part::Household => person.household = Some(text),
        Part::Region => {
            if let Some(region) = Places::builtin().region(&person.place.country, value) {
                person.place.region = region.code.clone();
            }
        }
        Part::District => person.place.district = text,
        Part::Commune => person.place.commune = text,
        Part::Village => person.place.village = text,
        Part::Identifier => person.identifiers.push(ExternalId {
            system: NUMBER.to_owned(),
            value: text,
            verified: false,
        }),
    }
}

/// What is known of a person with what DHIS2 says by now; what it does not say stays.
pub fn over(known: &Demographics, new: &Demographics) -> Demographics {
    let text = |new: &str, known: &str| {
        if new.is_empty() {
            known.to_owned()
        } else {
            new.to_owned()
        }
    };
    let ours = |one: &&ExternalId| {
        !new.identifiers
            .iter()
            .any(|other| other.system == one.system && (one.system == NUMBER || other.value == one.value))
    };
    let mut identifiers: Vec<ExternalId> = known.identifiers.iter().filter(ours).cloned().collect();
    identifiers.extend(new.identifiers.iter().cloned());
    Demographics {
        given: text(&new.given, &known.given),
        family: text(&new.family, &known.family),
        birth: new.birth.or(known.birth),
        sex: if new.sex == Sex::Unknown {
            known.sex
        } else {
            new.sex
        },
        place: Place {
            country: text(&new.place.country, &known.place.country),
            region: text(&new.place.region, &known.place.region),
            district: text(&new.place.district, &known.place.district),
            commune: text(&new.place.commune, &known.place.commune),
            village: text(&new.place.village, &known.place.village),
        },
        identifiers,
        phone: new.phone.clone().or_else(|| known.phone.clone()),
        mother: new.mother.clone().or_else(|| known.mother.clone()),
        household: new.household.clone().or_else(|| known.household.clone()),
    }
}

/// Tells what makes a person from what made them before: eight bytes of SHA-256 over what was read, so that an age that
/// is told in years is the same tomorrow.
pub fn person_digest(read: &Person, mappings: &Mappings, place: &Place) -> i64 {
    let is_part = |attribute: &str| {
        let field = mappings.get(attribute).map(|mapped| &mapped.field);
        matches!(field, Some(CardField::Person(_)))
    };
    let parts = read.attributes.iter().filter(|(attribute, _)| is_part(attribute));
    let values = parts.flat_map(|(attribute, value)| [attribute.as_str(), value.reveal().as_str()]);
    hashed(values.chain([place.region.as_str(), place.district.as_str()]))
}

/// The same of all that was read of a tracked entity.
pub fn digest(read: &Person) -> i64 {
    let state = |deleted: bool| if deleted { "deleted" } else { "" };
    let values = read
        .attributes
        .iter()
        .flat_map(|(attribute, value)| [attribute.as_str(), value.reveal().as_str()]);
    let enrollments = read.enrollments.iter().flat_map(|one| {
        [
            one.uid.as_str(),
            &one.status,
            &one.enrolled,
            &one.unit,
            state(one.deleted),
        ]
    });
    hashed(
        values
            .chain(enrollments)
            .chain([read.unit.as_str(), state(read.deleted)]),
    )
}

fn hashed<'a>(texts: impl Iterator<Item = &'a str>) -> i64 {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    let bytes = hash.finalize();
    let first = bytes.iter().take(8);
    first.fold(0, |number, byte| number << 8 | i64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(id: &str, name: &str, path: &str) -> Unit {
        Unit {
            id: id.into(),
            name: name.into(),
            path: path.into(),
        }
    }

    #[test]
    fn a_unit_lies_in_the_region_above_it() {
        let units = Units::new(
            vec![
                unit("a", "Sénégal", "/a"),
                unit("b", "Région Thiès", "/a/b"),
                unit("c", "District Mbour", "/a/b/c"),
                unit("d", "Poste Saly", "/a/b/c/d"),
            ],
            "SN",
        );
        let place = units.place("d");
        assert_eq!((place.region.as_str(), place.district.as_str()), ("THS", "Mbour"));
        assert_eq!(units.place("a").region, "");
        assert_eq!(units.place("zz").country, "SN");
    }

    #[test]
    fn what_is_not_said_any_more_stays() {
        let known = Demographics {
            given: "Awa".into(),
            phone: Some("77".into()),
            identifiers: vec![ExternalId {
                system: "cnam".into(),
                value: "1".into(),
                verified: false,
            }],
            ..Demographics::default()
        };
        let new = Demographics {
            given: "Awa Marie".into(),
            ..Demographics::default()
        };
        let over = over(&known, &new);
        assert_eq!(
            (over.given.as_str(), over.phone.as_deref(), over.identifiers.len()),
            ("Awa Marie", Some("77"), 1)
        );
    }
}
