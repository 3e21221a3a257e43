//! Whole files against themselves or each other: who is in here twice, who is in both?
//!
//! [`Blocks`] finds the candidates of a person by [blocking keys](super::blocking); [`duplicates`] and [`links`] compare
//! each candidate pair once and keep those that are not two people. Most candidates share a frequent name and nothing else:
//! their bound says so from a row of numbers, and only those whose bound reaches the lowest band are compared in
//! full. The order of the result depends on the input alone, not on the number of threads.

mod blocks;
mod bound;

pub use blocks::Blocks;

use bound::Bounds;

use super::compare::compare;
use super::decide::{self, Decision, Judgement, Rules};
use super::model::Model;
use super::prepared::PreparedPerson;

/// People compared between two calls of the observer.
const STRIDE: usize = 2048;

/// Two records that may be one person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Position on the left side.
    pub left: u32,
    /// Position on the right side; in a self-join always greater than `left`.
    pub right: u32,
    /// What was decided, with both numbers.
    pub judgement: Judgement,
}

/// How pairs are judged.
#[derive(Debug, Clone, Copy)]
pub struct Judge<'a> {
    /// The weights.
    pub model: &'a Model,
    /// The bands.
    pub rules: &'a Rules,
}

impl Judge<'_> {
    /// The pair's judgement, unless it is two people.
    fn keep(&self, left: &PreparedPerson, right: &PreparedPerson) -> Option<Judgement> {
        let judgement = decide::judge(&compare(left, right), self.model, self.rules, false);
        (judgement.decision != Decision::New).then_some(judgement)
    }
}

/// Pairs of one list that may be one person, by position. `observer` is told how many more people were compared.
pub fn duplicates(people: &[PreparedPerson], judge: Judge, observer: &(dyn Fn(usize) + Sync)) -> Vec<Match> {
    Join::new(people, None, judge).run(observer)
}

/// Pairs of two lists that may be one person, by position in each.
pub fn links(
    left: &[PreparedPerson],
    right: &[PreparedPerson],
    judge: Judge,
    observer: &(dyn Fn(usize) + Sync),
) -> Vec<Match> {
    Join::new(left, Some(right), judge).run(observer)
}

/// Everything that a thread needs to know to compare a stretch of people.
struct Join<'a> {
    left: &'a [PreparedPerson],
    /// The other list, when there are two.
    right: Option<&'a [PreparedPerson]>,
    blocks: Blocks,
    bounds: Option<Bounds>,
    judge: Judge<'a>,
}

impl<'a> Join<'a> {
    fn new(left: &'a [PreparedPerson], right: Option<&'a [PreparedPerson]>, judge: Judge<'a>) -> Self {
        Self {
            left,
            right,
            blocks: right.map_or_else(|| Blocks::among(left), Blocks::new),
            bounds: Bounds::new(left, right, judge.model, judge.rules),
            judge,
        }
    }

    fn run(&self, observer: &(dyn Fn(usize) + Sync)) -> Vec<Match> {
        in_stretches(self.left, |(number, people)| {
            let found = self.stretch((number * STRIDE) as u32, people);
            observer(people.len());
            found
        })
    }

    fn stretch(&self, first: u32, people: &[PreparedPerson]) -> Vec<Match> {
        let mut search = self.blocks.search();
        let mut found = Vec::new();
        for (left, person) in (first..).zip(people) {
            // In one list each pair is met from its first person alone.
            let from = if self.right.is_some() { 0 } else { left + 1 };
            for &right in search.candidates(person, from) {
                found.extend(self.pair(left, person, right));
            }
        }
        found
    }

    fn pair(&self, left: u32, person: &PreparedPerson, right: u32) -> Option<Match> {
        let may_be_one = self
            .bounds
            .as_ref()
            .is_none_or(|bounds| bounds.reaches(left, right));
        let other = &self.right.unwrap_or(self.left)[right as usize];
        let judgement = may_be_one.then(|| self.judge.keep(person, other)).flatten()?;
        Some(Match {
            left,
            right,
            judgement,
        })
    }
}

#[cfg(feature = "parallel")]
fn in_stretches(
    people: &[PreparedPerson],
    work: impl Fn((usize, &[PreparedPerson])) -> Vec<Match> + Sync,
) -> Vec<Match> {
    use rayon::prelude::*;
    let found: Vec<Vec<Match>> = people.par_chunks(STRIDE).enumerate().map(&work).collect();
    found.concat()
}

#[cfg(not(feature = "parallel"))]
fn in_stretches(
    people: &[PreparedPerson],
    work: impl Fn((usize, &[PreparedPerson])) -> Vec<Match>,
) -> Vec<Match> {
    people.chunks(STRIDE).enumerate().flat_map(work).collect()
}

#[cfg(test)]
mod tests;
