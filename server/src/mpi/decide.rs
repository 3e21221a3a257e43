//! From candidates to decisions: one registration of a list after the other, and then all their rows.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

use teranga_core::clock;
use teranga_core::matching::blocking::Side;
use teranga_core::matching::sketch::{Asked, Sketch};
use teranga_core::matching::{Decision, Judgement, compare, judge};
use teranga_core::person::MpiId;

use super::candidates::{self, Blocks, Candidate};
use super::ready::Ready;
use super::resolve::{Near, Outcome, Outcomes};
use super::store::{self, Decided};
use super::weights::Weights;
use super::{MpiError, bond, keys};
use crate::db::{DbError, Tx};

/// Candidates that an alert or a review shows at most.
const SHOWN: usize = 3;

/// In a longer list newcomers are looked for by the parts of their keys too: a name that hundreds share would have all of
/// them compared with each other.
const SHORT: usize = 64;

/// The best judgement of each identity that a candidate stands under.
type Best = BTreeMap<i64, Judgement>;

/// Decides on registrations of one organisation that were never answered, and writes what follows.
pub(super) async fn all(
    tx: &Tx,
    people: &[&Ready],
    weights: &Weights,
    highest: i64,
) -> Result<Outcomes, MpiError> {
    let blocks = Blocks::of(tx, people).await?;
    let asked = |one: &Ready| Asked::new(&one.prepared, &weights.model, &weights.rules);
    let mut near: Vec<Vec<i64>> = people
        .iter()
        .map(|one| blocks.asked_by(one, asked(one).as_ref()))
        .collect();
    sift(tx, people, &mut near, weights).await?;
    let mut room = Room {
        tx,
        weights,
        found: candidates::load(tx, &each_once(&near), weights).await?,
        newcomers: HashMap::default(),
        long: people.len() > SHORT,
        reviews: Vec::new(),
    };
    let ids = store::ids(tx, people.len(), highest).await?;
    let mut decided = Vec::with_capacity(people.len());
    let mut outcomes = Vec::with_capacity(people.len());
    for ((one, mut near), id) in people.iter().zip(near).zip(ids) {
        near.extend(room.newcomers_near(one, asked(one).as_ref()));
        match room.decide(one, id, &near).await {
            Ok(decision) => {
                room.enter(one, &decision);
                outcomes.push(Ok(decision.outcome.clone()));
                decided.push(Decided {
                    keys: blocks.stored_by(one),
                    ..decision
                });
            }
            Err(MpiError::Db(error)) => return Err(error.into()),
            Err(error) => outcomes.push(Err(error)),
        }
    }
    let at = clock::now().as_millisecond();
    store::all(tx, &decided, at).await?;
    store::reviews(tx, &room.reviews, at).await?;
    Ok(outcomes)
}

/// Leaves those near whom a comparison does not tell to be somebody else: for most, the prepared form is all that is read.
async fn sift(tx: &Tx, people: &[&Ready], near: &mut [Vec<i64>], weights: &Weights) -> Result<(), DbError> {
    let forms = candidates::forms(tx, &each_once(near), weights).await?;
    for (one, near) in people.iter().zip(near) {
        near.retain(|id| {
            forms.get(id).is_none_or(|other| {
                let comparison = compare(&one.prepared, other);
                judge(&comparison, &weights.model, &weights.rules, false).decision > Decision::New
            })
        });
    }
    Ok(())
}

fn each_once(near: &[Vec<i64>]) -> Vec<i64> {
    let mut everyone = near.concat();
    everyone.sort_unstable();
    everyone.dedup();
    everyone
}

/// Takes a blocking key for its own hash, which it is.
#[derive(Debug, Default)]
struct OwnHash(u64);

impl Hasher for OwnHash {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_i64(&mut self, key: i64) {
        self.0 = key.cast_unsigned();
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// What decisions on a list share.
struct Room<'a> {
    tx: &'a Tx,
    weights: &'a Weights,
    /// Everyone who is near someone of the list, and those of the list who were decided.
    found: HashMap<i64, Candidate>,
    /// Those of the list who were decided, by key.
    newcomers: HashMap<i64, Vec<(i64, Sketch)>, BuildHasherDefault<OwnHash>>,
    long: bool,
    reviews: Vec<store::Review>,
}

impl Room<'_> {
    fn newcomers_near(&self, one: &Ready, asked: Option<&Asked<'_>>) -> Vec<i64> {
        let mut near = Vec::new();
        let group = |key: &i64| self.newcomers.get(key).map(Vec::as_slice).unwrap_or_default();
        let mut add = |group: &[(i64, Sketch)]| {
            let may_be = group
                .iter()
                .filter(|(_, sketch)| asked.is_none_or(|asked| asked.may_be(*sketch)));
            near.extend(may_be.map(|(id, _)| *id));
        };
        for key in &one.asked {
            let whole = group(key);
            if whole.len() <= SHORT {
                add(whole);
            } else {
                let parts = keys::parts(*key, Side::Asked, &one.prepared);
                let parts = parts.iter().map(group).filter(|group| group.len() <= SHORT);
                parts.for_each(&mut add);
            }
        }
        near.sort_unstable();
        near.dedup();
        near
    }

