//! By what an organisation matches: the model that a person promoted, or the shipped weights for a register of its size.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::ConnectionTrait;
use teranga_core::clock;
use teranga_core::matching::{Frequencies, Model, ModelRecord, PreparedPerson, Promotion, Rules};

use super::MpiError;
use crate::db::{DbError, Tx, sql};

/// Largest model that is read, in bytes of JSON: the counts of a register of tens of millions.
const MOST: usize = 256 << 20;

/// Weights, how common values are, and the bands of decisions.
#[derive(Debug)]
pub struct Weights {
    /// The weights.
    pub model: Model,
    /// Named in every record of a decision.
    pub id: String,
    /// Counts of values; empty with the shipped weights.
    pub frequencies: Frequencies,
    /// The bands.
    pub rules: Rules,
}

impl Weights {
    fn shipped(people: u64) -> Self {
        Self::of(Model::default_for(people), Frequencies::default())
    }

    fn of(model: Model, frequencies: Frequencies) -> Self {
        Self {
            id: model.id(),
            model,
            frequencies,
            rules: Rules::default(),
        }
    }

    /// A person with the rarities of these weights.
    pub fn weigh(&self, person: PreparedPerson) -> PreparedPerson {
        if self.frequencies.people() == 0 {
            person
        } else {
            person.weighed(&self.frequencies)
        }
    }
}

/// Which weights are in use: the row of the promoted model, or the size of the register rounded up to a power of two, so
/// that few models differ.
type Which = (i64, u64);

/// The weights of organisations, kept between requests.
#[derive(Debug, Default)]
pub struct Kept(Mutex<HashMap<i64, (Which, Arc<Weights>)>>);

impl Kept {
    /// What is in use now, and the highest identity that was ever given.
    pub async fn current<C: ConnectionTrait>(
        &self,
        connection: &C,
        organisation: i64,
    ) -> Result<(Arc<Weights>, i64), MpiError> {
        const SELECT: &str = "SELECT (SELECT coalesce(max(id), 0) FROM identities), \
             (SELECT coalesce(max(id), 0) FROM models WHERE organisation = $1 AND in_use = 1)";
        let row = sql::one(connection, SELECT, [organisation.into()]).await?;
        let row = row.ok_or_else(|| DbError::Internal("no row of counts".to_owned()))?;
        let (people, row): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let which = (row, people.unsigned_abs().next_power_of_two());
        let held = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&organisation)
            .cloned();
        if let Some((_, weights)) = held.filter(|(held, _)| *held == which || (row != 0 && held.0 == row)) {
            return Ok((weights, people));
        }
        let weights = Arc::new(match row {
            0 => Weights::shipped(which.1),
            row => promoted(connection, row).await?,
        });
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(organisation, (which, Arc::clone(&weights)));
        Ok((weights, people))
    }
}

async fn promoted<C: ConnectionTrait>(connection: &C, row: i64) -> Result<Weights, MpiError> {
    let found = sql::one(
        connection,
        "SELECT record FROM models WHERE id = $1",
        [row.into()],
    )
    .await?;
    let packed: Vec<u8> = found.ok_or(MpiError::Unknown)?.try_get_by_index(0)?;
    let damaged = |_| DbError::Corrupt("the promoted model does not read".to_owned());
    let text = zstd::bulk::decompress(&packed, MOST).map_err(damaged)?;
    let record: ModelRecord = serde_json::from_slice(&text)
        .map_err(|_| DbError::Corrupt("the promoted model does not read".to_owned()))?;
    let (model, frequencies) = record.in_use().map_err(|_| {
        DbError::Refused("the model in use was not promoted; promote it or another".to_owned())
    })?;
    Ok(Weights::of(model.clone(), frequencies.clone()))
}

/// Keeps a model that was learnt or counted, and says under which number. Nobody decides by it yet.
pub async fn keep(tx: &Tx, organisation: i64, record: &ModelRecord) -> Result<i64, MpiError> {
    const INSERT: &str = "INSERT INTO models (organisation, model_id, record, people, learnt) \
         VALUES ($1, $2, $3, $4, $5) RETURNING id";
    let at = clock::now().as_millisecond();
    let people = i64::try_from(record.learnt_from()).unwrap_or(i64::MAX);
    let row = [
        organisation.into(),
        record.id().into(),
        compressed(record)?.into(),
        people.into(),
        at.into(),
    ];
    Ok(sql::number(tx, INSERT, row).await?)
}

/// Puts a model that is kept into use, as a member of staff decided who looked at it.
pub async fn promote(tx: &Tx, organisation: i64, row: i64, by: &str) -> Result<(), MpiError> {
    const SELECT: &str = "SELECT record FROM models WHERE id = $1 AND organisation = $2";
    let found = sql::one(tx, SELECT, [row.into(), organisation.into()]).await?;
    let packed: Vec<u8> = found
        .ok_or(MpiError::Refused(
            "no model has this number; list them to see theirs",
        ))?
        .try_get_by_index(0)?;
    let damaged = || DbError::Corrupt("a model does not read".to_owned());
    let text = zstd::bulk::decompress(&packed, MOST).map_err(|_| damaged())?;
    let mut record: ModelRecord = serde_json::from_slice(&text).map_err(|_| damaged())?;
    let now = clock::now();
    record.promote(Promotion {
        by: by.to_owned(),
        on: clock::date_of(now),
    });
    let others = "UPDATE models SET in_use = 0 WHERE organisation = $1 AND in_use = 1";
    sql::run(tx, others, [organisation.into()]).await?;
    const UPDATE: &str =
        "UPDATE models SET in_use = 1, promoted = $1, promoted_by = $2, record = $3 WHERE id = $4";
    let values = [
        now.as_millisecond().into(),
        by.into(),
        compressed(&record)?.into(),
        row.into(),
    ];
    sql::run(tx, UPDATE, values).await?;
    Ok(())
}

fn compressed(record: &ModelRecord) -> Result<Vec<u8>, DbError> {
    let failed = |_| DbError::Internal("a model cannot be written".to_owned());
    let text =
        serde_json::to_vec(record).map_err(|_| DbError::Internal("a model cannot be written".to_owned()))?;
    zstd::bulk::compress(&text, 3).map_err(failed)
}
