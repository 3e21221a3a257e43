//! A card of an enrollment, to look at before cards are made.

use jiff::Timestamp;
use teranga_core::clock;
use teranga_core::guard::Guard;
use teranga_core::person::{Demographics, MpiId, Sex};
use teranga_render::config::CardConfig;
use teranga_render::data::{CardData, MAX_ATTRIBUTES};
use teranga_render::paint::{Face, plain};
use teranga_render::scene::{Layout, Logos};

use super::client::Attribute;
use super::mapping::{CardField, Mappings, findings, guard_of, mappings};
use super::{Dhis2Error, sync};
use crate::access::Area;
use crate::app::App;
use crate::db::sql;
use crate::mpi;
use crate::render::preview::specimen;

/// An enrollment with what its card shows.
pub struct Shown {
    /// Where the person lives, for the decision whether one may look.
    pub area: Area,
    /// The registration.
    pub identity: i64,
    /// What is printed.
    pub data: CardData,
}

/// What the card of an enrollment shows. Nothing that the guard finds by now is among it.
///
/// # Errors
/// [`Dhis2Error::NoSuchEnrollment`] for an enrollment of nobody, or of another organization.
pub async fn shown(app: &App, organisation: i64, enrollment: &str) -> Result<Shown, Dhis2Error> {
    const FIND: &str = "SELECT d.programme, d.tracked_entity, d.enrolled, d.number, e.identity, e.attributes, \
         p.public_name FROM dhis2_enrollments d JOIN dhis2_programmes q ON q.id = d.programme \
         JOIN programmes p ON p.id = q.programme JOIN enrollments e ON e.programme = p.id AND e.source = 'dhis2' \
         AND e.reference = d.enrollment WHERE q.organisation = $1 AND d.enrollment = $2 AND d.gone = 0";
    let row = sql::one(app.db.reader(), FIND, [organisation.into(), enrollment.into()]).await?;
    let row = row.ok_or(Dhis2Error::NoSuchEnrollment)?;
    let (programme, enrolled): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(2)?);
    let number: String = row.try_get_by_index(3)?;
    let number: MpiId = number.parse().map_err(|_| Dhis2Error::NoSuchEnrollment)?;
    let found = mpi::get(app.db.reader(), organisation, &number).await?;
    let sealed: Option<Vec<u8>> = row.try_get_by_index(5)?;
    let values = match sealed {
        Some(sealed) => sync::shown(&app.vault, programme, enrollment, &sealed)?,
        None => std::collections::BTreeMap::new(),
    };
    let guard = guard_of(app.db.reader(), organisation).await?;
    let mapped = mappings(app.db.reader(), programme).await?;
    let mut attributes = of_person(&found.person);
    attributes.extend(labelled(&guard, &mapped, &values));
    attributes.truncate(MAX_ATTRIBUTES);
    let date = Timestamp::from_millisecond(enrolled).ok();
    let name = format!("{} {}", found.person.given, found.person.family)
        .trim()
        .to_owned();
    Ok(Shown {
        area: Area::of_place(&found.person.place),
        identity: row.try_get_by_index(4)?,
        data: CardData {
            mpi_id: found.number.to_string(),
            programme: row.try_get_by_index(6)?,
            attributes,
            enrolled: date.map(clock::date_of),
            tracked_entity: row.try_get_by_index(1)?,
            ..specimen(&name)
        },
    })
}

fn of_person(person: &Demographics) -> Vec<(String, String)> {
    let name = format!("{} {}", person.given, person.family).trim().to_owned();
    let sex = match person.sex {
        Sex::Female => "F",
        Sex::Male => "M",
        _ => "",
    };
    let birth = person.birth.map(|birth| birth.to_string()).unwrap_or_default();
    let all = [("Name", name), ("Date of birth", birth), ("Sex", sex.to_owned())];
    let known = all.into_iter().filter(|(_, value)| !value.is_empty());
    known.map(|(label, value)| (label.to_owned(), value)).collect()
}

/// Fields of the program's own under their attributes' names; what a word that was added since finds stays away.
fn labelled(
    guard: &Guard,
    mapped: &Mappings,
    values: &std::collections::BTreeMap<String, String>,
) -> Vec<(String, String)> {
    let label = |(field, value): (&String, &String)| {
        let one = mapped
            .values()
            .find(|one| one.field == CardField::Shown(field.clone()))?;
        let attribute = Attribute {
            uid: one.attribute.clone(),
            code: one.code.clone(),
            name: one.name.clone(),
            option_set: String::new(),
            value_type: String::new(),
            mandatory: false,
        };
        let is_fine = one.sensitive.is_none() && findings(guard, &attribute).is_empty();
        is_fine.then(|| (one.name.clone(), value.clone()))
    };
    values.iter().filter_map(label).collect()
}

/// The front of a card as a PNG of 300 dpi; its code says that it is a specimen.
pub fn png(template: &str, data: &CardData) -> anyhow::Result<Vec<u8>> {
    let config = CardConfig::of(template);
    let layout = Layout::new(config.template()?, &config, &Logos::default())?;
    let card = layout.card(data)?;
    Ok(plain::side(&layout, &card, Face::Front, 300)?.png()?)
}
