//! Compares two prepared persons field by field. Says how they agree, not what that is worth.

use super::levels::{BirthLevel, Field, Levels, PhoneLevel, SexLevel};
use super::prepared::{PreparedPerson, PreparedValue};
use crate::person::Sex;

pub mod birth;
pub mod identifier;
pub mod name;
pub mod place;
pub(in crate::matching) mod slip;

/// How two persons agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Agreement of each field.
    pub levels: Levels,
    /// Rarity of what is shared, in 1/1024 bits, by [`Field`]; `None` where nothing is shared or nothing was counted.
    pub rarity: [Option<i32>; Field::COUNT],
    /// Similarity of the names for the published weights.
    pub names: name::FullName,
    /// The dates of birth are at most a year apart.
    pub within_year: bool,
    /// Both dates of birth are known to the day.
    pub known_days: bool,
    /// Born together, with given names that are a known pair of twins' names.
    pub twin_names: bool,
    /// What their verified identifiers say.
    pub verified: identifier::Verified,
}

/// Compares two persons; the order of the two does not matter.
pub fn compare(left: &PreparedPerson, right: &PreparedPerson) -> Comparison {
    let names = name::full(left, right);
    let mother = name::parts(&left.mother, &right.mother);
    let birth = birth::compare(left.birth.as_ref(), right.birth.as_ref());
    let place = place::compare(&left.place, &right.place);
    let identifiers = identifier::compare(&left.identifiers, &right.identifiers);
    let (phone, phone_rarity) = phone(&left.phone, &right.phone);
    let (household, household_rarity) = household(&left.household, &right.household);
    let levels = Levels {
        given: names.given.level,
        family: names.family.level,
        order: names.order,
        birth: birth.level,
        sex: sex(left.sex, right.sex),
        place: place.0,
        identifier: identifiers.level,
        phone,
        mother: mother.level,
        household,
    };
    let mut rarity = [None; Field::COUNT];
    rarity[Field::Given as usize] = names.given.rarity;
    rarity[Field::Family as usize] = names.family.rarity;
    rarity[Field::Birth as usize] = birth.rarity;
    rarity[Field::Place as usize] = place.1;
    rarity[Field::Identifier as usize] = identifiers.rarity;
    rarity[Field::Phone as usize] = phone_rarity;
    rarity[Field::Mother as usize] = mother.rarity;
    rarity[Field::Household as usize] = household_rarity;
    Comparison {
        levels,
        rarity,
        names,
        within_year: birth.within_year,
        known_days: birth.known_days,
        twin_names: birth.level >= BirthLevel::Overlap && name::twins(&left.given, &right.given),
        verified: identifiers.verified,
    }
}

/// How two sexes agree.
pub(in crate::matching) fn sex(left: Sex, right: Sex) -> SexLevel {
    match (left, right) {
        (Sex::Unknown, _) | (_, Sex::Unknown) => SexLevel::Missing,
        (left, right) if left == right => SexLevel::Equal,
        _ => SexLevel::Differ,
    }
}

fn phone(left: &PreparedValue, right: &PreparedValue) -> (PhoneLevel, Option<i32>) {
    if left.is_empty() || right.is_empty() {
        (PhoneLevel::Missing, None)
    } else if left.text == right.text {
        (PhoneLevel::Equal, left.rarity)
    } else if slip::one_apart(left.text.as_bytes(), right.text.as_bytes()) {
        (PhoneLevel::Near, None)
    } else {
        (PhoneLevel::Differ, None)
    }
}

fn household(left: &PreparedValue, right: &PreparedValue) -> (PhoneLevel, Option<i32>) {
    if left.is_empty() || right.is_empty() {
        (PhoneLevel::Missing, None)
    } else if left.text == right.text {
        (PhoneLevel::Equal, left.rarity)
    } else {
        (PhoneLevel::Differ, None)
    }
}
