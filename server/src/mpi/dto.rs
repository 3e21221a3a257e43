//! What the routes of the index take and give.

mod person;

pub(super) use person::birth;
pub use person::{ExternalIdForm, PersonForm, PersonPatch};

use serde::{Deserialize, Serialize};
use teranga_core::matching::{Decision, Explanation, Judgement};
use teranga_core::person::MpiId;
use utoipa::{IntoParams, ToSchema};

use self::person::{is_text, serde_word};
use super::search::{Found, Match};
use super::{Near, Outcome};
use crate::input::{Faults, Validate};

/// A person to register.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    /// What is known of the person.
    pub person: PersonForm,
    /// The program in which the person takes part, by its code.
    #[schema(example = "malaria-2026", max_length = 40)]
    pub program: Option<String>,
}

/// A person to compare with the register.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchRequest {
    /// What is known of the person.
    pub person: PersonForm,
    /// Why it is asked: stands in the audit.
    pub purpose: Purpose,
    /// Most answers.
    #[serde(default = "ten")]
    #[schema(minimum = 1, maximum = 50, default = 10)]
    pub limit: usize,
}

fn ten() -> usize {
    10
}

/// Why someone looks for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Before a registration: is the person there already?
    Registration,
    /// Care or a distribution to the person.
    Care,
    /// Correcting records.
    Correction,
    /// Deciding whether two are one.
    Review,
    /// At the person's own request.
    OwnRequest,
}

/// What is looked for: an MPI id, an identifier, or a name with what else is known.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SearchQuery {
    /// Words of the name, in any order and spelling.
    #[param(example = "fatou jallow", max_length = 200)]
    pub name: Option<String>,
    /// An MPI id.
    #[param(example = "SN-DKR-26-9XQ7LM2A", max_length = 40)]
    pub mpi_id: Option<String>,
    /// An identifier of another system.
    #[param(max_length = 200)]
    pub external_id: Option<String>,
    /// The system of `external_id`.
    #[param(example = "dhis2", max_length = 200)]
    pub system: Option<String>,
    /// A day, a month or a year of birth.
    #[param(example = "1990", max_length = 40)]
    pub date_of_birth: Option<String>,
    /// Only in this area: `SN`, `SN/DKR` or `SN/DKR/Pikine`.
    #[param(example = "SN/DKR", max_length = 100)]
    pub area: Option<String>,
    /// Why it is asked: stands in the audit.
    #[param(inline)]
    pub purpose: Purpose,
    /// Most answers, 1 to 50.
    #[serde(default = "ten")]
    #[param(minimum = 1, maximum = 50, default = 10)]
    pub limit: usize,
}

/// Two numbers that are one person.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeRequest {
    /// The MPI id that stays.
    #[schema(example = "SN-DKR-26-9XQ7LM2A", max_length = 40)]
    pub survivor: String,
    /// The MPI id that leads to the survivor from then on.
    #[schema(example = "SN-DKR-26-4T8KZB6C", max_length = 40)]
    pub duplicate: String,
}

/// Why an identity is taken out of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The person died.
    Deceased,
    /// The person left the area of the register.
    Moved,
    /// The person asked for it.
    OwnRequest,
    /// It was registered by mistake.
    Mistake,
}

/// An identity to be taken out of use.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeactivateRequest {
    /// Why.
    pub reason: Reason,
}

/// A person's tracked entity in DHIS2.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkRequest {
    /// The UID: a letter and ten letters or digits.
    #[schema(example = "dfkGaIi9V2s", pattern = "^[A-Za-z][A-Za-z0-9]{10}$")]
    pub uid: String,
}

/// What becomes of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DecisionView {
    /// It is someone who was there: `mpi_id` is theirs.
    Linked,
    /// A new identity, and a person looks at whether it is one of the candidates.
    Review,
    /// A new identity, like others.
    Alert,
    /// A new identity.
    New,
}

/// What became of a registration.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Registered {
    /// The person's MPI id.
    #[schema(example = "SN-DKR-26-9XQ7LM2A")]
    pub mpi_id: String,
    /// What was decided.
    pub decision: DecisionView,
    /// Whom the person could be, the likeliest first; only those in sight.
    pub candidates: Vec<Candidate>,
    /// The person could also be someone outside the areas of whoever asks.
    pub elsewhere: bool,
    /// The model by which it was decided.
    #[schema(example = "4d1b9c0f7a2e6d35")]
    pub model: String,
}

/// Someone who could be the person.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Candidate {
    /// Their MPI id.
    #[schema(example = "SN-DKR-26-4T8KZB6C")]
    pub mpi_id: String,
    /// What would be decided of the two.
    pub decision: DecisionView,
    /// How likely the two are one, 0 to 1.
    #[schema(example = 0.874)]
    pub probability: f64,
    /// The published similarity, 0 to 1.
    #[schema(example = 0.91)]
    pub similarity: f64,
    /// What keeps the two from being linked without a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "twins")]
    pub veto: Option<String>,
}

/// A person of the register beside the one who is asked about.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct MatchView {
    /// How the two are alike.
    #[serde(flatten)]
    pub candidate: Candidate,
    /// The person of the register.
    pub person: PersonView,
    /// How each field contributes.
    pub fields: Vec<FieldView>,
}

