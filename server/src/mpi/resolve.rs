//! Registrations become identities, or more registrations of identities that are there.
//!
//! Many are resolved at once: their candidates come in a few queries, each is decided in its turn (those before it in the
//! list are candidates too), and all rows are written together. One alone goes the same way.

use std::collections::{HashMap, HashSet};

use sea_orm::ConnectionTrait as _;
use teranga_core::matching::{Decision, Judgement};
use teranga_core::person::{Demographics, MpiId};

use super::ready::{self, Ready};
use super::weights::Kept;
use super::{MpiError, decide};
use crate::access::Actor;
use crate::db::{DbError, Locks, Tx, sql};

/// A registration.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Who registers, in whose register.
    pub actor: Actor,
    /// What is known of the person; the place's country and region go into a new number.
    pub person: Demographics,
    /// Where it comes from: `api`, `import`, `dhis2`, a device.
    pub source: String,
    /// The program in which the person takes part from now on.
    pub program: Option<i64>,
    /// The same key again, with the same content, gets the same answer.
    pub key: Option<String>,
}

/// What became of a registration.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Outcome {
    /// The row of the registration, which stays the person's through merges and their undoing.
    pub row: i64,
    /// Linked, in review, alert or new.
    pub decision: Decision,
    /// The MPI id of the person.
    pub number: MpiId,
    /// The model by which it was decided.
    pub model: String,
    /// Whom the person could be, the likeliest first, at most three.
    #[serde(default)]
    pub candidates: Vec<Near>,
}

/// Someone who could be the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Near {
    /// Their MPI id.
    pub number: MpiId,
    /// What was judged of the pair.
    pub judgement: Judgement,
}

/// What became of each registration of a list.
pub type Outcomes = Vec<Result<Outcome, MpiError>>;

/// The locks under which [`resolve`] has to run.
pub fn locks(registration: &Registration) -> Locks {
    Ready::new(registration.clone()).map_or_else(|_| Locks::none(), |ready| ready::locks(&[ready]))
}

/// Resolves a registration in a transaction that holds its [`locks`].
pub async fn resolve(tx: &Tx, registration: &Registration) -> Result<Outcome, MpiError> {
    let ready = vec![Ready::new(registration.clone())?];
    let mut outcomes = all(tx, ready, &Kept::default()).await?;
    outcomes
        .pop()
        .unwrap_or_else(|| Err(DbError::Internal("a registration without an outcome".to_owned()).into()))
}

/// Resolves a list of one organisation in a transaction that holds its locks. The outer error says that nothing was done.
pub(super) async fn all(tx: &Tx, mut ready: Vec<Ready>, kept: &Kept) -> Result<Outcomes, MpiError> {
    let Some(organisation) = ready.first().map(Ready::organisation) else {
        return Ok(Vec::new());
    };
    let (weights, highest) = kept.current(tx, organisation).await?;
    for one in &mut ready {
        one.prepared = weights.weigh(std::mem::take(&mut one.prepared));
    }
    let mut outcomes = answered(tx, organisation, &ready).await?;
    let fresh: Vec<usize> = fresh(&ready, &outcomes);
    let people: Vec<&Ready> = fresh.iter().map(|&at| &ready[at]).collect();
    for (at, outcome) in fresh
        .into_iter()
        .zip(decide::all(tx, &people, &weights, highest).await?)
    {
        outcomes[at] = Some(outcome);
    }
    Ok(repeated(&ready, outcomes))
}

/// The answers that were given before.
async fn answered(
    tx: &Tx,
    organisation: i64,
    ready: &[Ready],
) -> Result<Vec<Option<Result<Outcome, MpiError>>>, MpiError> {
    let keys: Vec<&str> = ready
        .iter()
        .filter_map(|one| one.registration.key.as_deref())
        .collect();
    let mut found = HashMap::new();
    if !keys.is_empty() {
        let backend = tx.get_database_backend();
        let text = format!(
            "SELECT key, fingerprint, answer FROM idempotency WHERE organisation = $1 AND key IN {}",
            sql::strings(backend, 2)
        );
        for row in sql::all(tx, &text, [organisation.into(), sql::texts(&keys)]).await? {
            let (key, fingerprint): (String, Vec<u8>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            found.insert(key, (fingerprint, row.try_get_by_index::<String>(2)?));
        }
    }
    let answer = |one: &Ready| {
        let (fingerprint, answer) = found.get(one.registration.key.as_ref()?)?;
        if *fingerprint != one.fingerprint {
            return Some(Err(MpiError::OtherKey));
        }
        let damaged = |_| DbError::Corrupt("an answer does not read".to_owned()).into();
        Some(serde_json::from_str(answer).map_err(damaged))
    };
    Ok(ready.iter().map(answer).collect())
}

/// Those who have no answer yet; of one key only the first.
fn fresh(ready: &[Ready], outcomes: &[Option<Result<Outcome, MpiError>>]) -> Vec<usize> {
    let mut keys = HashSet::new();
    let open = (0..ready.len()).filter(|&at| outcomes[at].is_none());
    open.filter(|&at| {
        ready[at]
            .registration
            .key
            .as_ref()
            .is_none_or(|key| keys.insert(key))
    })
    .collect()
}

/// Gives those who came with the key of another in the list its answer.
fn repeated(ready: &[Ready], outcomes: Vec<Option<Result<Outcome, MpiError>>>) -> Outcomes {
    let mut first = HashMap::new();
    for (one, outcome) in ready.iter().zip(&outcomes) {
        if let (Some(key), Some(Ok(outcome))) = (&one.registration.key, outcome) {
            first.insert(key.clone(), (one.fingerprint.clone(), outcome.clone()));
        }
    }
    let again = |one: &Ready| match one.registration.key.as_ref().and_then(|key| first.get(key)) {
        Some((fingerprint, outcome)) if *fingerprint == one.fingerprint => Ok(outcome.clone()),
        _ => Err(MpiError::OtherKey),
    };
    let outcomes = ready.iter().zip(outcomes);
    outcomes
        .map(|(one, outcome)| outcome.unwrap_or_else(|| again(one)))
        .collect()
}
