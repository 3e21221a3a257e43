//! What the routes of the queue take and give.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Pair;
use crate::input::{Faults, Validate};
use crate::mpi::dto::{FieldView, PersonForm, fields};

/// Which pairs.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Only `review` or `alert`.
    #[param(inline)]
    pub kind: Option<Kind>,
    /// Most pairs, 1 to 100.
    #[serde(default = "twenty")]
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: u32,
}

fn twenty() -> u32 {
    20
}

/// What is asked of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A person has to decide.
    Review,
    /// Shown on the dashboard.
    Alert,
}

impl Kind {
    /// As it is stored.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Alert => "alert",
        }
    }
}

/// What a reviewer found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// They are one person: both numbers lead to the older from then on.
    Merge,
    /// They are two people, and are never joined without a person.
    Reject,
}

/// A decision on a pair.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideRequest {
    /// One person, or two.
    pub decision: Verdict,
    /// Why, in the reviewer's words; sealed.
    #[schema(max_length = 1000)]
    pub note: Option<String>,
}

/// One of a pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SideView {
    /// The MPI id.
    #[schema(example = "SN-DKR-26-9XQ7LM2A")]
    pub mpi_id: String,
    /// What is known of the person.
    pub person: PersonForm,
}

/// A pair that waits.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PairView {
    /// The review's number.
    #[schema(example = 17)]
    pub id: i64,
    /// What is asked.
    #[schema(example = "review")]
    pub kind: String,
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
    /// The two identities, the older first.
    pub people: Vec<SideView>,
    /// How each field contributes.
    pub fields: Vec<FieldView>,
    /// The account in one line.
    pub explanation: String,
}

/// Pairs that wait.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Pairs {
    /// Reviews before alerts, the likeliest first.
    pub pairs: Vec<PairView>,
}

impl Validate for ListQuery {
    fn check(&self, faults: &mut Faults) {
        faults.demand((1..=100).contains(&self.limit), "?limit", "1 to 100");
    }
}

impl Validate for DecideRequest {
    fn check(&self, faults: &mut Faults) {
        if let Some(note) = &self.note {
            faults.demand_text(note, 1000, "/note");
        }
    }
}

impl PairView {
    /// A pair in a register of so many people.
    pub fn new(pair: &Pair, people: u64) -> Self {
        let explanation = pair.explain(people);
        let side = |at: usize| SideView {
            mpi_id: pair.people[at].1.to_string(),
            person: PersonForm::from(&pair.people[at].2),
        };
        let veto = explanation.veto.and_then(|veto| serde_json::to_value(veto).ok());
        Self {
            id: pair.id,
            kind: pair.kind.clone(),
            probability: (explanation.score.probability() * 1e4).round() / 1e4,
            similarity: f64::from(explanation.similarity.0) / 1e4,
            veto: veto.and_then(|veto| veto.as_str().map(str::to_owned)),
            people: vec![side(0), side(1)],
            fields: fields(&explanation),
            explanation: explanation.to_string(),
        }
    }
}
