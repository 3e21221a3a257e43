//! What an agent typed, and what is wrong with it.

use jiff::civil::Date;

use crate::names::normalize;
use crate::person::{BirthDateError, Demographics, MpiId};
use crate::places::Places;
use crate::wire::enroll::Setup;
use crate::wire::fact::Consent;

/// Most identifiers of one person.
const MOST_IDENTIFIERS: usize = 20;

/// Longest text of one field, characters.
const LONGEST: usize = 200;

/// Someone who is about to be registered.
#[derive(Clone, PartialEq, Eq)]
pub struct Draft {
    /// What was typed.
    pub person: Demographics,
    /// The program in which they take part: the server's number.
    pub program: Option<u64>,
    /// What they agreed to.
    pub consent: Consent,
    /// Whom the agent said it is, of those that were shown as alike.
    pub same: Option<MpiId>,
    /// Whom the agent said it is not.
    pub distinct: Vec<MpiId>,
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Draft([withheld])")
    }
}

/// What is wrong with a form. It names the field and never repeats what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// Neither given nor family name has a letter.
    #[error("write a name, given or family")]
    NoName,
    /// A field is too long.
    #[error("the {0} is too long; write at most {LONGEST} characters")]
    TooLong(&'static str),
    /// Too many identifiers.
    #[error("a person can have at most {MOST_IDENTIFIERS} identifiers; keep those that matter")]
    TooManyIdentifiers,
    /// An identifier without a system or value.
    #[error("each identifier needs the name of who gave it, and its number")]
    Identifier,
    /// The date of birth cannot be.
    #[error(transparent)]
    Birth(#[from] BirthDateError),
    /// No such country or region.
    #[error("choose the country and region from the list; without them no id can be given")]
    Place,
    /// The text is not one of those that may be read here.
    #[error(
        "this consent text, version or language is not one of this phone's; sync, then read the one that is shown"
    )]
    Consent,
    /// The device does not work for the program.
    #[error("this phone does not work for that program; choose one that is shown, or sync")]
    Program,
}

impl Draft {
    /// Checks the form against what the phone may do.
    pub fn check(&self, setup: &Setup, today: Date) -> Result<(), DraftError> {
        check_person(&self.person, setup, today)?;
        check_consent(&self.consent, setup)?;
        check_program(self.program, setup)
    }
}

pub(super) fn check_consent(consent: &Consent, setup: &Setup) -> Result<(), DraftError> {
    let shown = setup.consents.iter().any(|text| {
        (&text.text, text.version, &text.language) == (&consent.text, consent.version, &consent.language)
    });
    shown.then_some(()).ok_or(DraftError::Consent)
}

pub(super) fn check_program(program: Option<u64>, setup: &Setup) -> Result<(), DraftError> {
    let works_for = |id| setup.programs.iter().any(|program| program.id == id);
    program
        .is_none_or(works_for)
        .then_some(())
        .ok_or(DraftError::Program)
}

pub(super) fn check_person(person: &Demographics, setup: &Setup, today: Date) -> Result<(), DraftError> {
    let named = |name: &str| !normalize(name).tokens.is_empty();
    if !named(&person.given) && !named(&person.family) {
        return Err(DraftError::NoName);
    }
    check_lengths(person)?;
    if let Some(birth) = person.birth {
        birth.believed(today)?;
    }
    let (country, region) = super::pool::place(setup, &person.place);
    let places = Places::builtin();
    let is_region = region.len() == 3 && region.bytes().all(|letter| letter.is_ascii_alphabetic());
    if places.country(country).is_none() || country.len() != 2 || !is_region {
        return Err(DraftError::Place);
    }
    Ok(())
}

fn check_lengths(person: &Demographics) -> Result<(), DraftError> {
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let (phone, mother, household) = (
        optional(&person.phone),
        optional(&person.mother),
        optional(&person.household),
    );
    for (name, text) in [
        ("given name", &person.given),
        ("family name", &person.family),
        ("district", &person.place.district),
        ("commune", &person.place.commune),
        ("village", &person.place.village),
        ("phone number", &phone),
        ("mother's name", &mother),
        ("household", &household),
    ] {
        if text.chars().count() > LONGEST {
            return Err(DraftError::TooLong(name));
        }
    }
    if person.identifiers.len() > MOST_IDENTIFIERS {
        return Err(DraftError::TooManyIdentifiers);
    }
    for id in &person.identifiers {
        if id.system.trim().is_empty() || id.value.trim().is_empty() {
            return Err(DraftError::Identifier);
        }
        if id.system.chars().count() > 64 || id.value.chars().count() > LONGEST {
            return Err(DraftError::TooLong("identifier"));
        }
    }
    Ok(())
}
