//! The people part: whom the device's area knows, as far as finding a duplicate needs it.
//!
//! ```text
//! people = version (1 byte, 1) key (32 bytes) record ...
//! record = length (2 bytes, big-endian), then CBOR:
//!          [ MPI id, given, family, birth, sex, [ country, region, district, commune, village ], [ [system, hash] ... ] ]
//! birth  = null / [0, year] / [0, year, month] / [0, year, month, day] / [1, years, day on which it was told]
//! ```
//! Names stand there folded, as `names` writes them; identifiers of other systems as keyed hashes, which can be compared
//! and not read. Records are read one by one, so memory does not grow with the area.

use std::io::{self, Read, Write};

use jiff::civil::Date;

use super::CannotOpen;
use crate::card::cbor::{Reader, Writer};
use crate::card::token::hmac_sha256;
use crate::clock::{date_of_day, day_number};
use crate::names::normalize;
use crate::person::{BirthDate, Demographics, MpiId, Place, Sex};
use crate::sensitive::Secret;

const VERSION: u8 = 1;
const MAX_TEXT: usize = 1_000;

/// By the number that stands for each.
pub(crate) const SEXES: [Sex; 4] = [Sex::Unknown, Sex::Female, Sex::Male, Sex::Other];

const MAX_IDENTIFIERS: usize = 50;

/// The first 8 bytes of an identifier's HMAC.
pub type IdentifierHash = [u8; 8];

/// A person, as far as finding a duplicate needs it.
#[derive(Clone, PartialEq, Eq)]
pub struct Known {
    /// The person's number.
    pub mpi: MpiId,
    /// Given names, folded, separated by spaces.
    pub given: String,
    /// Family names, folded, separated by spaces.
    pub family: String,
    /// Date of birth.
    pub birth: Option<BirthDate>,
    /// Administrative sex.
    pub sex: Sex,
    /// Where the person lives.
    pub place: Place,
    /// Systems and keyed hashes of the identifiers they gave.
    pub identifiers: Vec<(String, IdentifierHash)>,
}

impl std::fmt::Debug for Known {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Known([withheld])")
    }
}

impl Known {
    /// What a phone is told of a person.
    pub fn of(mpi: MpiId, person: &Demographics, key: &Secret<32>) -> Self {
        let identifier =
            |id: &crate::person::ExternalId| (id.system.clone(), identifier_hash(key, &id.system, &id.value));
        Self {
            mpi,
            given: folded(&person.given),
            family: folded(&person.family),
            birth: person.birth,
            sex: person.sex,
            place: person.place.clone(),
            identifiers: person
                .identifiers
                .iter()
                .take(MAX_IDENTIFIERS)
                .map(identifier)
                .collect(),
        }
    }

    /// The person's record, as it stands in the part after its length.
    pub fn to_bytes(&self) -> Vec<u8> {
        record(self)
    }

    /// Reads a record; none when it is damaged.
    pub fn from_bytes(record: &[u8]) -> Option<Self> {
        parse(record)
    }
}

/// The keyed hash of an identifier: HMAC-SHA-256 over `"teranga/identifier/v1"`, and system and value each after their
/// length (4 bytes, big-endian).
pub fn identifier_hash(key: &Secret<32>, system: &str, value: &str) -> IdentifierHash {
    let tag = hmac_sha256(key, |mac| {
        mac(b"teranga/identifier/v1");
        for text in [system, value] {
            mac(&(text.len() as u32).to_be_bytes());
            mac(text.as_bytes());
        }
    });
    let mut hash = [0; 8];
    hash.copy_from_slice(&tag[..8]);
    hash
}

fn folded(name: &str) -> String {
    let tokens = normalize(name).tokens;
    let words: Vec<&str> = tokens.iter().map(|token| &*token.folded).collect();
    words.join(" ")
}

