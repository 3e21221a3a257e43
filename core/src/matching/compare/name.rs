//! Agreement of names: tokens against tokens, in whatever order they were written.
//!
//! Equal tokens are paired first; the others are assigned so that the sum of their similarities is largest. Everything
//! that follows is computed from that sum and from counts, never from one of several equally good assignments, so the
//! order of tokens and of the two persons cannot matter.

use crate::matching::jaro_winkler::jaro_winkler;
use crate::matching::levels::{NameLevel, OrderLevel};
use crate::matching::prepared::{MOST_TOKENS, PreparedPerson, PreparedToken};
use crate::names;

/// Similarity of two equal tokens.
pub const EQUAL: u16 = u16::MAX;
/// Similarity that related names (Fatou, Fatoumata) reach at least.
pub const RELATED: u16 = quantized(0.93);
/// Similarity of an initial and a token that begins with it.
pub const INITIAL: u16 = quantized(0.86);

const NEAR: u32 = quantized(0.92) as u32;
const SIMILAR: u32 = quantized(0.85) as u32;
const FAINT: u32 = quantized(0.75) as u32;

/// A similarity as a part of 65,534; only equal tokens have one more.
pub(in crate::matching) const fn quantized(similarity: f64) -> u16 {
    (similarity * 65_534.0) as u16
}

/// Similarity of two tokens: [`EQUAL`] for the same canonical form and only for it.
pub fn token(left: &PreparedToken, right: &PreparedToken) -> u16 {
    if left.hash == right.hash && left.text == right.text {
        return EQUAL;
    }
    if left.initial || right.initial {
        let same = left.letter == right.letter;
        return if same { INITIAL } else { 0 };
    }
    let spelled = quantized(jaro_winkler(left.text.as_bytes(), right.text.as_bytes()));
    if left.related.is_some() && left.related == right.related {
        spelled.max(RELATED)
    } else {
        spelled
    }
}

/// How two parts of names agree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PartAgreement {
    /// The level.
    pub level: NameLevel,
    /// Similarity in 0..=65535, where tokens that one side lacks count a quarter.
    pub similarity: u16,
    /// Summed rarity of the tokens that are equal, in 1/1024 bits.
    pub rarity: Option<i32>,
}

/// How two full names agree, in the order in which they agree best.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FullName {
    /// Given names (of the left side, when exchanged).
    pub given: PartAgreement,
    /// Family names (of the left side, when exchanged).
    pub family: PartAgreement,
    /// Whether first and last name had to be exchanged.
    pub order: OrderLevel,
}

/// Compares full names as written and exchanged. A side with one field for the whole name lends it to both parts.
pub(super) fn full(left: &PreparedPerson, right: &PreparedPerson) -> FullName {
    let ((left_given, left_family), (right_given, right_family)) = (halves(left, right), halves(right, left));
    let given = parts(left_given, right_given);
    let family = parts(left_family, right_family);
    if given.level == NameLevel::Missing || family.level == NameLevel::Missing {
        return FullName {
            given,
            family,
            order: OrderLevel::Missing,
        };
    }
    let straight = FullName {
        given,
        family,
        order: OrderLevel::Straight,
    };
    if given.level == NameLevel::Equal && family.level == NameLevel::Equal {
        return straight;
    }
    let (across, back) = (parts(left_given, right_family), parts(left_family, right_given));
    let sum =
        |one: PartAgreement, other: PartAgreement| u32::from(one.similarity) + u32::from(other.similarity);
    let better = sum(across, back) > sum(given, family);
    if better && alike(across, back) {
        exchanged(across, back)
    } else if alike(given, family) {
        straight
    } else {
        FullName {
            order: OrderLevel::Missing,
            ..straight
        }
    }
}

/// One part agrees. Order says something only then: of names that do not agree, neither order is more likely.
fn alike(one: PartAgreement, other: PartAgreement) -> bool {
    u32::from(one.similarity.max(other.similarity)) >= SIMILAR
}

/// The two crossed parts in an order that does not depend on which person came first.
fn exchanged(across: PartAgreement, back: PartAgreement) -> FullName {
    let rank = |part: &PartAgreement| (part.level, part.similarity, part.rarity);
    let (given, family) = if rank(&across) >= rank(&back) {
        (across, back)
    } else {
        (back, across)
    };
    FullName {
        given,
        family,
        order: OrderLevel::Inverted,
    }
}

