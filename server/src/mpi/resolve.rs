//! A registration becomes an identity, or one more registration of an identity that is there.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use teranga_core::clock;
use teranga_core::matching::{Decision, Judgement, Model, PreparedPerson, Rules, compare, judge};
use teranga_core::person::{Demographics, MpiId};

use super::candidates::{self, Candidate};
use super::store::{self, Act, Place};
use super::{MpiError, bond};
use crate::db::{Locks, Tx, sql};

/// Candidates that an alert or a review shows at most.
const SHOWN: usize = 3;

/// A registration.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Whose register.
    pub organisation: i64,
    /// What is known of the person; the place's country and region go into a new number.
    pub person: Demographics,
    /// Where it comes from: `api`, `import`, `dhis2`, a device.
    pub source: String,
    /// Who registers.
    pub actor: String,
    /// The same key again, with the same content, gets the same answer.
    pub key: Option<String>,
}

/// What became of a registration.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Outcome {
    /// Linked, in review, alert or new.
    pub decision: Decision,
    /// The MPI id of the person.
    pub number: MpiId,
    /// The model by which it was decided.
    pub model: String,
}

/// The best judgement of each identity that a candidate stands under.
type Best = BTreeMap<i64, (Judgement, i64)>;

/// The locks under which [`resolve`] has to run: shared with other registrations of the organisation (a merge takes it
/// alone), and one for each blocking key, so that two people who could be one are never registered side by side.
pub fn locks(registration: &Registration) -> Locks {
    let prepared = PreparedPerson::new(&registration.person);
    let mut exclusive = candidates::keys(registration.organisation, &prepared);
    if let Some(key) = &registration.key {
        let digest = Sha256::digest(key.as_bytes());
        exclusive.push(
            digest[..8]
                .iter()
                .fold(registration.organisation, |n, byte| n << 8 | i64::from(*byte)),
        );
    }
    Locks::new(vec![bond::lock(registration.organisation)], exclusive)
}

/// Resolves a registration in a transaction that holds its [`locks`].
pub async fn resolve(tx: &Tx, registration: &Registration) -> Result<Outcome, MpiError> {
    if registration.person.given.trim().is_empty() && registration.person.family.trim().is_empty() {
        return Err(MpiError::Refused(
            "a registration needs a name; fill in the given or the family name",
        ));
    }
    let fingerprint = Sha256::digest(store::written(&registration.person)?).to_vec();
    if let Some(outcome) = answered(tx, registration, &fingerprint).await? {
        return Ok(outcome);
    }
    let (id, outcome) = decide(tx, registration).await?;
    remember(tx, registration, fingerprint, id, &outcome).await?;
    Ok(outcome)
}

async fn answered(
    tx: &Tx,
    registration: &Registration,
    fingerprint: &[u8],
) -> Result<Option<Outcome>, MpiError> {
    let Some(key) = &registration.key else {
        return Ok(None);
    };
    const SELECT: &str = "SELECT fingerprint, answer FROM idempotency WHERE organisation = $1 AND key = $2";
    let Some(row) = sql::one(tx, SELECT, [registration.organisation.into(), key.clone().into()]).await?
    else {
        return Ok(None);
    };
    if row.try_get_by_index::<Vec<u8>>(0)? != fingerprint {
        return Err(MpiError::Refused(
            "this key was used for another registration; send a new key with a new person",
        ));
    }
    Ok(serde_json::from_str(&row.try_get_by_index::<String>(1)?).ok())
}

async fn remember(
    tx: &Tx,
    registration: &Registration,
    fingerprint: Vec<u8>,
    id: i64,
    outcome: &Outcome,
) -> Result<(), MpiError> {
    let Some(key) = &registration.key else {
        return Ok(());
    };
    const INSERT: &str = "INSERT INTO idempotency (organisation, key, fingerprint, identity, answer, at) \
         VALUES ($1, $2, $3, $4, $5, $6)";
    let answer = serde_json::json!(outcome).to_string();
    let at = clock::now().as_millisecond();
    let row = [
        registration.organisation.into(),
        key.clone().into(),
        fingerprint.into(),
        id.into(),
        answer.into(),
        at.into(),
    ];
    sql::run(tx, INSERT, row).await?;
    Ok(())
}

