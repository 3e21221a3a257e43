//! The weights by which agreement becomes evidence (Fellegi & Sunter 1969), as whole 1/1024 bits.
//!
//! A model is data: it is learnt on a register or taken from the defaults, promoted by a person, recorded by its id with
//! every decision, and shipped to phones. Building one takes logarithms; using one only adds integers.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::bits::{self, BIT};
use super::compare::Comparison;
use super::frequency::RAREST;
use super::levels::Field;

mod defaults;
mod score;

pub(super) use defaults::{m as default_m, u as default_u};
pub use score::Score;

/// Log-odds that a relative is the same person: in a register there are some thirty pairs of relatives for each person
/// who is in it twice.
const RELATIVE: i32 = -5 * BIT;

/// Weights of every field and level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// Where the weights come from.
    pub provenance: Provenance,
    /// Log-odds of a pair before anything is compared.
    pub prior: i32,
    /// Weights by field, then level; level 0 is always 0.
    pub weights: [Vec<i32>; Field::COUNT],
    /// The rarity of an average shared value by field: what the weights of the sharing levels already contain.
    pub typical: [i32; Field::COUNT],
}

/// Where a model's weights come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Provenance {
    /// Shipped with the product.
    Default,
    /// Learnt without labels on a register.
    Learnt {
        /// People in the register.
        people: u64,
        /// Pairs that were looked at.
        pairs: u64,
    },
}

impl Model {
    /// The weights that are shipped, with the prior of a register of that many people in which one in ten newcomers is
    /// known already.
    pub fn default_for(people: u64) -> Self {
        defaults::model(people)
    }

    /// A model of m and u probabilities by field and level. Levels that neither side ever saw weigh nothing. `people` is
    /// the size of the register in which rarities are counted.
    pub fn of(provenance: Provenance, people: u64, prior: i32, m: &Probabilities, u: &Probabilities) -> Self {
        let weights = std::array::from_fn(|field| {
            let levels = m.0[field].iter().zip(&u.0[field]).enumerate();
            levels
                .map(|(level, (&m, &u))| if level == 0 { 0 } else { bits::weight(m, u) })
                .collect()
        });
        // Counting cannot tell a value rarer than one in the register, so an average must not be held to be rarer either.
        let people = people.max(4) / 2;
        let typical = std::array::from_fn(|field| u.typical_rarity(field).min(bits::log2(people)));
        Self {
            provenance,
            prior,
            weights,
            typical,
        }
    }

    /// The evidence of a pair: prior plus the weight of each field, less [`kinship`](Self::kinship).
    pub fn score(&self, comparison: &Comparison) -> Score {
        let fields = Field::ALL.into_iter().map(|field| self.weight(field, comparison));
        Score(self.prior + fields.sum::<i32>() - self.kinship(comparison))
    }

    /// What does not count because a family shares it.
    ///
    /// Phone, mother and household are strong evidence for one family, and a family is mostly several people: together
    /// with family name and place they lift a pair to the odds of a relative being the same person, and no further. What
    /// remains to be shown, given names, birth and identifiers must show.
    pub fn kinship(&self, comparison: &Comparison) -> i32 {
        let sum = |fields: &[Field]| {
            fields
                .iter()
                .map(|&field| self.weight(field, comparison))
                .sum::<i32>()
        };
        let apart = self.prior + sum(&[Field::Family, Field::Order, Field::Place]);
        let together = apart + sum(&[Field::Phone, Field::Mother, Field::Household]);
        (together - apart.max(RELATIVE))
            .max(0)
            .min((together - apart).max(0))
    }

    /// The most that prior, family name, order, place, phone, mother and household come to, when the first four come to
    /// `apart` at most: what a family shares lifts a pair to the odds of a relative and no further.
    pub(super) fn most_of_a_relative(&self, apart: i32) -> i32 {
        apart.max(RELATIVE)
    }

    /// What one field adds.
    pub fn weight(&self, field: Field, comparison: &Comparison) -> i32 {
        let at = field as usize;
        self.level_weight(field, comparison.levels.codes()[at], comparison.rarity[at])
    }

    /// What a field adds at a level, given the rarity of the shared value.
    pub fn level_weight(&self, field: Field, level: u8, rarity: Option<i32>) -> i32 {
        let at = field as usize;
        let weight = self.weights[at].get(usize::from(level)).copied().unwrap_or(0);
        let shares = field.shares_from().is_some_and(|from| level >= from);
        match rarity {
            Some(rarity) if shares => weight + rarity.min(RAREST) - self.typical[at],
            _ => weight,
        }
    }

    /// The most that a field can add when the rarity of what is shared is at most `rarity`.
    pub fn ceiling(&self, field: Field, rarity: Option<i32>) -> i32 {
        let levels = 0..field.levels() as u8;
        let either = |level| {
            self.level_weight(field, level, rarity)
                .max(self.level_weight(field, level, None))
        };
        levels.map(either).max().unwrap_or(0)
    }

    /// Names the model in the record of a decision: the first 16 hexadecimal digits of a SHA-256 over its numbers.
    pub fn id(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.prior.to_be_bytes());
        for number in self.weights.iter().flatten().chain(&self.typical) {
            hash.update(number.to_be_bytes());
        }
        hash.finalize()[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// Probabilities of each level by field: of m (among pairs that are one person) or of u (among pairs that are not).
#[derive(Debug, Clone, PartialEq)]
pub struct Probabilities(pub [Vec<f64>; Field::COUNT]);

impl Probabilities {
    /// `log2(1 / probability)` of sharing the whole value. A place is shared by commune or by village: a register that
    /// records no villages still has typical communes.
    fn typical_rarity(&self, field: usize) -> i32 {
        let levels = &self.0[field];
        let whole = match Field::ALL[field] {
            Field::Place => levels.iter().rev().take(2).sum(),
            other if other.shares_from().is_some() => levels.last().copied().unwrap_or(1.0),
            _ => return 0,
        };
        bits::weight(1.0, whole).min(RAREST)
    }
}