/// Writes the part: the key of its hashes, then everyone.
pub fn write(
    mut output: impl Write,
    key: &Secret<32>,
    people: impl IntoIterator<Item = Known>,
) -> io::Result<()> {
    output.write_all(&[VERSION])?;
    output.write_all(key.reveal())?;
    for person in people {
        let record = record(&person);
        let too_long = |_| io::Error::new(io::ErrorKind::InvalidInput, "a person's record is too long");
        output.write_all(&u16::try_from(record.len()).map_err(too_long)?.to_be_bytes())?;
        output.write_all(&record)?;
    }
    Ok(())
}

/// Reads the part: the key of its hashes, then person after person.
pub fn read<R: Read>(mut input: R) -> io::Result<(Secret<32>, impl Iterator<Item = io::Result<Known>>)> {
    let mut head = zeroize::Zeroizing::new([0; 33]);
    input.read_exact(head.as_mut_slice())?;
    let key = Secret::from_slice(&head[1..])
        .filter(|_| head[0] == VERSION)
        .ok_or_else(damaged)?;
    Ok((key, std::iter::from_fn(move || next(&mut input).transpose())))
}

fn next(input: &mut impl Read) -> io::Result<Option<Known>> {
    let mut length = [0; 2];
    if input.read(&mut length[..1])? == 0 {
        return Ok(None);
    }
    input.read_exact(&mut length[1..])?;
    let mut record = vec![0; u16::from_be_bytes(length).into()];
    input.read_exact(&mut record)?;
    parse(&record).map(Some).ok_or_else(damaged)
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, CannotOpen)
}

fn record(person: &Known) -> Vec<u8> {
    let Place {
        country,
        region,
        district,
        commune,
        village,
    } = &person.place;
    let writer = Writer::new()
        .array(7)
        .text(person.mpi.as_str())
        .text(&person.given)
        .text(&person.family);
    let sex = SEXES
        .iter()
        .position(|sex| *sex == person.sex)
        .unwrap_or_default();
    let writer = write_birth(writer, person.birth).unsigned(sex as u64).array(5);
    let writer = [country, region, district, commune, village]
        .into_iter()
        .fold(writer, |w, text| w.text(text));
    let writer = writer.array(person.identifiers.len());
    let identifiers = person.identifiers.iter();
    identifiers
        .fold(writer, |writer, (system, hash)| {
            writer.array(2).text(system).bytes(hash)
        })
        .finish()
}

fn parse(record: &[u8]) -> Option<Known> {
    let mut reader = Reader::new(record);
    reader.array_of(7).ok()?;
    let mpi = MpiId::parse(reader.text(32).ok()?).ok()?;
    let text = |reader: &mut Reader<'_>| reader.text(MAX_TEXT).ok().map(str::to_owned);
    let (given, family) = (text(&mut reader)?, text(&mut reader)?);
    let birth = read_birth(&mut reader)?;
    let sex = *SEXES.get(reader.unsigned_32().ok()? as usize)?;
    reader.array_of(5).ok()?;
    let mut level = || text(&mut reader);
    let place = Place {
        country: level()?,
        region: level()?,
        district: level()?,
        commune: level()?,
        village: level()?,
    };
    let count = reader.array(MAX_IDENTIFIERS).ok()?;
    let identifier = |_| {
        reader.array_of(2).ok()?;
        Some((reader.text(MAX_TEXT).ok()?.to_owned(), reader.fixed().ok()?))
    };
    let identifiers = (0..count).map(identifier).collect::<Option<_>>()?;
    reader.end().ok()?;
    Some(Known {
        mpi,
        given,
        family,
        birth,
        sex,
        place,
        identifiers,
    })
}

