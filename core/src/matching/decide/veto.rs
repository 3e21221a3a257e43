//! What no score may overrule: at most a review follows.

use serde::{Deserialize, Serialize};

use crate::matching::compare::Comparison;
use crate::matching::compare::identifier::Verified;
use crate::matching::levels::{BirthLevel, IdentifierLevel, NameLevel, OrderLevel, PhoneLevel, SexLevel};

/// Why a pair is not linked without a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Veto {
    /// A person said before that the two are not the same.
    SplitByHuman,
    /// One system vouched for two different identifiers.
    DifferentIdentifier,
    /// Born on one day into one household, to one mother or under one surname, with different given names.
    Twins,
    /// Sex and date of birth both differ.
    SexAndBirth,
    /// No date of birth to the day on both sides, and no identifier in common.
    ThinEvidence,
}

/// The first veto that holds.
pub(super) fn of(comparison: &Comparison, split: bool) -> Option<Veto> {
    let levels = &comparison.levels;
    let born_apart = matches!(
        levels.birth,
        BirthLevel::Differ | BirthLevel::Around | BirthLevel::WithinYear
    );
    if split {
        Some(Veto::SplitByHuman)
    } else if comparison.verified == Verified::Differ {
        Some(Veto::DifferentIdentifier)
    } else if twins(comparison) {
        Some(Veto::Twins)
    } else if levels.sex == SexLevel::Differ && born_apart {
        Some(Veto::SexAndBirth)
    } else if !comparison.known_days && levels.identifier != IdentifierLevel::Equal {
        Some(Veto::ThinEvidence)
    } else {
        None
    }
}

fn twins(comparison: &Comparison) -> bool {
    let levels = &comparison.levels;
    let born_together = matches!(
        levels.birth,
        BirthLevel::Equal | BirthLevel::SameMonth | BirthLevel::Overlap
    );
    // Where first and last name were exchanged, the part that agrees is the family's.
    let (given, family) = match levels.order {
        OrderLevel::Inverted => (levels.given.min(levels.family), levels.given.max(levels.family)),
        _ => (levels.given, levels.family),
    };
    let one_family = levels.household == PhoneLevel::Equal
        || levels.phone == PhoneLevel::Equal
        || levels.mother >= NameLevel::Near
        || family >= NameLevel::Near;
    let called_apart = matches!(given, NameLevel::Differ | NameLevel::Shares | NameLevel::Faint);
    // A girl and a boy of one day are twins unless their names are the same.
    let boy_and_girl = levels.sex == SexLevel::Differ && given < NameLevel::Contained;
    born_together && one_family && (called_apart || boy_and_girl || comparison.twin_names)
}
