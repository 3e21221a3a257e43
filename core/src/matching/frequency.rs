//! How common each value is among the people of a register.
//!
//! Two people called Diallo share little, two called by a rare name share much; a birth date of 1 January often means
//! that nobody knew the date. Counting says so without a list of exceptions.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::bits::{self, BIT};

mod table;

use table::FrequencyTable;

/// The most that the rarity of one field's value may count: beyond one in 2¹⁸ a register does not know.
pub(super) const RAREST: i32 = 18 * BIT;

/// Below this many people a count says nothing of how rare a value is.
const FEWEST: u64 = 100;

/// Kinds of values that are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

impl Counted {
    const ALL: [Self; 6] = [
        Self::Token,
        Self::Birth,
        Self::Place,
        Self::Identifier,
        Self::Phone,
        Self::Household,
    ];
}

/// Counts of the values of a register. Compared by hash, so it holds no name.
///
/// Written down, it keeps what a score depends on and no more: values that one person has alone, and those rarer than
/// one in 2¹⁸, are left out, since a value that is not listed is as rare as can be. Read back it gives every pair the
/// same score; to count further people, count the register anew.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "FrequencyTable", into = "FrequencyTable")]
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

    fn of(&mut self, kind: Counted) -> &mut HashMap<u64, u32> {
        &mut self.counts[kind as usize]
    }

    /// How many people were counted.
    pub fn people(&self) -> u64 {
        self.people
    }
}
