//! People whom the phone knows.

use teranga_core::find::{self, Alike, Answer, Question, Shown, Who};
use teranga_core::matching::{Decision, Field, FieldExplanation, Veto};
use teranga_core::person::MpiId;

use crate::error::TerangaError;
use crate::person::{Place, Sex};

/// Under which name the phone knows a person.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum PersonRef {
    /// By number.
    Mpi {
        /// The MPI id.
        id: String,
    },
    /// By the packet that registered them here, while they have no number.
    Registration {
        /// The packet's UUID.
        packet: String,
    },
}

/// A person as the screen shows them.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FoundPerson {
    /// Under which name the phone knows them.
    pub who: PersonRef,
    /// Given names.
    pub given: String,
    /// Family names.
    pub family: String,
    /// Date of birth in the form of [`crate::person::Person::birth`].
    pub birth: Option<String>,
    /// Administrative sex.
    pub sex: Sex,
    /// Where they live.
    pub place: Place,
    /// Registered on this phone, and not yet known to the server's lists.
    pub here: bool,
}

/// What is remembered of a person. What is left empty is not asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct PersonQuestion {
    /// Words of the name, or how they begin, in any order and spelling.
    pub name: String,
    /// The year of birth; a year more or less is found too, after the others.
    pub birth_year: Option<i16>,
    /// Village, commune or district, or how it begins.
    pub place: String,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PersonAnswer {
    /// The best first.
    pub people: Vec<FoundPerson>,
    /// There are more than were asked for: ask for more words.
    pub more: bool,
}

/// Someone who could be the person of the form.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct Duplicate {
    /// Who they are.
    pub person: FoundPerson,
    /// What the server would decide.
    pub decision: DuplicateDecision,
    /// The published similarity, 0 to 100.
    pub similarity: f64,
    /// The probability that they are the same person, 0 to 1.
    pub probability: f64,
    /// They look like twins, who are never one person.
    pub twins: bool,
    /// Which fields say so.
    pub reasons: Vec<DuplicateReason>,
}

/// What the server would decide of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum DuplicateDecision {
    /// Two people.
    New,
    /// Two people, flagged.
    Alert,
    /// A reviewer decides.
    Review,
    /// One person.
    Link,
}

/// How one field contributed.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DuplicateReason {
    /// Which field.
    pub field: DuplicateField,
    /// The level of agreement, in English words.
    pub agreement: String,
    /// What it added to the evidence, in 1/1024 bits; below zero it speaks against.
    pub weight: i32,
    /// What the form's side was normalized to.
    pub left: String,
    /// What the other side was normalized to.
    pub right: String,
}

/// A field of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum DuplicateField {
    /// Given names.
    Given,
    /// Family names.
    Family,
    /// Whether the two stand in their places.
    Order,
    /// Date of birth.
    Birth,
    /// Administrative sex.
    Sex,
    /// Place of residence.
    Place,
    /// Identifiers of other systems.
    Identifier,
    /// Phone number.
    Phone,
    /// The mother's name.
    Mother,
    /// Household.
    Household,
}

impl From<Field> for DuplicateField {
    fn from(field: Field) -> Self {
        match field {
            Field::Given => Self::Given,
            Field::Family => Self::Family,
            Field::Order => Self::Order,
            Field::Birth => Self::Birth,
            Field::Sex => Self::Sex,
            Field::Place => Self::Place,
            Field::Identifier => Self::Identifier,
            Field::Phone => Self::Phone,
            Field::Mother => Self::Mother,
            Field::Household => Self::Household,
        }
    }
}

impl From<Who> for PersonRef {
    fn from(who: Who) -> Self {
        match who {
            Who::Mpi(id) => Self::Mpi { id: id.to_string() },
            Who::Registration(packet) => Self::Registration {
                packet: packet.to_string(),
            },
        }
    }
}

impl TryFrom<PersonRef> for Who {
    type Error = TerangaError;

    fn try_from(who: PersonRef) -> Result<Self, TerangaError> {
        Ok(match who {
            PersonRef::Mpi { id } => Self::Mpi(MpiId::parse(&id)?),
            PersonRef::Registration { packet } => {
                Self::Registration(packet.parse().map_err(TerangaError::malformed)?)
            }
        })
    }
}

impl From<Shown> for FoundPerson {
    fn from(shown: Shown) -> Self {
        Self {
            who: shown.who.into(),
            given: shown.given,
            family: shown.family,
            birth: shown.birth.map(String::from),
            sex: shown.sex.into(),
            place: shown.place.into(),
            here: shown.here,
        }
    }
}

impl From<PersonQuestion> for Question {
    fn from(question: PersonQuestion) -> Self {
        Self {
            name: question.name,
            birth_year: question.birth_year,
            place: question.place,
        }
    }
}

impl From<Answer> for PersonAnswer {
    fn from(answer: Answer) -> Self {
        let people = answer.people.into_iter();
        Self {
            people: people.map(|found: find::Found| found.person.into()).collect(),
            more: answer.more,
        }
    }
}

impl From<Alike> for Duplicate {
    fn from(alike: Alike) -> Self {
        let judgement = alike.judgement;
        Self {
            person: alike.person.into(),
            decision: match judgement.decision {
                Decision::New => DuplicateDecision::New,
                Decision::Alert => DuplicateDecision::Alert,
                Decision::Review => DuplicateDecision::Review,
                Decision::Link => DuplicateDecision::Link,
            },
            similarity: f64::from(judgement.similarity.0) / 100.0,
            probability: judgement.score.probability(),
            twins: judgement.veto == Some(Veto::Twins),
            reasons: alike.explanation.fields.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<FieldExplanation> for DuplicateReason {
    fn from(field: FieldExplanation) -> Self {
        Self {
            field: field.field.into(),
            agreement: field.agreement,
            weight: field.weight,
            left: field.left,
            right: field.right,
        }
    }
}
