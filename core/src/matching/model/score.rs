//! Evidence that two records are one person, as log-odds.

use serde::{Deserialize, Serialize};

use crate::matching::bits::{self, BIT};

/// Log-odds in 1/1024 bits: 0 is even, 1024 is two to one. Compared, never converted, to decide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Score(pub i32);

impl Score {
    /// The smallest score whose probability is at least that many thousandths; 1 to 999, others are cut to that.
    pub fn at_permille(probability: u16) -> Self {
        let probability = u64::from(probability.clamp(1, 999));
        Self(bits::log2_ratio(probability, 1000 - probability))
    }

    /// The posterior probability, for display.
    pub fn probability(self) -> f64 {
        let odds = (f64::from(self.0) / f64::from(BIT)).exp2();
        if odds.is_finite() {
            odds / (1.0 + odds)
        } else {
            1.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_odds_are_a_half() {
        assert_eq!(Score::at_permille(500), Score(0));
        assert_eq!(Score(0).probability(), 0.5);
    }

    #[test]
    fn thresholds_lie_where_their_probabilities_do() {
        for permille in [1, 50, 250, 750, 950, 999] {
            let probability = Score::at_permille(permille).probability();
            assert!(
                (probability * 1000.0 - f64::from(permille)).abs() < 0.2,
                "{permille} {probability}"
            );
        }
    }
}
