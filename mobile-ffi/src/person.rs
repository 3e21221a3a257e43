//! People as forms hold them, and MPI ids as they are typed.

use teranga_core::clock;
use teranga_core::person::{self, BirthDate, DateOrder, Demographics, ExternalId, MpiId};
use teranga_core::places::Places;

use crate::error::TerangaError;

/// An MPI id and its parts.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MpiIdParts {
    /// The written form, `SN-DKR-26-9XQ7LM2A`.
    pub id: String,
    /// ISO 3166-1 alpha-2 code of the country.
    pub country: String,
    /// 3-letter code of the health region.
    pub region: String,
    /// Year of registration, four digits.
    pub year: i16,
}

impl From<MpiId> for MpiIdParts {
    fn from(id: MpiId) -> Self {
        Self {
            id: id.to_string(),
            country: id.country().to_owned(),
            region: id.region().to_owned(),
            year: id.full_year(),
        }
    }
}

/// Reads a typed MPI id, forgiving case, spaces, hyphens, and O and I in the random part. The form alone is checked.
#[uniffi::export]
pub fn parse_mpi_id(text: String) -> Result<MpiIdParts, TerangaError> {
    Ok(MpiId::parse(&text)?.into())
}

/// As [`parse_mpi_id`], and refuses a country or region that this app's directory does not have.
#[uniffi::export]
pub fn check_mpi_id(text: String) -> Result<MpiIdParts, TerangaError> {
    let id = MpiId::parse(&text)?;
    id.check_place(Places::builtin())?;
    Ok(id.into())
}

/// What is known of a person. Every field may be left empty but for one name.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct Person {
    /// Given names as written.
    pub given: String,
    /// Family names as written.
    pub family: String,
    /// Date of birth with its precision, as [`parse_birth_date`] gives it: `1990-05-01`, `1990-05`, `1990`, or an age
    /// with the day on which it was told.
    pub birth: Option<String>,
    /// Administrative sex.
    pub sex: Sex,
    /// Where the person lives.
    pub place: Place,
    /// Identifiers of other systems, given voluntarily.
    pub identifiers: Vec<Identifier>,
    /// Phone number as written.
    pub phone: Option<String>,
    /// The mother's full name, where a program records it.
    pub mother: Option<String>,
    /// The household's number or code, where a program records it.
    pub household: Option<String>,
}

/// FHIR's four values of administrative gender.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, uniffi::Enum)]
pub enum Sex {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Neither of the two.
    Other,
    /// Not recorded.
    #[default]
    Unknown,
}

/// Where a person lives, from the country down; every level may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct Place {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// 3-letter health region or district code.
    pub region: String,
    /// District as written.
    pub district: String,
    /// Commune as written.
    pub commune: String,
    /// Village or quarter as written.
    pub village: String,
}

/// An identifier that another system gave.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Identifier {
    /// Who gave it: a URI or a short code.
    pub system: String,
    /// The identifier itself, as written.
    pub value: String,
}

/// Reads a date of birth as people tell it (`01/05/1990`, `1990`, `age 34`), the day before the month, and gives the form
/// in which [`Person::birth`] holds it.
#[uniffi::export]
pub fn parse_birth_date(text: String) -> Result<String, TerangaError> {
    Ok(BirthDate::parse(&text, DateOrder::DayFirst, clock::today())?.into())
}

impl TryFrom<Person> for Demographics {
    type Error = TerangaError;

    fn try_from(person: Person) -> Result<Self, TerangaError> {
        Ok(Self {
            given: person.given,
            family: person.family,
            birth: person.birth.map(|text| text.parse::<BirthDate>()).transpose()?,
            sex: person.sex.into(),
            place: person.place.into(),
            identifiers: person.identifiers.into_iter().map(ExternalId::from).collect(),
            phone: person.phone,
            mother: person.mother,
            household: person.household,
        })
    }
}

impl From<Demographics> for Person {
    fn from(person: Demographics) -> Self {
        Self {
            given: person.given,
            family: person.family,
            birth: person.birth.map(String::from),
            sex: person.sex.into(),
            place: person.place.into(),
            identifiers: person.identifiers.into_iter().map(Identifier::from).collect(),
            phone: person.phone,
            mother: person.mother,
            household: person.household,
        }
    }
}

impl From<Identifier> for ExternalId {
    fn from(identifier: Identifier) -> Self {
        Self {
            system: identifier.system,
            value: identifier.value,
            // What an agent types is vouched for by nobody.
            verified: false,
        }
    }
}