    /// From here on the others of the list find this one.
    fn enter(&mut self, one: &Ready, decision: &Decided<'_>) {
        let own = (decision.id, one.sketch);
        for key in &one.stored {
            self.newcomers.entry(*key).or_default().push(own);
            if self.long {
                for part in keys::parts(*key, Side::Stored, &one.prepared) {
                    self.newcomers.entry(part).or_default().push(own);
                }
            }
        }
        let candidate = Candidate {
            root: decision.root,
            number: Some(decision.outcome.number),
            inactive: self.found.get(&decision.root).is_some_and(|root| root.inactive),
            prepared: one.prepared.clone(),
        };
        self.found.insert(decision.id, candidate);
    }

    async fn decide<'r>(&mut self, one: &'r Ready, id: i64, near: &[i64]) -> Result<Decided<'r>, MpiError> {
        let best = self.judged(one, near);
        let (decision, target) = self.verdict(&best).await?;
        let own = match target {
            Some(_) => None,
            None => Some(store::draw(&one.registration.person)?),
        };
        let root = target.unwrap_or(id);
        let number = own.or_else(|| self.number_of(root)).ok_or(MpiError::Unknown)?;
        let near = self.open_reviews(one, id, target, &best).await?;
        let judgement = target.and_then(|root| best.get(&root));
        Ok(Decided {
            ready: one,
            id,
            root,
            number: own,
            keys: Vec::new(),
            body: serde_json::json!({ "decision": decision, "model": self.weights.id, "judgement": judgement }),
            outcome: Outcome {
                row: id,
                decision,
                number,
                model: self.weights.id.clone(),
                candidates: near,
            },
        })
    }

    /// The number of an identity of which some record was found.
    fn number_of(&self, root: i64) -> Option<MpiId> {
        let records = self.found.values();
        let own = self.found.get(&root).filter(|record| record.root == root);
        own.or_else(|| records.into_iter().find(|record| record.root == root))?
            .number
    }

    fn judged(&self, one: &Ready, near: &[i64]) -> Best {
        let mut best = Best::new();
        for candidate in near.iter().filter_map(|id| self.found.get(id)) {
            let comparison = compare(&one.prepared, &candidate.prepared);
            let mut judgement = judge(&comparison, &self.weights.model, &self.weights.rules, false);
            if candidate.inactive {
                judgement.decision = judgement.decision.min(Decision::Review);
            }
            let rank = |judgement: &Judgement| (judgement.decision, judgement.score);
            let held = best.get(&candidate.root).map(rank);
            if judgement.decision > Decision::New && held < Some(rank(&judgement)) {
                best.insert(candidate.root, judgement);
            }
        }
        best
    }

    /// What happens, and under whom. Two identities that a person told apart cannot both be the newcomer: a person
    /// decides.
    async fn verdict(&self, best: &Best) -> Result<(Decision, Option<i64>), DbError> {
        let links: Vec<i64> = ranked(best)
            .into_iter()
            .filter(|root| best[root].decision == Decision::Link)
            .collect();
        let Some(&first) = links.first() else {
            let highest = best.values().map(|judgement| judgement.decision).max();
            return Ok((highest.unwrap_or(Decision::New), None));
        };
        if bond::any_split(self.tx, &links).await? {
            return Ok((Decision::Review, None));
        }
        Ok((Decision::Link, Some(first)))
    }

    /// Pairs for a person to look at: the newcomer, or the identity it was linked to, with whom else it could be.
    async fn open_reviews(
        &mut self,
        ready: &Ready,
        id: i64,
        target: Option<i64>,
        best: &Best,
    ) -> Result<Vec<Near>, DbError> {
        let one = target.unwrap_or(id);
        let mut others = ranked(best);
        others.retain(|root| *root != one && (target.is_none() || best[root].decision == Decision::Link));
        others.truncate(SHOWN);
        let mut near = Vec::new();
        for other in others {
            // Nobody can have told a newcomer apart.
            if target.is_some() && bond::any_split(self.tx, &[one, other]).await? {
                continue;
            }
            let judgement = best[&other];
            near.extend(self.number_of(other).map(|number| Near { number, judgement }));
            self.reviews.push(store::Review {
                organisation: ready.organisation(),
                pair: (one.min(other), one.max(other)),
                judgement,
                model: self.weights.id.clone(),
                region: ready.registration.person.place.region.clone(),
            });
        }
        Ok(near)
    }
}

/// Identities, the likeliest first.
fn ranked(best: &Best) -> Vec<i64> {
    let mut roots: Vec<i64> = best.keys().copied().collect();
    roots.sort_by_key(|root| {
        let judgement = &best[root];
        (std::cmp::Reverse((judgement.decision, judgement.score)), *root)
    });
    roots
}
