//! Golden vectors: pairs with their levels, both numbers and the decision, read by every platform.
//!
//! `TERANGA_REGENERATE=1 cargo test -p teranga-core matching` writes the expectations anew after an intended change.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::matching::{
    Decision, Levels, Model, PreparedPerson, Rules, Score, Similarity, Veto, compare, judge,
};
use crate::person::Demographics;

#[derive(Debug, Serialize, Deserialize)]
struct Vectors {
    about: String,
    pairs: Vec<Pair>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Pair {
    name: String,
    left: Demographics,
    right: Demographics,
    expected: Option<Expected>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Expected {
    levels: Levels,
    similarity: Similarity,
    score: Score,
    veto: Option<Veto>,
    decision: Decision,
}

fn computed(pair: &Pair) -> Expected {
    let (left, right) = (PreparedPerson::new(&pair.left), PreparedPerson::new(&pair.right));
    let comparison = compare(&left, &right);
    let judgement = judge(&comparison, &Model::default_for(10_000), &Rules::default(), false);
    Expected {
        levels: comparison.levels,
        similarity: judgement.similarity,
        score: judgement.score,
        veto: judgement.veto,
        decision: judgement.decision,
    }
}

#[test]
fn every_platform_computes_these_bits() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/matching/pairs.json");
    let mut vectors: Vectors = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert!(vectors.pairs.len() >= 12);
    if std::env::var_os("TERANGA_REGENERATE").is_some() {
        for pair in &mut vectors.pairs {
            pair.expected = Some(computed(pair));
        }
        std::fs::write(&path, serde_json::to_string_pretty(&vectors).unwrap() + "\n").unwrap();
    }
    for pair in &vectors.pairs {
        assert_eq!(pair.expected.as_ref(), Some(&computed(pair)), "{}", pair.name);
    }
}
