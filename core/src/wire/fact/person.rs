//! A person in a fact: as written, nothing folded, nothing judged.

use super::{WireError, maybe, optional};
use crate::card::cbor::{Reader, Writer};
use crate::person::{Demographics, ExternalId, Place};
use crate::registry::bundle::people::{SEXES, read_birth, write_birth};

/// The longest text of one field, bytes.
const MAX_TEXT: usize = 500;

/// The most identifiers of a person.
const MAX_IDENTIFIERS: usize = 20;

pub(super) fn write(writer: Writer, person: &Demographics) -> Writer {
    let sex = SEXES
        .iter()
        .position(|sex| *sex == person.sex)
        .unwrap_or_default();
    let writer = writer.array(9).text(&person.given).text(&person.family);
    let writer = write_birth(writer, person.birth).unsigned(sex as u64).array(5);
    let place = &person.place;
    let levels = [
        &place.country,
        &place.region,
        &place.district,
        &place.commune,
        &place.village,
    ];
    let writer = levels.into_iter().fold(writer, |writer, text| writer.text(text));
    let identifiers = person.identifiers.iter();
    let writer = identifiers.fold(writer.array(person.identifiers.len()), |writer, id| {
        writer.array(2).text(&id.system).text(&id.value)
    });
    let rest = [&person.phone, &person.mother, &person.household];
    rest.into_iter().fold(writer, |writer, text| {
        optional(writer, text.as_deref(), Writer::text)
    })
}

pub(super) fn read(reader: &mut Reader<'_>) -> Result<Demographics, WireError> {
    reader.array_of(9)?;
    let (given, family) = (text(reader)?, text(reader)?);
    let birth = read_birth(reader).ok_or(WireError::Invalid("date of birth"))?;
    let sex = usize::try_from(reader.unsigned()?).unwrap_or(usize::MAX);
    let sex = *SEXES.get(sex).ok_or(WireError::Invalid("sex"))?;
    reader.array_of(5)?;
    let place = Place {
        country: text(reader)?,
        region: text(reader)?,
        district: text(reader)?,
        commune: text(reader)?,
        village: text(reader)?,
    };
    let count = reader.array(MAX_IDENTIFIERS)?;
    let identifiers = (0..count)
        .map(|_| read_identifier(reader))
        .collect::<Result<_, _>>()?;
    Ok(Demographics {
        given,
        family,
        birth,
        sex,
        place,
        identifiers,
        phone: maybe(reader, text)?,
        mother: maybe(reader, text)?,
        household: maybe(reader, text)?,
    })
}

/// What an agent typed is never vouched for, so the wire has no room to say that it is.
fn read_identifier(reader: &mut Reader<'_>) -> Result<ExternalId, WireError> {
    reader.array_of(2)?;
    Ok(ExternalId {
        system: text(reader)?,
        value: text(reader)?,
        verified: false,
    })
}

fn text(reader: &mut Reader<'_>) -> Result<String, WireError> {
    Ok(reader.text(MAX_TEXT)?.to_owned())
}
