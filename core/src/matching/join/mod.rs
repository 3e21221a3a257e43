//! Whole files against themselves or each other: who is in here twice, who is in both?
//!
//! [`Blocks`] finds the candidates of a person by [blocking keys](super::blocking); [`duplicates`] and [`links`] compare
//! each candidate pair once and keep those that are not two people. The order of the result depends on the input alone,
//! not on the number of threads.

mod blocks;

pub use blocks::Blocks;

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
    let blocks = Blocks::among(people);
    join(people, people, &blocks, judge, observer, |left, right| {
        left < right
    })
}

/// Pairs of two lists that may be one person, by position in each.
pub fn links(
    left: &[PreparedPerson],
    right: &[PreparedPerson],
    judge: Judge,
    observer: &(dyn Fn(usize) + Sync),
) -> Vec<Match> {
    join(left, right, &Blocks::new(right), judge, observer, |_, _| true)
}

fn join(
    left: &[PreparedPerson],
    right: &[PreparedPerson],
    blocks: &Blocks,
    judge: Judge,
    observer: &(dyn Fn(usize) + Sync),
    counts: fn(u32, u32) -> bool,
) -> Vec<Match> {
    let stretch = |(number, people): (usize, &[PreparedPerson])| {
        let mut search = blocks.search();
        let mut found = Vec::new();
        for (left, person) in (number * STRIDE..).map(|at| at as u32).zip(people) {
            for &at in search.candidates(person).iter().filter(|&&at| counts(left, at)) {
                let judgement = judge.keep(person, &right[at as usize]);
                found.extend(judgement.map(|judgement| Match {
                    left,
                    right: at,
                    judgement,
                }));
            }
        }
        observer(people.len());
        found
    };
    in_stretches(left, stretch)
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
