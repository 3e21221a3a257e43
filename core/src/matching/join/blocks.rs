//! The people of a list by blocking key.

use std::collections::{HashMap, HashSet};

use crate::matching::blocking::{self, Key};
use crate::matching::prepared::PreparedPerson;

/// A key that more people share is split by year of birth and by commune; one that is still shared by more finds nobody.
/// Two frequent names are shared by thousands, and comparing all of them would cost more than it finds.
pub const MOST: usize = 300;

/// The people of a list by blocking key.
#[derive(Debug, Default)]
pub struct Blocks {
    /// Fewest people of a key that is kept.
    least: usize,
    members: Vec<u32>,
    ranges: HashMap<Key, (u32, u32)>,
    /// Keys that were split.
    split: HashSet<Key>,
}

impl Blocks {
    /// Blocks in which anyone can look for anyone of the list, by position.
    pub fn new(people: &[PreparedPerson]) -> Self {
        Self::of_at_least(1, people)
    }

    /// Blocks in which the people of the list find each other: a key that one person has alone takes no room.
    pub fn among(people: &[PreparedPerson]) -> Self {
        Self::of_at_least(2, people)
    }

    fn of_at_least(least: usize, people: &[PreparedPerson]) -> Self {
        let mut blocks = Self {
            least,
            ..Self::default()
        };
        let mut entries = Vec::with_capacity(people.len() * 16);
        let mut keys = Vec::new();
        for (at, person) in (0u32..).zip(people) {
            blocking::keys(person, &mut keys);
            entries.extend(keys.iter().map(|&key| (key, at)));
        }
        let refined = blocks.take_in(entries, |blocks, group, refined| {
            blocks.split.insert(group[0].0);
            for &(key, at) in group {
                keys.clear();
                blocking::refined(key, &people[at as usize], &mut keys);
                refined.extend(keys.iter().map(|&key| (key, at)));
            }
        });
        blocks.take_in(refined, |_, _, _| {});
        blocks.members.shrink_to_fit();
        blocks
    }

    /// Takes in the groups of entries that are small enough; `too_large` says what becomes of the others.
    fn take_in(
        &mut self,
        mut entries: Vec<(Key, u32)>,
        mut too_large: impl FnMut(&mut Self, &[(Key, u32)], &mut Vec<(Key, u32)>),
    ) -> Vec<(Key, u32)> {
        sort(&mut entries);
        let mut rest = Vec::new();
        for group in entries.chunk_by(|one, other| one.0 == other.0) {
            match group.len() {
                length if length < self.least => {}
                0..=MOST => self.insert(group),
                _ => too_large(self, group, &mut rest),
            }
        }
        rest
    }

    fn insert(&mut self, group: &[(Key, u32)]) {
        let start = self.members.len() as u32;
        self.members.extend(group.iter().map(|(_, at)| at));
        self.ranges.insert(group[0].0, (start, group.len() as u32));
    }

    /// A search that can be asked many times.
    pub fn search(&self) -> Search<'_> {
        Search {
            blocks: self,
            keys: Vec::new(),
            found: Vec::new(),
        }
    }

    fn of(&self, key: Key) -> &[u32] {
        let (start, length) = self.ranges.get(&key).copied().unwrap_or((0, 0));
        &self.members[start as usize..(start + length) as usize]
    }
}

#[cfg(feature = "parallel")]
fn sort(entries: &mut [(Key, u32)]) {
    use rayon::slice::ParallelSliceMut;
    entries.par_sort_unstable();
}

#[cfg(not(feature = "parallel"))]
fn sort(entries: &mut [(Key, u32)]) {
    entries.sort_unstable();
}

/// Asks for candidates, one person after the other.
#[derive(Debug)]
pub struct Search<'a> {
    blocks: &'a Blocks,
    keys: Vec<Key>,
    found: Vec<u32>,
}

impl Search<'_> {
    /// Positions from `from` on of the people who share a key with the person, ascending, each once. Someone in the list
    /// finds themselves.
    pub fn candidates(&mut self, person: &PreparedPerson, from: u32) -> &[u32] {
        self.found.clear();
        blocking::keys(person, &mut self.keys);
        let whole = self.keys.len();
        for at in 0..whole {
            if self.blocks.split.contains(&self.keys[at]) {
                let key = self.keys[at];
                blocking::refined(key, person, &mut self.keys);
            }
        }
        for &key in &self.keys {
            let members = self.blocks.of(key);
            let before = members.partition_point(|&at| at < from);
            self.found.extend_from_slice(&members[before..]);
        }
        self.found.sort_unstable();
        self.found.dedup();
        &self.found
    }
}
