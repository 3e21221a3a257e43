//! Agreement of external identifiers, system by system.

use serde::{Deserialize, Serialize};

use super::slip;
use crate::matching::levels::IdentifierLevel;
use crate::matching::prepared::PreparedIdentifier;

/// What identifiers say that both sides hold verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verified {
    /// No system vouched for both.
    #[default]
    Silent,
    /// A system gave both the same identifier, and none gave different ones.
    Equal,
    /// A system gave them different identifiers.
    Differ,
}

/// How two lists of identifiers agree.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Identifiers {
    /// The best pair of one system.
    pub level: IdentifierLevel,
    /// Rarity of the equal identifier.
    pub rarity: Option<i32>,
    /// What verified ones say.
    pub verified: Verified,
}

/// Compares the identifiers of two persons. A person may hold several of one system: the best pair counts, and verified
/// ones differ only when the system gave no equal pair. A difference in one system outweighs equality in another.
pub fn compare(left: &[PreparedIdentifier], right: &[PreparedIdentifier]) -> Identifiers {
    let mut found = Identifiers::default();
    for one in left {
        for other in right.iter().filter(|other| other.system == one.system) {
            let level = pair(one, other);
            if level == IdentifierLevel::Equal {
                found.rarity = found.rarity.max(one.value.rarity);
            }
            found.level = found.level.max(level);
        }
        found.verified = match (found.verified, system(one.system, left, right)) {
            (Verified::Differ, _) | (_, Verified::Differ) => Verified::Differ,
            (Verified::Equal, _) | (_, Verified::Equal) => Verified::Equal,
            _ => Verified::Silent,
        };
    }
    found
}

/// What the verified identifiers of one system say.
fn system(system: u64, left: &[PreparedIdentifier], right: &[PreparedIdentifier]) -> Verified {
    let of = |id: &&PreparedIdentifier| id.verified && id.system == system;
    let mut pairs = left
        .iter()
        .filter(of)
        .flat_map(|one| right.iter().filter(of).map(move |other| pair(one, other)));
    match (
        pairs.clone().next(),
        pairs.any(|level| level == IdentifierLevel::Equal),
    ) {
        (None, _) => Verified::Silent,
        (_, true) => Verified::Equal,
        (_, false) => Verified::Differ,
    }
}

fn pair(one: &PreparedIdentifier, other: &PreparedIdentifier) -> IdentifierLevel {
    let (one, other) = (one.value.text.as_bytes(), other.value.text.as_bytes());
    if one == other {
        IdentifierLevel::Equal
    } else if one.len().min(other.len()) >= 5 && slip::one_apart(one, other) {
        IdentifierLevel::Near
    } else {
        IdentifierLevel::Differ
    }
}