fn halves<'name>(
    person: &'name PreparedPerson,
    other: &PreparedPerson,
) -> (&'name [PreparedToken], &'name [PreparedToken]) {
    let split = !other.given.is_empty() && !other.family.is_empty();
    match (person.given.as_slice(), person.family.as_slice()) {
        ([], whole @ [_, _, ..]) | (whole @ [_, _, ..], []) if split => (whole, whole),
        whole => whole,
    }
}

/// Compares two lists of tokens.
pub fn parts(left: &[PreparedToken], right: &[PreparedToken]) -> PartAgreement {
    let mut agreement = agree(left.len(), right.len(), |one, other| {
        token(&left[one], &right[other])
    });
    if agreement.level >= NameLevel::Shares {
        agreement.rarity = shared_rarity(left, right);
    }
    agreement
}

/// The agreement that a table of token similarities makes, without rarity: `similarity(i, j)` is that of token `i` of
/// the left and token `j` of the right, as [`token`] gives it. Tokens beyond the first six are ignored.
pub fn agree(left: usize, right: usize, similarity: impl Fn(usize, usize) -> u16) -> PartAgreement {
    let (left, right) = (left.min(MOST_TOKENS), right.min(MOST_TOKENS));
    if left == 0 || right == 0 {
        return PartAgreement::default();
    }
    let mut free_left = [0usize; MOST_TOKENS];
    let mut free = 0;
    let mut taken = 0u16;
    for one in 0..left {
        match (0..right).find(|&other| taken >> other & 1 == 0 && similarity(one, other) == EQUAL) {
            Some(other) => taken |= 1 << other,
            None => {
                free_left[free] = one;
                free += 1;
            }
        }
    }
    let equal = left - free;
    let rest = best_sum(&free_left[..free], right, taken, &similarity);
    grade(equal, free, right - equal, rest)
}

/// The largest sum of similarities over one-to-one pairs of the tokens left over.
fn best_sum(rows: &[usize], columns: usize, taken: u16, similarity: &impl Fn(usize, usize) -> u16) -> u32 {
    let Some((&row, others)) = rows.split_first() else {
        return 0;
    };
    let open = columns - taken.count_ones() as usize;
    if open == 0 {
        return 0;
    }
    let free = (0..columns).filter(|column| taken >> column & 1 == 0);
    let paired = free.map(|column| {
        u32::from(similarity(row, column)) + best_sum(others, columns, taken | 1 << column, similarity)
    });
    let skipped = if rows.len() > open {
        best_sum(others, columns, taken, similarity)
    } else {
        0
    };
    paired.max().unwrap_or(0).max(skipped)
}

/// From counts of equal and left-over tokens and the best sum of the left-over ones.
fn grade(equal: usize, left_over: usize, right_over: usize, rest: u32) -> PartAgreement {
    let pairs = left_over.min(right_over) as u32;
    let extra = left_over.max(right_over) as u32 - pairs;
    let equal = equal as u32;
    let mean = rest.checked_div(pairs).unwrap_or(0);
    let level = match (pairs, extra) {
        (0, 0) => NameLevel::Equal,
        (0, _) => NameLevel::Contained,
        _ if mean >= NEAR => NameLevel::Near,
        _ if mean >= SIMILAR => NameLevel::Similar,
        _ if mean >= FAINT => NameLevel::Faint,
        _ if equal > 0 => NameLevel::Shares,
        _ => NameLevel::Differ,
    };
    let sum = equal * u32::from(EQUAL) + rest;
    PartAgreement {
        level,
        similarity: (4 * sum / (4 * (equal + pairs) + extra)) as u16,
        rarity: None,
    }
}

fn shared_rarity(left: &[PreparedToken], right: &[PreparedToken]) -> Option<i32> {
    let mut taken = 0u16;
    let mut sum = None;
    for one in left.iter().take(MOST_TOKENS) {
        let free =
            |at: &usize| taken >> at & 1 == 0 && right[*at].hash == one.hash && right[*at].text == one.text;
        if let Some(other) = (0..right.len().min(MOST_TOKENS)).find(free) {
            taken |= 1 << other;
            sum = one.rarity.map_or(sum, |rarity| Some(sum.unwrap_or(0) + rarity));
        }
    }
    sum
}

/// Whether any two tokens are names that are given to twins (Assane and Ousseynou).
pub(super) fn twins(left: &[PreparedToken], right: &[PreparedToken]) -> bool {
    left.iter().any(|one| {
        let partners = names::twin_names_of(&one.text);
        right.iter().any(|other| partners.contains(&other.text))
    })
}
