//! Weights before anything was learnt: what West African registers look like, rounded.
//!
//! Sex and place follow the published reference configuration of JeMPI (sex m 0.947 u 0.444, city m 0.845 u 0.036);
//! names are spread over the levels of this comparison, with the concentration that West African names have: two people
//! share a family name about once in fifty, where the same configuration assumes once in a thousand.

use super::{Model, Probabilities, Provenance};
use crate::matching::bits;

type Row = &'static [(f64, f64)];

// Each row: (m, u) by level, the missing level first.
const GIVEN: Row = &[
    (0., 0.),
    (0.02, 0.92),
    (0.02, 0.02),
    (0.02, 0.03),
    (0.03, 0.01),
    (0.06, 0.006),
    (0.05, 0.006),
    (0.80, 0.008),
];
const FAMILY: Row = &[
    (0., 0.),
    (0.03, 0.92),
    (0.01, 0.004),
    (0.01, 0.03),
    (0.02, 0.012),
    (0.05, 0.01),
    (0.03, 0.004),
    (0.85, 0.02),
];
const ORDER: Row = &[(0., 0.), (0.97, 0.5), (0.03, 0.5)];
const BIRTH: Row = &[
    (0., 0.),
    (0.01, 0.78),
    (0.02, 0.13),
    (0.03, 0.035),
    (0.03, 0.015),
    (0.05, 0.0022),
    (0.01, 0.0002),
    (0.15, 0.03),
    (0.02, 0.002),
    (0.68, 0.0004),
];
const SEX: Row = &[(0., 0.), (0.03, 0.5), (0.97, 0.5)];
const PLACE: Row = &[
    (0., 0.),
    (0.06, 0.55),
    (0.06, 0.31),
    (0.08, 0.08),
    (0.01, 0.004),
    (0.01, 0.003),
    (0.03, 0.004),
    (0.60, 0.045),
    (0.15, 0.004),
];
const IDENTIFIER: Row = &[(0., 0.), (0.1, 0.999_98), (0.02, 0.000_02), (0.88, 0.000_001)];
const PHONE: Row = &[(0., 0.), (0.3, 0.999_8), (0.02, 0.000_1), (0.68, 0.000_1)];
const MOTHER: Row = &[
    (0., 0.),
    (0.1, 0.9),
    (0.05, 0.05),
    (0.02, 0.03),
    (0.03, 0.008),
    (0.07, 0.005),
    (0.08, 0.006),
    (0.65, 0.001),
];
const HOUSEHOLD: Row = &[(0., 0.), (0.25, 0.999), (0.0, 0.0), (0.75, 0.001)];

const ROWS: [Row; 10] = [
    GIVEN, FAMILY, ORDER, BIRTH, SEX, PLACE, IDENTIFIER, PHONE, MOTHER, HOUSEHOLD,
];

/// The m probabilities, by field and level.
pub(in crate::matching) fn m() -> Probabilities {
    Probabilities(ROWS.map(|row| row.iter().map(|level| level.0).collect()))
}

/// The u probabilities, by field and level.
pub(in crate::matching) fn u() -> Probabilities {
    Probabilities(ROWS.map(|row| row.iter().map(|level| level.1).collect()))
}

pub(super) fn model(people: u64) -> Model {
    let prior = bits::log2_ratio(1, people.max(100).saturating_mul(10));
    Model::of(Provenance::Default, people, prior, &m(), &u())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::Field;

    #[test]
    fn every_row_has_every_level_and_sums_to_one() {
        for (field, row) in Field::ALL.into_iter().zip(ROWS) {
            assert_eq!(row.len(), field.levels(), "{field:?}");
            let (m, u) = row
                .iter()
                .fold((0.0, 0.0), |sum, level| (sum.0 + level.0, sum.1 + level.1));
            assert!(
                (m - 1.0).abs() < 1e-6 && (u - 1.0).abs() < 0.02,
                "{field:?} {m} {u}"
            );
        }
    }
}
