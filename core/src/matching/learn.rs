//! Learns a model on a register, without labels.
//!
//! - **u**, how often people who are not the same agree, from random pairs: nearly all of them are different people, and
//!   the few that the model itself takes for one person are counted out.
//! - **m**, how often records of one person agree, by expectation and maximization (Winkler 1988) over pairs that share
//!   a key. A key would bias its own field, so three passes use three keys, and none teaches the field it blocks on.
//! - **the prior**, from the matches that the passes expect.
//!
//! Both start from the shipped defaults, which also count as a few observed pairs: a file of twenty rows keeps the
//! defaults, a register of a million forgets them. The result is rounded to whole 1/1024 bits and from then on exact.

use super::bits;
use super::compare::compare;
use super::frequency::Frequencies;
use super::levels::Field;
use super::model::{Model, Probabilities, Provenance, default_m, default_u};
use super::prepared::{PreparedPerson, count_all};

mod em;
mod pairs;

use em::Histogram;
use pairs::{Key, Sides};

const ROUNDS: usize = 4;
const RANDOM_PAIRS: usize = 1_000_000;
const BLOCKED_PAIRS: usize = 500_000;
/// Random pairs that the default u counts for, and matching pairs that the default m counts for.
const TRUST_IN_DEFAULT: (f64, f64) = (20_000.0, 50.0);

/// What a register teaches.
#[derive(Debug, Clone, PartialEq)]
pub struct Learnt {
    /// The weights. Records of a decision name them by [`Model::id`].
    pub model: Model,
    /// How common each value is; prepared people are weighed by it.
    pub frequencies: Frequencies,
}

/// Learns on one register that may hold a person twice, or on two (`against`) whose people may be in both.
pub fn learn(people: &[PreparedPerson], against: Option<&[PreparedPerson]>) -> Learnt {
    let sides = Sides {
        left: people,
        right: against,
    };
    let random = histogram(&sides, pairs::random(&sides, RANDOM_PAIRS));
    let passes = Key::ALL.map(|key| (key, histogram(&sides, pairs::blocked(&sides, key, BLOCKED_PAIRS))));
    let mut m = default_m();
    let mut matches = 0.0;
    let mut u = em::unmatched(&random, &default_u(), &default_u(), &m, 0.0, TRUST_IN_DEFAULT.0);
    for _ in 0..ROUNDS {
        (m, matches) = learn_m(&passes, &u, m);
        let share = matches / sides.pairs().max(1.0);
        u = em::unmatched(&random, &u, &default_u(), &m, share, TRUST_IN_DEFAULT.0);
    }
    let frequencies = count_all(people.iter().chain(against.unwrap_or_default()));
    let looked_at =
        random.values().sum::<u64>() + passes.iter().flat_map(|pass| pass.1.values()).sum::<u64>();
    let provenance = Provenance::Learnt {
        people: frequencies.people(),
        pairs: looked_at,
    };
    Learnt {
        model: Model::of(provenance, frequencies.people(), prior(matches, &sides), &m, &u),
        frequencies,
    }
}

/// Runs every pass and pools what each may teach; also the number of matches, as far as any pass sees them.
fn learn_m(passes: &[(Key, Histogram)], u: &Probabilities, start: Probabilities) -> (Probabilities, f64) {
    let mut pooled = em::Counts::of(&default_m(), TRUST_IN_DEFAULT.1);
    let mut matches = 0.0f64;
    for (key, histogram) in passes {
        let pass = em::maximize(histogram, u, &start, key.fields(), TRUST_IN_DEFAULT.1);
        matches = matches.max(pass.matches);
        pooled.add(&pass.counts, |field| !key.fields().contains(&field));
    }
    (pooled.probabilities(), matches)
}

/// Log-odds that a pair taken at random is one person: at least one match in the whole register, at most one in 64.
fn prior(matches: f64, sides: &Sides<'_>) -> i32 {
    bits::log2_ratio((matches + 1.0) as u64, sides.pairs().max(2.0) as u64).min(-6 * bits::BIT)
}

fn histogram(sides: &Sides<'_>, pairs: impl Iterator<Item = (usize, usize)>) -> Histogram {
    let mut histogram = Histogram::new();
    for (left, right) in pairs {
        *histogram
            .entry(compare(sides.left(left), sides.right(right)).levels.codes())
            .or_default() += 1;
    }
    histogram
}

impl Key {
    /// The fields that a pass over this key cannot teach.
    fn fields(self) -> &'static [Field] {
        match self {
            Self::Birth => &[Field::Birth],
            Self::Name => &[Field::Given, Field::Family, Field::Order],
            Self::Number => &[Field::Identifier, Field::Phone],
        }
    }
}
