//! From a comparison to what happens: link, review, alert or new.
//!
//! The band comes from the score (or, in an organization's `published` mode, from the published similarity); a
//! [`Veto`] lowers a link to review. Only integers are compared. A caller that raises an alert shows at most three
//! candidates, the highest first.

use serde::{Deserialize, Serialize};

use super::compare::Comparison;
use super::compare::identifier::Verified;
use super::levels::{BirthLevel, NameLevel, SexLevel};
use super::model::{Model, Score};
use super::similarity::{Similarity, similarity};

mod veto;

pub use veto::Veto;

/// What happens with a pair, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Two people.
    New,
    /// Two people, flagged for the dashboard.
    Alert,
    /// A person decides.
    Review,
    /// One person.
    Link,
}

/// Which of the two numbers decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The probability of the model.
    #[default]
    Probability,
    /// The published similarity. Vetoes hold all the same.
    Published,
}

/// Lower ends of the half-open bands, as scores. See [`Score::at_permille`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bands {
    /// From here on a pair is linked.
    pub link: Score,
    /// From here on a person decides.
    pub review: Score,
    /// From here on an alert is raised.
    pub alert: Score,
}

/// How an organization decides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// Bands of the probability.
    pub bands: Bands,
    /// Which number decides.
    pub mode: Mode,
}

/// What was decided of a pair, with both numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// What happens.
    pub decision: Decision,
    /// What kept the pair from being linked; present also where the band was lower already.
    pub veto: Option<Veto>,
    /// Log-odds of the model.
    pub score: Score,
    /// The published similarity.
    pub similarity: Similarity,
}

impl Default for Bands {
    fn default() -> Self {
        Self::at_permille(950, 750, 500)
    }
}

impl Bands {
    /// Bands that begin at these probabilities, in thousandths.
    pub fn at_permille(link: u16, review: u16, alert: u16) -> Self {
        Self {
            link: Score::at_permille(link),
            review: Score::at_permille(review),
            alert: Score::at_permille(alert),
        }
    }

    fn of(&self, score: Score) -> Decision {
        match score {
            score if score >= self.link => Decision::Link,
            score if score >= self.review => Decision::Review,
            score if score >= self.alert => Decision::Alert,
            _ => Decision::New,
        }
    }
}

/// Decides on a pair. `split` says that a person has said before that the two are not the same.
pub fn judge(comparison: &Comparison, model: &Model, rules: &Rules, split: bool) -> Judgement {
    let (score, similarity) = (model.score(comparison), similarity(comparison));
    let veto = veto::of(comparison, split);
    let band = match rules.mode {
        Mode::Probability => rules.bands.of(score),
        Mode::Published => published(similarity),
    };
    let decision = match veto {
        Some(_) => band.min(Decision::Review),
        None if vouched(comparison) => Decision::Link,
        None => band,
    };
    Judgement {
        decision,
        veto,
        score,
        similarity,
    }
}

fn published(similarity: Similarity) -> Decision {
    match similarity.0 {
        9_500.. => Decision::Link,
        7_500.. => Decision::Review,
        5_000.. => Decision::Alert,
        _ => Decision::New,
    }
}

/// Equal verified identifiers and nothing that contradicts them.
fn vouched(comparison: &Comparison) -> bool {
    let levels = &comparison.levels;
    comparison.verified == Verified::Equal
        && levels.sex != SexLevel::Differ
        && !matches!(levels.birth, BirthLevel::Differ | BirthLevel::Around)
        && levels.given != NameLevel::Differ
        && levels.family != NameLevel::Differ
}
