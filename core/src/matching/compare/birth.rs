//! Agreement of two dates of birth.

use super::slip;
use crate::matching::levels::BirthLevel;
use crate::matching::prepared::PreparedBirth;

const YEAR: i32 = 366;

/// How two dates of birth agree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Births {
    /// The level.
    pub level: BirthLevel,
    /// Rarity of the date when both know the same day.
    pub rarity: Option<i32>,
    /// At most a year apart, at whatever precision.
    pub within_year: bool,
    /// Both are known to the day.
    pub known_days: bool,
}

/// Compares two dates of birth.
pub fn compare(left: Option<&PreparedBirth>, right: Option<&PreparedBirth>) -> Births {
    let (Some(left), Some(right)) = (left, right) else {
        return Births::default();
    };
    let gap = gap(left, right);
    let (level, rarity) = match (left.day, right.day) {
        (Some(one), Some(other)) if one == other => (BirthLevel::Equal, left.rarity),
        (Some(one), Some(other)) => (days(one, other, gap), None),
        _ => (intervals(left, right, gap), None),
    };
    Births {
        level,
        rarity,
        within_year: gap <= YEAR,
        known_days: left.day.is_some() && right.day.is_some(),
    }
}

fn days(one: (i16, u8, u8), other: (i16, u8, u8), gap: i32) -> BirthLevel {
    if one.0 == other.0 && one.1 == other.2 && one.2 == other.1 {
        BirthLevel::Swapped
    } else if slip::one_apart(&digits(one), &digits(other)) {
        BirthLevel::Slip
    } else if one.0 == other.0 {
        BirthLevel::SameYear
    } else {
        apart(gap)
    }
}

fn intervals(left: &PreparedBirth, right: &PreparedBirth, gap: i32) -> BirthLevel {
    if gap > 0 {
        apart(gap)
    } else if left.width().max(right.width()) <= 31 {
        BirthLevel::SameMonth
    } else {
        BirthLevel::Overlap
    }
}

fn apart(gap: i32) -> BirthLevel {
    match gap {
        i32::MIN..=YEAR => BirthLevel::WithinYear,
        367..=1830 => BirthLevel::Around,
        _ => BirthLevel::Differ,
    }
}

/// Days between the intervals; 0 or less when they overlap.
fn gap(left: &PreparedBirth, right: &PreparedBirth) -> i32 {
    (left.first - right.last).max(right.first - left.last)
}

fn digits((year, month, day): (i16, u8, u8)) -> [u8; 8] {
    let year = year.unsigned_abs() % 10_000;
    let digit = |number: u16| b'0' + (number % 10) as u8;
    let (month, day) = (u16::from(month), u16::from(day));
    [
        digit(year / 1000),
        digit(year / 100),
        digit(year / 10),
        digit(year),
        digit(month / 10),
        digit(month),
        digit(day / 10),
        digit(day),
    ]
}
