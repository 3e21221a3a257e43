//! How common each value is among the people of a register.
//!
//! Two people called Diallo share little, two called by a rare name share much; a birth date of 1 January often means
//! that nobody knew the date. Counting says so without a list of exceptions.

use std::collections::HashMap;

use super::bits;

/// Below this many people a count says nothing of how rare a value is.
const FEWEST: u64 = 100;

/// Kinds of values that are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Words of names, given, family and mother's together.
    Token,
    /// Dates of birth.
    Birth,
    /// Communes and villages.
    Place,
    /// Identifiers with their system.
    Identifier,
    /// Phone numbers.
    Phone,
    /// Households.
    Household,
}

/// Counts of the values of a register. Compared by hash, so it holds no name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frequencies {
    people: u64,
    counts: [HashMap<u64, u32>; 6],
}

impl Frequencies {
    /// Counts one more person, whose values are then counted one by one.
    pub(super) fn begin_person(&mut self) {
        self.people += 1;
    }

    /// Counts one value; an empty one (hash 0) is not counted.
    pub(super) fn count(&mut self, kind: Counted, hash: u64) {
        if hash != 0 {
            let seen = self.of(kind).entry(hash).or_default();
            *seen = seen.saturating_add(1);
        }
    }

    /// `log2(people / people who have the value)` in 1/1024 bits; `None` while too few people were counted to say.
    pub fn rarity(&self, kind: Counted, hash: u64) -> Option<i32> {
        if self.people < FEWEST || hash == 0 {
            return None;
        }
        let seen = self.counts[kind as usize].get(&hash).copied().unwrap_or(0).max(1);
        Some(bits::log2_ratio(self.people, u64::from(seen)).max(0))
    }

    /// The probability that two people taken at random share a value of the kind.
    pub fn collision(&self, kind: Counted) -> f64 {
        let counts = &self.counts[kind as usize];
        let (mut squares, mut sum) = (0u64, 0u64);
        for &seen in counts.values() {
            squares += u64::from(seen) * u64::from(seen.saturating_sub(1));
            sum += u64::from(seen);
        }
        squares as f64 / (sum.max(1) as f64 * self.people.max(1) as f64)
    }

    fn of(&mut self, kind: Counted) -> &mut HashMap<u64, u32> {
        &mut self.counts[kind as usize]
    }

    /// How many people were counted.
    pub fn people(&self) -> u64 {
        self.people
    }
}