/// How one field contributes.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct FieldView {
    /// Which field.
    #[schema(example = "birth")]
    pub field: String,
    /// How it agrees, in words.
    #[schema(example = "swapped")]
    pub agreement: String,
    /// What it adds, in bits.
    #[schema(example = 3.3)]
    pub weight: f64,
    /// What the one side was normalized to.
    pub left: String,
    /// What the other side was normalized to.
    pub right: String,
}

/// Whom a person could be.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Matches {
    /// The likeliest first.
    pub candidates: Vec<MatchView>,
    /// Someone fits outside the areas of whoever asks.
    pub elsewhere: bool,
}

/// A person of the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonView {
    /// The MPI id. After a merge that of the survivor, whichever was asked for.
    #[schema(example = "SN-DKR-26-9XQ7LM2A")]
    pub mpi_id: String,
    /// What is known of the person.
    pub person: PersonForm,
    /// Whether the identity is in use.
    pub active: bool,
    /// Counts changes; also in the `ETag`.
    #[schema(example = 1)]
    pub revision: i32,
    /// When the person was registered, RFC 3339.
    #[schema(example = "2026-11-25T14:00:00Z")]
    pub registered: String,
    /// When the record last changed.
    #[schema(example = "2026-11-25T14:00:00Z")]
    pub changed: String,
}

/// People who were found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct People {
    /// The best first.
    pub people: Vec<PersonView>,
    /// There are more: ask with more of what is known.
    pub more: bool,
    /// Someone fits outside the areas of whoever asks.
    pub elsewhere: bool,
}

impl Validate for RegisterRequest {
    fn check(&self, faults: &mut Faults) {
        self.person.check_at("/person", faults);
    }
}

impl Validate for MatchRequest {
    fn check(&self, faults: &mut Faults) {
        self.person.check_at("/person", faults);
        faults.demand((1..=50).contains(&self.limit), "/limit", "1 to 50");
    }
}

impl Validate for SearchQuery {
    fn check(&self, faults: &mut Faults) {
        let asked = [&self.name, &self.mpi_id, &self.external_id];
        let one = asked
            .iter()
            .filter(|text| text.as_ref().is_some_and(|text| !text.trim().is_empty()))
            .count()
            == 1;
        faults.demand(one, "?name", "one of name, mpi_id and external_id");
        for text in asked.into_iter().chain([&self.system, &self.area]).flatten() {
            faults.demand(
                is_text(text),
                "?",
                "at most 200 characters, none of them a control character",
            );
        }
        faults.demand((1..=50).contains(&self.limit), "?limit", "1 to 50");
    }
}

impl Validate for MergeRequest {}
impl Validate for DeactivateRequest {}

impl Validate for LinkRequest {
    fn check(&self, faults: &mut Faults) {
        faults.demand(
            is_dhis2_uid(&self.uid),
            "/uid",
            "a letter and ten letters or digits",
        );
    }
}

/// Whether a text has the form of a UID of DHIS2.
pub(super) fn is_dhis2_uid(text: &str) -> bool {
    text.len() == 11
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
}

impl From<Decision> for DecisionView {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Link => Self::Linked,
            Decision::Review => Self::Review,
            Decision::Alert => Self::Alert,
            Decision::New => Self::New,
        }
    }
}

impl Candidate {
    pub(super) fn new(number: &MpiId, judgement: &Judgement) -> Self {
        // Four digits: what follows says nothing to a person.
        let rounded = |number: f64| (number * 1e4).round() / 1e4;
        Self {
            mpi_id: number.to_string(),
            decision: judgement.decision.into(),
            probability: rounded(judgement.score.probability()),
            similarity: f64::from(judgement.similarity.0) / 1e4,
            veto: judgement.veto.as_ref().and_then(serde_word),
        }
    }
}

impl Registered {
    /// The outcome as whoever asked may see it.
    pub(super) fn new(outcome: &Outcome, sees: impl Fn(&MpiId) -> bool) -> Self {
        let seen: Vec<&Near> = outcome
            .candidates
            .iter()
            .filter(|near| sees(&near.number))
            .collect();
        Self {
            mpi_id: outcome.number.to_string(),
            decision: outcome.decision.into(),
            elsewhere: seen.len() < outcome.candidates.len(),
            candidates: seen
                .into_iter()
                .map(|near| Candidate::new(&near.number, &near.judgement))
                .collect(),
            model: outcome.model.clone(),
        }
    }
}

impl From<&Found> for PersonView {
    fn from(found: &Found) -> Self {
        let time = |millis| {
            jiff::Timestamp::from_millisecond(millis)
                .map(|at| at.to_string())
                .unwrap_or_default()
        };
        Self {
            mpi_id: found.number.to_string(),
            person: PersonForm::from(&found.person),
            active: !found.inactive,
            revision: found.revision,
            registered: time(found.created),
            changed: time(found.changed),
        }
    }
}

/// How each field of a pair contributes.
pub fn fields(explanation: &Explanation) -> Vec<FieldView> {
    let fields = explanation.fields.iter().map(|field| FieldView {
        field: serde_word(&field.field).unwrap_or_default(),
        agreement: field.agreement.clone(),
        weight: (f64::from(field.weight) / 102.4).round() / 10.0,
        left: field.left.clone(),
        right: field.right.clone(),
    });
    fields.collect()
}

impl From<&Match> for MatchView {
    fn from(one: &Match) -> Self {
        Self {
            candidate: Candidate::new(&one.found.number, &one.judgement),
            person: PersonView::from(&one.found),
            fields: fields(&one.explanation),
        }
    }
}
