//! Why a pair was decided as it was: the same account on the phone, on the review page and in the API.

use std::fmt;

use serde::Serialize;

use super::bits::BIT;
use super::compare::Comparison;
use super::decide::{Decision, Judgement, Veto};
use super::levels::Field;
use super::model::{Model, Score};
use super::prepared::{PreparedPerson, PreparedToken};
use super::similarity::Similarity;

/// The account of a decision. It holds normalized personal data and goes where the two records may go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// What happens.
    pub decision: Decision,
    /// What kept the pair from being linked.
    pub veto: Option<Veto>,
    /// The published similarity, in 1/10,000.
    pub similarity: Similarity,
    /// Log-odds of the model, in 1/1024 bits.
    pub score: Score,
    /// Which model.
    pub model: String,
    /// Log-odds before anything was compared.
    pub prior: i32,
    /// What was taken off because a family shares it, in 1/1024 bits ([`Model::kinship`]).
    pub kinship: i32,
    /// Every field that both sides have.
    pub fields: Vec<FieldExplanation>,
}

/// How one field contributed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldExplanation {
    /// Which field.
    pub field: Field,
    /// The level of agreement, in words.
    pub agreement: String,
    /// What it added to the score, in 1/1024 bits.
    pub weight: i32,
    /// What the left side was normalized to; empty where there is nothing to show.
    pub left: String,
    /// What the right side was normalized to.
    pub right: String,
}

/// Explains a judgement of a pair.
pub fn explain(
    left: &PreparedPerson,
    right: &PreparedPerson,
    comparison: &Comparison,
    model: &Model,
    judgement: &Judgement,
) -> Explanation {
    let codes = comparison.levels.codes();
    let compared = Field::ALL.into_iter().filter(|&field| codes[field as usize] > 0);
    let fields = compared.map(|field| FieldExplanation {
        field,
        agreement: comparison.levels.word(field),
        weight: model.weight(field, comparison),
        left: shown(left, field),
        right: shown(right, field),
    });
    Explanation {
        decision: judgement.decision,
        veto: judgement.veto,
        similarity: judgement.similarity,
        score: judgement.score,
        model: model.id(),
        prior: model.prior,
        kinship: model.kinship(comparison),
        fields: fields.collect(),
    }
}

/// One line: each field with its weight in bits, and the normalized values where they differ.
impl fmt::Display for Explanation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, field) in self.fields.iter().enumerate() {
            if at > 0 {
                out.write_str("; ")?;
            }
            write!(
                out,
                "{} {} {}",
                word(&field.field),
                field.agreement,
                Bits(field.weight)
            )?;
            if field.left != field.right {
                write!(out, " ({} / {})", field.left, field.right)?;
            }
        }
        if self.kinship > 0 {
            write!(out, "; shared by a family {}", Bits(-self.kinship))?;
        }
        if let Some(veto) = &self.veto {
            write!(out, "; not linked: {}", word(veto))?;
        }
        Ok(())
    }
}

/// A weight in bits with one decimal and its sign, from integers alone.
struct Bits(i32);

impl fmt::Display for Bits {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (i64::from(self.0.unsigned_abs()) * 10 + i64::from(BIT) / 2) / i64::from(BIT);
        let sign = if self.0 < 0 { '-' } else { '+' };
        write!(out, "{sign}{}.{}", tenths / 10, tenths % 10)
    }
}

/// The serialized name of a level, a field or a veto, with spaces.
fn word(value: &impl Serialize) -> String {
    let text = serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(|text| text.replace('_', " ")));
    text.unwrap_or_default()
}

fn shown(person: &PreparedPerson, field: Field) -> String {
    match field {
        Field::Given => words(&person.given),
        Field::Family => words(&person.family),
        Field::Mother => words(&person.mother),
        Field::Birth => person.birth.map(|birth| birth.to_string()).unwrap_or_default(),
        Field::Sex => word(&person.sex),
        Field::Place => {
            let place = &person.place;
            let steps = [&place.village, &place.commune, &place.district, &place.region];
            let known: Vec<&str> = steps
                .into_iter()
                .filter(|step| !step.is_empty())
                .map(|step| &*step.text)
                .collect();
            known.join(", ")
        }
        Field::Identifier => {
            let values: Vec<&str> = person
                .identifiers
                .iter()
                .map(|identifier| &*identifier.value.text)
                .collect();
            values.join(", ")
        }
        Field::Phone => person.phone.text.to_string(),
        Field::Household => person.household.text.to_string(),
        Field::Order => String::new(),
    }
}

fn words(tokens: &[PreparedToken]) -> String {
    let texts: Vec<&str> = tokens.iter().map(|token| &*token.text).collect();
    texts.join(" ")
}
