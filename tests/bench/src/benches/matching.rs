//! `bench match`: how well and how fast people are found.

use std::collections::HashSet;

use anyhow::Result;
use teranga_core::matching::{self, Decision, PreparedPerson, Rules, join};

use super::febrl;
use crate::figures::Figures;
use crate::register::{self, Register};

const PEOPLE: usize = 100_000;
const DUPLICATES: usize = 10_550;

/// Measures quality on the public sets and on an invented West African register.
pub fn run() -> Result<Figures> {
    let mut figures = Figures::from(febrl::run()?);
    african_register(&mut figures);
    Ok(figures)
}

/// Learns without labels on a register of 100,000 and looks for the 10,550 people who are in it twice.
fn african_register(figures: &mut Figures) {
    let Register { people, truth } = register::generate(PEOPLE, DUPLICATES, 7);
    let prepared: Vec<PreparedPerson> = people.iter().map(PreparedPerson::new).collect();
    let learnt = matching::learn(&prepared, None);
    let prepared: Vec<_> = prepared
        .into_iter()
        .map(|person| person.weighed(&learnt.frequencies))
        .collect();
    let judge = join::Judge {
        model: &learnt.model,
        rules: &Rules::default(),
    };
    let found = join::duplicates(&prepared, judge, &|_| {});
    let truth: HashSet<(u32, u32)> = truth.into_iter().collect();
    let is_true = |pair: &&join::Match| truth.contains(&(pair.left, pair.right));
    let right = found.iter().filter(is_true).count() as f64;
    let (precision, recall) = (right / found.len() as f64, right / truth.len() as f64);
    let links: Vec<_> = found
        .iter()
        .filter(|pair| pair.judgement.decision == Decision::Link)
        .collect();
    let false_links = links.iter().filter(|pair| !is_true(pair)).count();
    figures.add(
        "african_f1",
        2.0 * precision * recall / (precision + recall),
        "F1 at one half, register of 100,000",
    );
    figures.add("african_recall", recall, "true pairs at one half or more");
    figures.add("african_links", links.len() as f64, "automatic links");
    figures.add(
        "african_false_links",
        false_links as f64,
        "automatic links that are two people",
    );
}
