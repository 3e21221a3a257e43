//! Distinct tokens and distinct name parts, and what each part is worth to a query.

use std::collections::HashMap;

use crate::matching::compare::name::{self, EQUAL, PartAgreement, quantized};
use crate::matching::jaro_winkler::Batch;
use crate::matching::levels::{Field, NameLevel, OrderLevel};
use crate::matching::model::Model;
use crate::matching::prepared::{PreparedPerson, PreparedToken};

/// Similarity below which a token cannot lift a part above "differs".
const FAINT: u16 = quantized(0.75);

/// The distinct tokens and parts of a register's names.
#[derive(Debug, Default)]
pub(super) struct NameParts {
    token_numbers: HashMap<TokenKey, u32>,
    tokens: Vec<PreparedToken>,
    /// Tokens that more than spelling decides on: initials and related names.
    special: Vec<u32>,
    spellings: Batch,
    part_numbers: HashMap<Box<[u32]>, u32>,
    parts: Vec<Box<[u32]>>,
    /// What each part is to somebody: the sum of its [`Role`]s.
    roles: Vec<u8>,
}

/// What a part of a name is to the person who has it. Mothers' names are the most numerous, and nobody else's.
#[derive(Debug, Clone, Copy)]
pub(super) enum Role {
    Given = 1,
    Family = 2,
    Mother = 4,
}

/// Two tokens with the same key compare the same with any third.
type TokenKey = (Box<str>, u8, bool, Option<u16>);

impl NameParts {
    /// The number of a part in a role, a new one if it is new.
    pub(super) fn intern(&mut self, tokens: &[PreparedToken], role: Role) -> u32 {
        let part: Box<[u32]> = tokens.iter().map(|token| self.intern_token(token)).collect();
        if let Some(&number) = self.part_numbers.get(&part) {
            self.roles[number as usize] |= role as u8;
            return number;
        }
        let number = self.parts.len() as u32;
        self.parts.push(part.clone());
        self.roles.push(role as u8);
        self.part_numbers.insert(part, number);
        number
    }

    fn intern_token(&mut self, token: &PreparedToken) -> u32 {
        let key = (token.text.clone(), token.letter, token.initial, token.related);
        if let Some(&number) = self.token_numbers.get(&key) {
            return number;
        }
        let number = self.tokens.len() as u32;
        if self.spellings.is_empty() {
            self.spellings = Batch::new([]);
        }
        self.spellings.push(token.text.as_bytes());
        if token.initial || token.related.is_some() {
            self.special.push(number);
        }
        self.tokens.push(token.clone());
        self.token_numbers.insert(key, number);
        number
    }

    /// What every part is worth to a person, as what it is to somebody and in either order.
    pub(super) fn weigh(&self, person: &PreparedPerson, model: &Model) -> NameWeights {
        let [given, family, mother] =
            [&person.given, &person.family, &person.mother].map(|tokens| Asked::new(self, tokens));
        // An exchange costs what the model says, against the bonus of standing straight, which is counted for everyone.
        let order = |level| model.level_weight(Field::Order, level as u8, None);
        let exchange = order(OrderLevel::Inverted) - order(OrderLevel::Straight).max(0);
        let mut weights = NameWeights::of(self.parts.len());
        for ((at, part), &roles) in self.parts.iter().enumerate().zip(&self.roles) {
            if roles & (Role::Given as u8 | Role::Family as u8) != 0 {
                let (given, family) = (given.agreement(part), family.agreement(part));
                let as_given = weight(model, Field::Given, given);
                let as_family = weight(model, Field::Family, family);
                let given_across = as_given.max(weight(model, Field::Family, given));
                let family_across = as_family.max(weight(model, Field::Given, family));
                weights.as_given[at] = [as_given, family_across + exchange];
                weights.as_family[at] = [as_family, given_across];
            }
            if roles & Role::Mother as u8 != 0 {
                weights.mother[at] = weight(model, Field::Mother, mother.agreement(part));
                weights.most_mother = weights.most_mother.max(weights.mother[at]);
            }
        }
        weights
    }
}

