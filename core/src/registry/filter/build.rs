//! Building a filter, in memory that grows with the revoked cards and not with all cards.
//!
//! The caller counts the cards of each issuer key, names the revoked, and then walks through all cards once.

use std::collections::BTreeMap;

use super::ribbon::{Key, MAX_WORDS, Ribbon, Shape};
use super::solve::{Equation, solve};
use super::{Filter, JUDGE, Rule, passes};
use crate::card::key::Kid;

/// Why a filter was not built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// A card of an issuer key whose cards were not counted.
    #[error("cards of key {0} were not counted; count the cards of every key first")]
    NotCounted(Kid),
    /// A valid card where all were said to be revoked.
    #[error("key {0} has more cards than were counted; count again and rebuild")]
    Miscounted(Kid),
    /// More bits than one list can hold.
    #[error(
        "{0} bits do not fit one list (at most {MAX_EQUATIONS}); withdraw whole keys or split the organisation"
    )]
    TooLarge(u64),
    /// No layout gave a solution.
    #[error("no layout of {0} bits has a solution; are the tokens' hashes really SHA-256?")]
    NoSolution(usize),
}

/// The most bits in one system: 2^27, or 16 MiB.
const MAX_EQUATIONS: u64 = 1 << 27;

/// Layouts tried before giving up. Each succeeds at least every other time, so 40 failures are a mistake of the caller.
const ATTEMPTS: u8 = 40;

/// A filter whose sieve is solved and which now wants to see every card.
#[derive(Debug)]
pub struct Build {
    sections: Vec<(Kid, Rule)>,
    /// By ascending key.
    revoked: Vec<(Key, Kid)>,
    sieve: Ribbon,
    /// Valid cards that pass the sieve.
    lucky: Vec<Key>,
}

impl Build {
    /// Takes the number of cards of each issuer key, revoked ones included, and the revoked cards.
    pub fn new(
        counts: &BTreeMap<Kid, u64>,
        revoked: impl IntoIterator<Item = (Kid, Key)>,
    ) -> Result<Self, BuildError> {
        let mut revoked: Vec<(Kid, Key)> = revoked.into_iter().collect();
        revoked.sort_unstable();
        revoked.dedup();
        let sections = sections(counts, &revoked)?;
        let mut equations = sieve_equations(&sections, &revoked)?;
        let sieve = solve_somehow(&mut equations)?;
        let mut revoked: Vec<(Key, Kid)> = revoked.into_iter().map(|(kid, key)| (key, kid)).collect();
        revoked.sort_unstable();
        Ok(Self {
            sections,
            revoked,
            sieve,
            lucky: Vec::new(),
        })
    }

    /// Shows a card, valid or revoked. Every card must be shown; twice does no harm.
    pub fn offer(&mut self, kid: Kid, key: Key) -> Result<(), BuildError> {
        let place = self.sections.binary_search_by_key(&kid, |section| section.0);
        let rule = place
            .map(|place| self.sections[place].1)
            .map_err(|_| BuildError::NotCounted(kid))?;
        let revoked = |key: &Key| self.revoked.binary_search_by_key(key, |card| card.0).is_ok();
        match rule {
            Rule::NoneRevoked => {}
            Rule::AllRevoked if !revoked(&key) => return Err(BuildError::Miscounted(kid)),
            Rule::AllRevoked => {}
            Rule::Sieved(bits) => {
                if passes(&self.sieve, key, bits) && !revoked(&key) {
                    self.lucky.push(key);
                }
            }
        }
        Ok(())
    }

    /// Solves the judge and gives the filter.
    pub fn finish(self) -> Result<Filter, BuildError> {
        let rules: BTreeMap<Kid, Rule> = self.sections.iter().copied().collect();
        let judged = |card: &&(Key, Kid)| matches!(rules.get(&card.1), Some(Rule::Sieved(_)));
        let bit = |key, bit| Equation {
            key,
            index: JUDGE,
            bit,
        };
        let revoked = self.revoked.iter().filter(judged).map(|card| bit(card.0, true));
        let lucky = self.lucky.iter().map(|&key| bit(key, false));
        let mut equations: Vec<Equation> = revoked.chain(lucky).collect();
        bounded(equations.len() as u64)?;
        Ok(Filter {
            sections: self.sections,
            judge: solve_somehow(&mut equations)?,
            sieve: self.sieve,
        })
    }
}

fn bounded(equations: u64) -> Result<(), BuildError> {
    if equations > MAX_EQUATIONS {
        Err(BuildError::TooLarge(equations))
    } else {
        Ok(())
    }
}

fn sections(counts: &BTreeMap<Kid, u64>, revoked: &[(Kid, Key)]) -> Result<Vec<(Kid, Rule)>, BuildError> {
    if let Some((kid, _)) = revoked.iter().find(|(kid, _)| !counts.contains_key(kid)) {
        return Err(BuildError::NotCounted(*kid));
    }
    let rule = |(&kid, &cards): (&Kid, &u64)| {
        let of = |kid| revoked.partition_point(|entry| entry.0 < kid);
        let after = revoked.partition_point(|entry| entry.0 <= kid);
        let revoked = (after - of(kid)) as u64;
        let rule = match cards.saturating_sub(revoked) {
            _ if revoked == 0 => Rule::NoneRevoked,
            0 => Rule::AllRevoked,
            valid => Rule::Sieved((valid / revoked).checked_ilog2().unwrap_or(0) as u8),
        };
        (kid, rule)
    };
    Ok(counts.iter().map(rule).collect())
}

fn sieve_equations(sections: &[(Kid, Rule)], revoked: &[(Kid, Key)]) -> Result<Vec<Equation>, BuildError> {
    let rules: BTreeMap<Kid, Rule> = sections.iter().copied().collect();
    let bits = |kid: Kid| match rules.get(&kid) {
        Some(Rule::Sieved(bits)) => u32::from(*bits),
        _ => 0,
    };
    bounded(revoked.iter().map(|(kid, _)| u64::from(bits(*kid))).sum())?;
    let of_card = |&(kid, key): &(Kid, Key)| {
        (0..bits(kid)).map(move |index| Equation {
            key,
            index,
            bit: true,
        })
    };
    Ok(revoked.iter().flat_map(of_card).collect())
}

/// Tries layouts, the tightest first, until one has a solution.
fn solve_somehow(equations: &mut [Equation]) -> Result<Ribbon, BuildError> {
    (0..ATTEMPTS)
        .find_map(|attempt| solve(layout(equations.len(), attempt), equations))
        .ok_or(BuildError::NoSolution(equations.len()))
}

/// A band of 1.25 √m or more needs no columns to spare but its own width. Where that is too wide, `c/w` of the equations
/// are added, `c` as measured (docs/adr/0004). Each failure loosens the layout a little.
fn layout(equations: usize, attempt: u8) -> Shape {
    let ideal = (25 * (equations as u64).isqrt()).div_ceil(20 * 64);
    let words = ideal.clamp(1, MAX_WORDS as u64);
    let quarters = (ideal * 4).saturating_sub(words * 4).min(4 * words) / words + u64::from(attempt);
    let spare = equations as u64 * quarters / (4 * 64 * words);
    let columns = equations as u64 + spare + 64 * words;
    Shape {
        columns: columns.min(u64::from(u32::MAX)) as u32,
        words: words as u8,
        seed: attempt,
    }
}
