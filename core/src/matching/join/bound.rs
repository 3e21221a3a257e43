//! What a pair can score at most, from columns of numbers.
//!
//! Blocking keys bring together many pairs that share a frequent name and little else. Comparing one in full walks
//! through a dozen texts in as many places of memory; its bound needs one row a person, and the distinct values that the
//! rows point at are few enough to stay near the processor.
//!
//! The bound is never below the true score, so what it leaves out is what the full comparison would have called two
//! people: names count in whichever order is worth more, a token that is not equal counts as if it were nearly so, and
//! what lifts a family only to the odds of a relative is not taken off. A pair of which the columns cannot tell, because
//! a name stands in one field alone or an identifier may be shared, has no bound and is compared.

mod place;
mod rows;
mod weights;

use rows::{Row, Rows, Table};
use weights::Weights;

use crate::matching::compare::{self, birth, slip};
use crate::matching::decide::{Mode, Rules};
use crate::matching::levels::{Field, PhoneLevel};
use crate::matching::model::Model;
use crate::matching::prepared::PreparedPerson;

/// Columns of the people on both sides of a join, and what their values are worth.
pub(super) struct Bounds {
    table: Table,
    left: Rows,
    /// Empty when the list is joined with itself.
    right: Option<Rows>,
    weights: Weights,
    /// The score from which on a pair is not two people.
    threshold: i32,
}

impl Bounds {
    /// Columns of the people. `None` where another number than the score decides.
    pub(super) fn new(
        left: &[PreparedPerson],
        right: Option<&[PreparedPerson]>,
        model: &Model,
        rules: &Rules,
    ) -> Option<Self> {
        let bands = &rules.bands;
        let mut table = Table::default();
        (rules.mode == Mode::Probability).then(|| Self {
            left: table.rows(left),
            right: right.map(|people| table.rows(people)),
            weights: Weights::new(model),
            threshold: bands.alert.min(bands.review).min(bands.link).0,
            table,
        })
    }

    /// Whether the pair may be more than two people.
    pub(super) fn reaches(&self, left: u32, right: u32) -> bool {
        let left = &self.left[left as usize];
        let right = &self.right.as_ref().unwrap_or(&self.left)[right as usize];
        if left.is_untold(right) {
            return true;
        }
        let besides_names = self.weights.base
            + self.birth(left, right)
            + self.weights.sex[compare::sex(left.sex, right.sex) as usize]
            + self.phone(left, right)
            + self.household(left, right)
            + self.identifiers(left, right);
        let at_most = besides_names + self.weights.most_place + self.weights.most_mother;
        if at_most + self.weights.most_names < self.threshold {
            return false;
        }
        let names = self.names(left, right);
        at_most + names >= self.threshold
            && besides_names + names + self.place(left, right) + self.mother(left, right) >= self.threshold
    }

    fn birth(&self, left: &Row, right: &Row) -> i32 {
        let births = birth::compare(self.table.birth(left.birth), self.table.birth(right.birth));
        self.weights.of(Field::Birth, births.level as u8, births.rarity)
    }

    fn names(&self, left: &Row, right: &Row) -> i32 {
        let shared = |one, other| self.table.shared(one, other);
        let part = |field, shared| self.weights.part(field, shared);
        let (given, family) = (shared(left.given, right.given), shared(left.family, right.family));
        let straight = part(Field::Given, given) + part(Field::Family, family) + self.weights.straight;
        let (across, back) = (shared(left.given, right.family), shared(left.family, right.given));
        let exchanged = (part(Field::Given, across) + part(Field::Family, back))
            .max(part(Field::Given, back) + part(Field::Family, across));
        straight.max(exchanged + self.weights.inverted)
    }

    fn mother(&self, left: &Row, right: &Row) -> i32 {
        self.weights
            .part(Field::Mother, self.table.shared(left.mother, right.mother))
    }

    fn place(&self, left: &Row, right: &Row) -> i32 {
        let (left, right) = (self.table.place(left.place), self.table.place(right.place));
        place::levels(left, right)
            .map(|(level, rarity)| self.weights.of(Field::Place, level as u8, rarity))
            .into_iter()
            .max()
            .unwrap_or(0)
    }

    fn phone(&self, left: &Row, right: &Row) -> i32 {
        let (one, other) = (left.phone(), right.phone());
        if one.is_empty() || other.is_empty() {
            0
        } else if one == other {
            self.weights.shared_phone
        } else if slip::one_apart(one, other) {
            self.weights.of(Field::Phone, PhoneLevel::Near as u8, None)
        } else {
            self.weights.of(Field::Phone, PhoneLevel::Differ as u8, None)
        }
    }

    fn household(&self, left: &Row, right: &Row) -> i32 {
        if left.household == 0 || right.household == 0 {
            0
        } else if left.household == right.household {
            self.weights.shared_household
        } else {
            self.weights.of(Field::Household, PhoneLevel::Differ as u8, None)
        }
    }

    /// Identifiers that are shared have no bound; others may differ, be nearly equal, or be of different systems.
    fn identifiers(&self, left: &Row, right: &Row) -> i32 {
        if left.identifiers == 0 || right.identifiers == 0 {
            0
        } else {
            self.weights.unshared_identifier
        }
    }
}

impl Row {
    /// Whether the columns do not tell how the two compare.
    fn is_untold(&self, other: &Self) -> bool {
        self.odd || other.odd || self.identifiers & other.identifiers != 0
    }
}

#[cfg(test)]
mod tests;