async fn decide(tx: &Tx, registration: &Registration) -> Result<(i64, Outcome), MpiError> {
    let act = Act {
        organisation: registration.organisation,
        actor: &registration.actor,
        at: clock::now().as_millisecond(),
    };
    let prepared = PreparedPerson::new(&registration.person);
    let keys = candidates::keys(registration.organisation, &prepared);
    let (found, under) = candidates::find(tx, &keys, &prepared).await?;
    let model = model(tx).await?;
    let best = judged(&found, &prepared, &model);
    let (decision, target) = verdict(tx, &best).await?;
    let place = target.map(|(root, _)| Place { parent: root, root });
    let id = store::insert(
        tx,
        &act,
        &registration.person,
        &registration.source,
        place.as_ref(),
    )
    .await?;
    candidates::store(tx, &under, id).await?;
    let number = match target {
        Some((root, _)) => store::number_of(tx, root).await?,
        None => store::give_number(tx, &act, id, &registration.person).await?,
    };
    let kind = if target.is_some() { "link" } else { "register" };
    let body = serde_json::json!({
        "decision": decision, "model": model.id(), "judgement": target.and_then(|(root, _)| best.get(&root)).map(|best| best.0),
    });
    store::fact(tx, &act, kind, (id, target.map(|(root, _)| root)), &body).await?;
    open_reviews(tx, &act, (id, target), &best, &model).await?;
    Ok((
        id,
        Outcome {
            decision,
            number,
            model: model.id(),
        },
    ))
}

/// The shipped weights with the prior of a register of this size, rounded up to a power of two so that few models differ.
async fn model(tx: &Tx) -> Result<Model, MpiError> {
    let people = sql::number(tx, "SELECT coalesce(max(id), 0) FROM identities", []).await?;
    Ok(Model::default_for(people.unsigned_abs().next_power_of_two()))
}

fn judged(found: &[Candidate], prepared: &PreparedPerson, model: &Model) -> Best {
    let mut best = Best::new();
    for candidate in found {
        let mut judgement = judge(
            &compare(prepared, &candidate.prepared),
            model,
            &Rules::default(),
            false,
        );
        if candidate.inactive {
            judgement.decision = judgement.decision.min(Decision::Review);
        }
        let rank = |judgement: &Judgement| (judgement.decision, judgement.score);
        let held = best.get(&candidate.root).map(|(held, _)| rank(held));
        if judgement.decision > Decision::New && held < Some(rank(&judgement)) {
            best.insert(candidate.root, (judgement, candidate.id));
        }
    }
    best
}

/// What happens, and under whom. Two identities that a person told apart cannot both be the newcomer: a person decides.
async fn verdict(tx: &Tx, best: &Best) -> Result<(Decision, Option<(i64, i64)>), MpiError> {
    let mut links: Vec<_> = best
        .iter()
        .filter(|(_, (judgement, _))| judgement.decision == Decision::Link)
        .collect();
    links.sort_by_key(|(root, (judgement, _))| (std::cmp::Reverse(judgement.score), **root));
    let roots: Vec<i64> = links.iter().map(|(root, _)| **root).collect();
    if let Some((root, (_, candidate))) = links.first() {
        if bond::any_split(tx, &roots).await? {
            return Ok((Decision::Review, None));
        }
        return Ok((Decision::Link, Some((**root, *candidate))));
    }
    let highest = best.values().map(|(judgement, _)| judgement.decision).max();
    Ok((highest.unwrap_or(Decision::New), None))
}

/// Pairs for a person to look at: the newcomer, or the identity it was linked to, with whom else it could be.
async fn open_reviews(
    tx: &Tx,
    act: &Act<'_>,
    (id, target): (i64, Option<(i64, i64)>),
    best: &Best,
    model: &Model,
) -> Result<(), MpiError> {
    const INSERT: &str = "INSERT INTO reviews (organisation, low, high, kind, score, similarity, veto, model, opened) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (low, high) DO NOTHING";
    let one = target.map_or(id, |(root, _)| root);
    let mut others: Vec<_> = best.iter().filter(|(root, _)| **root != one).collect();
    if target.is_some() {
        others.retain(|(_, (judgement, _))| judgement.decision == Decision::Link);
    }
    others.sort_by_key(|(root, (judgement, _))| (std::cmp::Reverse(judgement.score), **root));
    for (&other, (judgement, _)) in others.into_iter().take(SHOWN) {
        if bond::any_split(tx, &[one, other]).await? {
            continue;
        }
        let kind = if judgement.decision == Decision::Alert {
            "alert"
        } else {
            "review"
        };
        let veto = judgement
            .veto
            .and_then(|veto| serde_json::to_value(veto).ok()?.as_str().map(str::to_owned));
        let row = [
            act.organisation.into(),
            one.min(other).into(),
            one.max(other).into(),
            kind.into(),
            judgement.score.0.into(),
            i32::from(judgement.similarity.0).into(),
            veto.into(),
            model.id().into(),
            act.at.into(),
        ];
        sql::run(tx, INSERT, row).await?;
    }
    Ok(())
}