/// A date of birth, as the module says.
pub(crate) fn write_birth(writer: Writer, birth: Option<BirthDate>) -> Writer {
    let known = |parts: &[i64]| {
        let writer = writer.clone().array(1 + parts.len()).unsigned(0);
        parts.iter().fold(writer, |writer, &part| writer.integer(part))
    };
    match birth {
        None => writer.null(),
        Some(BirthDate::Year(year)) => known(&[year.into()]),
        Some(BirthDate::Month { year, month }) => known(&[year.into(), month.into()]),
        Some(BirthDate::Day(day)) => known(&[day.year().into(), day.month().into(), day.day().into()]),
        Some(BirthDate::Age { years, as_of }) => writer
            .array(3)
            .unsigned(1)
            .unsigned(years.into())
            .integer(day_number(as_of)),
    }
}

/// A date of birth, or none, as the module says; the outer none is for what is no such date.
pub(crate) fn read_birth(reader: &mut Reader<'_>) -> Option<Option<BirthDate>> {
    if reader.null() {
        return Some(None);
    }
    let items = reader.array(4).ok()?;
    let kind = reader.unsigned().ok()?;
    let mut number = || reader.integer().ok();
    Some(Some(match (kind, items) {
        (0, 2) => BirthDate::Year(number()?.try_into().ok()?),
        (0, 3) => {
            let (year, month) = (number()?.try_into().ok()?, number()?.try_into().ok()?);
            (1..=12)
                .contains(&month)
                .then_some(BirthDate::Month { year, month })?
        }
        (0, 4) => {
            let (year, month, day) = (number()?, number()?, number()?);
            let date = Date::new(
                year.try_into().ok()?,
                month.try_into().ok()?,
                day.try_into().ok()?,
            );
            BirthDate::Day(date.ok()?)
        }
        (1, 3) => BirthDate::Age {
            years: number()?.try_into().ok()?,
            as_of: date_of_day(number()?)?,
        },
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::person::ExternalId;

    fn person(name: &str, birth: Option<BirthDate>, sex: Sex) -> Known {
        let demographics = Demographics {
            given: name.to_owned(),
            family: "N'Diaye".to_owned(),
            birth,
            sex,
            identifiers: vec![ExternalId {
                system: "cnam".into(),
                value: name.into(),
                verified: false,
            }],
            ..Demographics::default()
        };
        let mpi = MpiId::parse("SN-DKR-26-9XQ7LM2A").unwrap();
        Known::of(mpi, &demographics, &Secret::take(&mut [1; 32]))
    }

    #[test]
    fn everyone_reads_back_with_every_precision_of_birth() {
        let day = jiff::civil::date(1990, 5, 17);
        let births = [
            None,
            Some(BirthDate::Day(day)),
            Some(BirthDate::Month { year: 1990, month: 5 }),
            Some(BirthDate::Year(1990)),
            Some(BirthDate::Age {
                years: 36,
                as_of: day,
            }),
        ];
        let people: Vec<Known> = births
            .into_iter()
            .zip(SEXES.into_iter().cycle())
            .map(|(birth, sex)| person("Awa", birth, sex))
            .collect();
        let mut bytes = Vec::new();
        write(&mut bytes, &Secret::take(&mut [1; 32]), people.clone()).unwrap();
        let (key, read) = read(&bytes[..]).unwrap();
        assert!(key.same_as(&Secret::take(&mut [1; 32])));
        assert_eq!(read.collect::<io::Result<Vec<_>>>().unwrap(), people);
    }

    #[test]
    fn identifiers_can_be_compared_and_not_read() {
        let key = Secret::take(&mut [1; 32]);
        assert_eq!(
            identifier_hash(&key, "cnam", "12"),
            identifier_hash(&key, "cnam", "12")
        );
        assert_ne!(
            identifier_hash(&key, "cnam", "12"),
            identifier_hash(&key, "cnam1", "2")
        );
        assert_ne!(
            identifier_hash(&key, "cnam", "12"),
            identifier_hash(&Secret::take(&mut [2; 32]), "cnam", "12")
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(mut junk: Vec<u8>) {
            junk.insert(0, VERSION);
            if let Ok((_, people)) = read(&junk[..]) {
                people.take(100).for_each(|person| { let _ = person; });
            }
        }
    }
}