impl From<ExternalId> for Identifier {
    fn from(identifier: ExternalId) -> Self {
        Self {
            system: identifier.system,
            value: identifier.value,
        }
    }
}

impl From<Place> for person::Place {
    fn from(place: Place) -> Self {
        Self {
            country: place.country,
            region: place.region,
            district: place.district,
            commune: place.commune,
            village: place.village,
        }
    }
}

impl From<person::Place> for Place {
    fn from(place: person::Place) -> Self {
        Self {
            country: place.country,
            region: place.region,
            district: place.district,
            commune: place.commune,
            village: place.village,
        }
    }
}

impl From<Sex> for person::Sex {
    fn from(sex: Sex) -> Self {
        match sex {
            Sex::Female => Self::Female,
            Sex::Male => Self::Male,
            Sex::Other => Self::Other,
            Sex::Unknown => Self::Unknown,
        }
    }
}

impl From<person::Sex> for Sex {
    fn from(sex: person::Sex) -> Self {
        match sex {
            person::Sex::Female => Self::Female,
            person::Sex::Male => Self::Male,
            person::Sex::Other => Self::Other,
            person::Sex::Unknown => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    fn fault(result: Result<MpiIdParts, TerangaError>) -> (ErrorCode, Option<u32>) {
        let TerangaError::Refused { code, position, .. } = result.unwrap_err();
        (code, position)
    }

    #[test]
    fn a_typed_id_comes_back_in_its_written_form() {
        let parts = parse_mpi_id("sn dkr 26 oxq7lm2a".into()).unwrap();
        assert_eq!(parts.id, "SN-DKR-26-0XQ7LM2A");
        assert_eq!(
            (parts.country.as_str(), parts.region.as_str(), parts.year),
            ("SN", "DKR", 2026)
        );
    }

    #[test]
    fn a_fault_has_a_code_and_the_place_of_the_cursor() {
        assert_eq!(fault(parse_mpi_id(String::new())), (ErrorCode::MpiIdEmpty, None));
        assert_eq!(
            fault(parse_mpi_id("SN-DKR-26".into())),
            (ErrorCode::MpiIdTooShort, None)
        );
        assert_eq!(
            fault(parse_mpi_id("SN-DKR-2X".into())),
            (ErrorCode::MpiIdExpectedDigit, Some(9))
        );
        assert_eq!(
            fault(parse_mpi_id("S1".into())),
            (ErrorCode::MpiIdExpectedLetter, Some(2))
        );
        assert_eq!(
            fault(parse_mpi_id("é".into())),
            (ErrorCode::MpiIdBadCharacter, Some(1))
        );
        assert_eq!(
            fault(parse_mpi_id("SN-DKR-26-9XQ7LM2A7".into())),
            (ErrorCode::MpiIdTooLong, Some(19))
        );
    }

    #[test]
    fn a_place_that_does_not_exist_is_refused_only_when_asked() {
        assert_eq!(
            fault(check_mpi_id("FR-DKR-26-9XQ7LM2A".into())),
            (ErrorCode::UnknownCountry, None)
        );
        assert_eq!(
            fault(check_mpi_id("SN-XXX-26-9XQ7LM2A".into())),
            (ErrorCode::UnknownRegion, None)
        );
        assert!(parse_mpi_id("SN-XXX-26-9XQ7LM2A".into()).is_ok());
        assert!(check_mpi_id("SN-DKR-26-9XQ7LM2A".into()).is_ok());
    }

    #[test]
    fn a_person_crosses_the_border_and_back() {
        let person = Person {
            given: "Awa".into(),
            family: "Ndiaye".into(),
            birth: Some(parse_birth_date("03/02/1990".into()).unwrap()),
            sex: Sex::Female,
            place: Place {
                country: "SN".into(),
                region: "DKR".into(),
                ..Place::default()
            },
            identifiers: vec![Identifier {
                system: "cnam".into(),
                value: "12".into(),
            }],
            phone: Some("77 000 00 00".into()),
            mother: None,
            household: None,
        };
        let core = Demographics::try_from(person.clone()).unwrap();
        assert_eq!(core.birth.map(String::from), Some("1990-02-03".to_owned()));
        assert!(!core.identifiers[0].verified);
        assert_eq!(Person::from(core), person);
    }

    #[test]
    fn a_date_that_cannot_be_is_refused() {
        let (code, _) = fault(parse_birth_date("31/02/1990".into()).map(|_| unreachable!()));
        assert_eq!(code, ErrorCode::BirthDate);
    }
}
