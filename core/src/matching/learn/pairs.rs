//! Which pairs a register is learnt from.

use std::collections::BTreeMap;

use crate::matching::prepared::PreparedPerson;

/// A key by which pairs that may be one person are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// The same date of birth.
    Birth,
    /// The same first given and first family name, in either order.
    Name,
    /// The same identifier. A phone, which a family shares, would teach that brothers are one person.
    Number,
}

/// A block with more records than this says little and costs much.
const LARGEST_BLOCK: usize = 64;

/// One register, or two to be linked.
pub(super) struct Sides<'people> {
    pub(super) left: &'people [PreparedPerson],
    pub(super) right: Option<&'people [PreparedPerson]>,
}

impl<'people> Sides<'people> {
    pub(super) fn left(&self, at: usize) -> &'people PreparedPerson {
        &self.left[at]
    }

    pub(super) fn right(&self, at: usize) -> &'people PreparedPerson {
        &self.right.unwrap_or(self.left)[at]
    }

    /// How many pairs there are.
    pub(super) fn pairs(&self) -> f64 {
        let left = self.left.len() as f64;
        self.right
            .map_or(left * (left - 1.0) / 2.0, |right| left * right.len() as f64)
    }
}

impl Key {
    pub(super) const ALL: [Self; 3] = [Self::Birth, Self::Name, Self::Number];

    fn of(self, person: &PreparedPerson, put: &mut impl FnMut(u64)) {
        match self {
            Self::Birth => person
                .birth
                .iter()
                .filter(|birth| birth.day.is_some())
                .for_each(|birth| put(birth.key())),
            Self::Name => {
                if let (Some(given), Some(family)) = (person.given.first(), person.family.first()) {
                    put(given.hash.wrapping_add(family.hash));
                }
            }
            Self::Number => person
                .identifiers
                .iter()
                .for_each(|identifier| put(identifier.key())),
        }
    }
}

/// Random pairs: all of them where there are few, otherwise a sample that is the same at every run.
pub(super) fn random(sides: &Sides<'_>, most: usize) -> Box<dyn Iterator<Item = (usize, usize)>> {
    let (left, right) = (sides.left.len(), sides.right.unwrap_or(sides.left).len());
    let one_register = sides.right.is_none();
    if sides.pairs() <= most as f64 {
        let from = move |one: usize| if one_register { one + 1 } else { 0 };
        return Box::new((0..left).flat_map(move |one| (from(one)..right).map(move |other| (one, other))));
    }
    let mut state = 0u64;
    let draw =
        move |below: usize, state: &mut u64| ((u128::from(split_mix(state)) * below as u128) >> 64) as usize;
    let drawn = std::iter::repeat_with(move || (draw(left, &mut state), draw(right, &mut state)));
    Box::new(
        drawn
            .filter(move |(one, other)| !one_register || one != other)
            .take(most),
    )
}

/// Pairs that share a key, block by block, up to `most`.
pub(super) fn blocked(sides: &Sides<'_>, key: Key, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let (left, right) = (
        blocks(sides.left, key),
        sides.right.map(|right| blocks(right, key)),
    );
    let pairs = left.into_iter().flat_map(move |(hash, block)| match &right {
        None => within(&block),
        Some(right) => right
            .get(&hash)
            .map_or_else(Vec::new, |other| across(&block, other)),
    });
    pairs.take(most)
}

fn blocks(people: &[PreparedPerson], key: Key) -> BTreeMap<u64, Vec<usize>> {
    let mut blocks = BTreeMap::<u64, Vec<usize>>::new();
    for (at, person) in people.iter().enumerate() {
        key.of(person, &mut |hash| blocks.entry(hash).or_default().push(at));
    }
    blocks.retain(|_, block| block.len() <= LARGEST_BLOCK);
    blocks
}

fn within(block: &[usize]) -> Vec<(usize, usize)> {
    let pair = |(at, &one): (usize, &usize)| {
        block[at + 1..]
            .iter()
            .map(move |&other| (one, other))
            .collect::<Vec<_>>()
    };
    block
        .iter()
        .enumerate()
        .flat_map(pair)
        .filter(|(one, other)| one != other)
        .collect()
}

fn across(left: &[usize], right: &[usize]) -> Vec<(usize, usize)> {
    left.iter()
        .flat_map(|&one| right.iter().map(move |&other| (one, other)))
        .collect()
}

/// SplitMix64 (Steele, Lea & Flood 2014): a sample needs to be even, not secret.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}
