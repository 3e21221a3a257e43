//! Expectation and maximization over counted patterns of levels.

use std::collections::BTreeMap;

use crate::matching::levels::Field;
use crate::matching::model::Probabilities;

/// How many pairs show each pattern of levels; ordered, so that sums come out the same everywhere.
pub(super) type Histogram = BTreeMap<[u8; Field::COUNT], u64>;

const STEPS: usize = 25;

/// Expected numbers of pairs by field and level.
pub(super) struct Counts([Vec<f64>; Field::COUNT]);

/// What one pass found.
pub(super) struct Pass {
    pub(super) counts: Counts,
    pub(super) matches: f64,
}

impl Counts {
    /// The counts that so many pairs with these probabilities would show.
    pub(super) fn of(probabilities: &Probabilities, pairs: f64) -> Self {
        Self(std::array::from_fn(|field| {
            probabilities.0[field].iter().map(|level| level * pairs).collect()
        }))
    }

    pub(super) fn add(&mut self, other: &Self, of: impl Fn(Field) -> bool) {
        for field in Field::ALL.into_iter().filter(|&field| of(field)) {
            let at = field as usize;
            self.0[at]
                .iter_mut()
                .zip(&other.0[at])
                .for_each(|(sum, more)| *sum += more);
        }
    }

    fn put(&mut self, pattern: &[u8; Field::COUNT], pairs: f64) {
        for (field, &level) in self.0.iter_mut().zip(pattern).filter(|(_, level)| **level > 0) {
            field[usize::from(level)] += pairs;
        }
    }

    /// Shares of the levels among the pairs that had something to compare.
    pub(super) fn probabilities(&self) -> Probabilities {
        Probabilities(std::array::from_fn(|field| {
            let sum: f64 = self.0[field].iter().sum();
            self.0[field]
                .iter()
                .map(|count| count / sum.max(f64::MIN_POSITIVE))
                .collect()
        }))
    }
}

/// Estimates m on pairs that share a key, u given. The fields of the key are left out of the evidence, since all pairs
/// agree on them; `trust` pairs with the probabilities of `start` are counted in.
pub(super) fn maximize(
    histogram: &Histogram,
    u: &Probabilities,
    start: &Probabilities,
    key: &[Field],
    trust: f64,
) -> Pass {
    let total: u64 = histogram.values().sum();
    let mut share = 0.2;
    let mut m = start.clone();
    let mut counts = Counts::of(start, 0.0);
    let mut matches = 0.0;
    for _ in 0..STEPS {
        counts = Counts::of(start, 0.0);
        matches = 0.0;
        for (pattern, &pairs) in histogram {
            let expected = posterior(pattern, &m, u, share, key) * pairs as f64;
            counts.put(pattern, expected);
            matches += expected;
        }
        let mut smoothed = Counts::of(start, trust);
        smoothed.add(&counts, |_| true);
        m = smoothed.probabilities();
        share = (matches / total.max(1) as f64).clamp(1e-6, 1.0 - 1e-6);
    }
    Pass { counts, matches }
}

/// Estimates u on random pairs, counting out those that look like one person by the estimate before; `trust` pairs with
/// the probabilities of `anchor` are counted in, so that counting out never drives a level to nothing.
pub(super) fn unmatched(
    random: &Histogram,
    before: &Probabilities,
    anchor: &Probabilities,
    m: &Probabilities,
    share: f64,
    trust: f64,
) -> Probabilities {
    let mut counts = Counts::of(anchor, trust);
    for (pattern, &pairs) in random {
        let different = 1.0 - posterior(pattern, m, before, share, &[]);
        counts.put(pattern, pairs as f64 * different);
    }
    counts.probabilities()
}

/// Probability that a pair with this pattern is one person.
fn posterior(
    pattern: &[u8; Field::COUNT],
    m: &Probabilities,
    u: &Probabilities,
    share: f64,
    skip: &[Field],
) -> f64 {
    let (mut same, mut different) = (share, 1.0 - share);
    for (at, &level) in pattern.iter().enumerate() {
        if level > 0 && !skip.iter().any(|&field| field as usize == at) {
            same *= m.0[at][usize::from(level)];
            different *= u.0[at][usize::from(level)];
        }
    }
    if same + different > 0.0 {
        same / (same + different)
    } else {
        0.0
    }
}
