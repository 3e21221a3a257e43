//! The published similarity: fixed weights over the fields that both sides fill in.
//!
//! First name 25, last name 25, birth date 20 (the same 1, day and month exchanged 0.8, within a year 0.5), sex 10,
//! commune or district 10, external identifier 10. A date known to the year only is compared as a year.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::compare::Comparison;
use super::levels::{BirthLevel, IdentifierLevel, PlaceLevel, SexLevel};

/// A similarity in 1/10,000: 0 is nothing alike, 10,000 is everything alike.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Similarity(pub u16);

impl Similarity {
    /// Everything alike.
    pub const ONE: Self = Self(10_000);
}

impl fmt::Display for Similarity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{:04}", self.0 / 10_000, self.0 % 10_000)
    }
}

/// The published similarity of a pair; 0 when no field is filled in on both sides.
pub fn similarity(comparison: &Comparison) -> Similarity {
    let fields = parts(comparison);
    let weights: u64 = fields
        .iter()
        .filter(|field| field.1.is_some())
        .map(|field| field.0)
        .sum();
    let sum: u64 = fields
        .iter()
        .filter_map(|&(weight, value)| Some(weight * u64::from(value?)))
        .sum();
    if weights == 0 {
        return Similarity(0);
    }
    Similarity(((sum + weights / 2) / weights) as u16)
}

/// Weight in percent, and agreement in 1/10,000 where both sides have the field.
fn parts(comparison: &Comparison) -> [(u64, Option<u16>); 6] {
    let levels = &comparison.levels;
    let name = |part: &super::compare::name::PartAgreement| {
        let scaled = (u32::from(part.similarity) * 10_000 + 32_767) / 65_535;
        (part.level != super::NameLevel::Missing).then_some(scaled as u16)
    };
    [
        (25, name(&comparison.names.given)),
        (25, name(&comparison.names.family)),
        (20, birth(levels.birth, comparison.within_year)),
        (
            10,
            (levels.sex != SexLevel::Missing).then_some(whole(levels.sex == SexLevel::Equal)),
        ),
        (
            10,
            (levels.place != PlaceLevel::Missing).then_some(whole(levels.place >= PlaceLevel::District)),
        ),
        (10, identifier(levels.identifier)),
    ]
}

fn birth(level: BirthLevel, within_year: bool) -> Option<u16> {
    Some(match level {
        BirthLevel::Missing => return None,
        BirthLevel::Overlap | BirthLevel::SameMonth | BirthLevel::Equal => 10_000,
        BirthLevel::Swapped => 8_000,
        _ if within_year => 5_000,
        _ => 0,
    })
}

fn identifier(level: IdentifierLevel) -> Option<u16> {
    (level != IdentifierLevel::Missing).then_some(whole(level == IdentifierLevel::Equal))
}

fn whole(agrees: bool) -> u16 {
    if agrees { 10_000 } else { 0 }
}
