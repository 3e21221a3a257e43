//! Learns the weights and joins, with a bar for whoever waits.

use indicatif::{ProgressBar, ProgressStyle};
use teranga_core::matching::join::{Judge, Match, duplicates, links};
use teranga_core::matching::{Model, PreparedPerson, Rules, count_all, learn};

use super::rows::People;

/// Where the weights come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Weights {
    /// Learnt on the file itself, without labels
    Learnt,
    /// Those that are shipped
    Default,
}

/// One or two files, and the pairs found.
pub struct Joined {
    /// The first file.
    pub left: People,
    /// The second, when two were linked.
    pub right: Option<People>,
    /// The weights that were used.
    pub model: Model,
    /// Pairs that may be one person.
    pub pairs: Vec<Match>,
}

impl Joined {
    /// The side that a pair's `right` counts in.
    pub fn right(&self) -> &People {
        self.right.as_ref().unwrap_or(&self.left)
    }
}

/// Joins a file with itself, or with a second one.
pub fn join(mut left: People, mut right: Option<People>, weights: Weights, rules: &Rules) -> Joined {
    let against = right.as_ref().map(|people| people.prepared.as_slice());
    let (model, frequencies) = match weights {
        Weights::Learnt => {
            let learnt = learn(&left.prepared, against);
            (learnt.model, learnt.frequencies)
        }
        Weights::Default => {
            let frequencies = count_all(left.prepared.iter().chain(against.unwrap_or_default()));
            (Model::default_for(frequencies.people()), frequencies)
        }
    };
    let weigh = |people: &mut People| {
        let unweighed = std::mem::take(&mut people.prepared);
        people.prepared = unweighed
            .into_iter()
            .map(|person| person.weighed(&frequencies))
            .collect();
    };
    weigh(&mut left);
    right.iter_mut().for_each(weigh);
    let judge = Judge { model: &model, rules };
    let pairs = with_bar(left.prepared.len(), |tick| match &right {
        Some(right) => links(&left.prepared, &right.prepared, judge, tick),
        None => duplicates(&left.prepared, judge, tick),
    });
    Joined {
        left,
        right,
        model,
        pairs,
    }
}

fn with_bar(people: usize, work: impl FnOnce(&(dyn Fn(usize) + Sync)) -> Vec<Match>) -> Vec<Match> {
    let style = ProgressStyle::with_template("comparing {bar:40} {pos}/{len} people, {eta} left");
    let bar = ProgressBar::new(people as u64);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let pairs = work(&|more| bar.inc(more as u64));
    bar.finish_and_clear();
    pairs
}

/// Both people of a pair.
pub fn sides<'a>(joined: &'a Joined, pair: &Match) -> (&'a PreparedPerson, &'a PreparedPerson) {
    (
        &joined.left.prepared[pair.left as usize],
        &joined.right().prepared[pair.right as usize],
    )
}