fn weight(model: &Model, field: Field, agreement: PartAgreement) -> i32 {
    model.level_weight(field, agreement.level as u8, agreement.rarity)
}

/// A part of the query's name against the dictionary.
struct Asked<'a> {
    tokens: &'a [PreparedToken],
    /// Similarity of each token asked for to each distinct token.
    similar: Vec<Vec<u16>>,
    /// Distinct tokens that at least one token asked for resembles.
    resembled: Vec<bool>,
}

impl<'a> Asked<'a> {
    fn new(names: &NameParts, tokens: &'a [PreparedToken]) -> Self {
        let similar: Vec<Vec<u16>> = tokens.iter().map(|token| names.similar(token)).collect();
        let resembled = (0..names.tokens.len())
            .map(|at| similar.iter().any(|row| row[at] >= FAINT))
            .collect();
        Self {
            tokens,
            similar,
            resembled,
        }
    }

    fn agreement(&self, part: &[u32]) -> PartAgreement {
        if self.tokens.is_empty() || part.is_empty() {
            return PartAgreement::default();
        }
        if !part.iter().any(|&token| self.resembled[token as usize]) {
            return PartAgreement {
                level: NameLevel::Differ,
                ..PartAgreement::default()
            };
        }
        let similarity = |one: usize, other: usize| self.similar[one][part[other] as usize];
        let mut agreement = name::agree(self.tokens.len(), part.len(), similarity);
        if agreement.level >= NameLevel::Shares {
            agreement.rarity = self.shared_rarity(part);
        }
        agreement
    }

    /// Summed rarity of the tokens that stand on both sides, each once.
    fn shared_rarity(&self, part: &[u32]) -> Option<i32> {
        let mut taken = 0u16;
        let mut sum = None;
        for (token, row) in self.tokens.iter().zip(&self.similar) {
            let equal = |at: &usize| taken >> at & 1 == 0 && row[part[*at] as usize] == EQUAL;
            if let Some(at) = (0..part.len()).find(equal) {
                taken |= 1 << at;
                sum = token.rarity.map_or(sum, |rarity| Some(sum.unwrap_or(0) + rarity));
            }
        }
        sum
    }
}

impl NameParts {
    fn similar(&self, token: &PreparedToken) -> Vec<u16> {
        let mut row = vec![0; self.tokens.len()];
        if token.initial {
            for (similarity, other) in row.iter_mut().zip(&self.tokens) {
                *similarity = name::token(token, other);
            }
            return row;
        }
        self.spellings
            .similarities(token.text.as_bytes(), |number, similarity| {
                row[number as usize] = if similarity == 1.0 {
                    EQUAL
                } else {
                    quantized(similarity)
                };
            });
        for &number in &self.special {
            row[number as usize] = name::token(token, &self.tokens[number as usize]);
        }
        row
    }
}

/// What every distinct part is worth in its roles.
pub(super) struct NameWeights {
    /// As given names: straight, and exchanged.
    as_given: Vec<[i32; 2]>,
    /// As family names: straight, and exchanged.
    as_family: Vec<[i32; 2]>,
    mother: Vec<i32>,
    most_mother: i32,
}

impl NameWeights {
    fn of(parts: usize) -> Self {
        Self {
            as_given: vec![[0; 2]; parts],
            as_family: vec![[0; 2]; parts],
            mother: vec![0; parts],
            most_mother: 0,
        }
    }

    /// The most that a full name adds, in whichever order.
    #[inline(always)]
    pub(super) fn names(&self, given: u32, family: u32) -> i32 {
        let ([straight, crossed], [straight_too, crossed_too]) =
            (self.as_given[given as usize], self.as_family[family as usize]);
        (straight + straight_too).max(crossed + crossed_too)
    }

    #[inline(always)]
    pub(super) fn mother(&self, part: u32) -> i32 {
        self.mother[part as usize]
    }

    pub(super) fn most_mother(&self) -> i32 {
        self.most_mother
    }
}
