//! Writing a row.

use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use teranga_core::ids::{self, OsRandom};

use crate::db::rows::Column::{Bytes, Int, Text};
use crate::db::rows::{Cell, Inserts, Rows};
use crate::db::{DbError, sql};

/// What a row says. Nothing of it is personal but what [`Entry::with_private`] adds.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Whose register; none for what concerns the whole server.
    pub organisation: Option<i64>,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who: `user:7`, `token:3`, `device:12`, `console`, `system`.
    pub actor: String,
    /// What, in two words: `person.register`.
    pub action: &'static str,
    /// To what: `identity:812`. Ids of rows, no numbers of people.
    pub target: String,
    private: Map<String, Value>,
}

impl Entry {
    /// A row without a private half.
    pub fn new(
        organisation: Option<i64>,
        at: i64,
        actor: impl Into<String>,
        action: &'static str,
        target: impl Into<String>,
    ) -> Self {
        Self {
            organisation,
            at,
            actor: actor.into(),
            action,
            target: target.into(),
            private: Map::new(),
        }
    }

    /// Adds something to the private half, which can be erased: an address, a name, a reason in someone's words.
    #[must_use]
    pub fn with_private(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.private.insert(name.to_owned(), value.into());
        self
    }
}

/// SHA-256 of a salt and a private half.
pub(super) fn commitment(salt: &[u8], body: &str) -> Vec<u8> {
    Sha256::new()
        .chain_update(b"teranga/audit/private/v1\0")
        .chain_update(salt)
        .chain_update(body.as_bytes())
        .finalize()
        .to_vec()
}

/// Writes a row in the transaction of what it tells of, and says its id.
pub async fn record(tx: &impl ConnectionTrait, entry: &Entry) -> Result<i64, DbError> {
    const ROW: &str = "INSERT INTO audit (organisation, at, actor, action, target, commitment) \
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    let private = private_half(entry)?;
    let committed = private.as_ref().map(|(salt, body)| commitment(salt, body));
    let row = [
        entry.organisation.into(),
        entry.at.into(),
        entry.actor.clone().into(),
        entry.action.into(),
        entry.target.clone().into(),
        committed.into(),
    ];
    let id = sql::number(tx, ROW, row).await?;
    if let Some((salt, body)) = private {
        const PRIVATE: &str = "INSERT INTO audit_private (audit, salt, body) VALUES ($1, $2, $3)";
        sql::run(tx, PRIVATE, [id.into(), salt.into(), body.into()]).await?;
    }
    sql::run(tx, "INSERT INTO audit_waiting (audit) VALUES ($1)", [id.into()]).await?;
    Ok(id)
}

/// Writes many rows in the transaction of what they tell of, each as [`record`] does, in a few statements.
pub async fn record_all(tx: &impl ConnectionTrait, entries: &[Entry]) -> Result<(), DbError> {
    let mut inserts = Inserts::default();
    add_all(tx, &mut inserts, entries).await?;
    inserts.run(tx).await
}

/// Adds the same to what is to be inserted.
pub async fn add_all(
    tx: &impl ConnectionTrait,
    inserts: &mut Inserts,
    entries: &[Entry],
) -> Result<(), DbError> {
    let backend = tx.get_database_backend();
    let ids = ids_for(tx, entries.len()).await?;
    let mut rows = Rows::new(backend, [Int, Int, Int, Text, Text, Text, Bytes]);
    let mut halves = Rows::new(backend, [Int, Bytes, Text]);
    let mut waiting = Rows::new(backend, [Int]);
    for (entry, id) in entries.iter().zip(ids) {
        let private = private_half(entry)?;
        let committed = private.as_ref().map(|(salt, body)| commitment(salt, body));
        rows.push([
            id.into(),
            entry.organisation.into(),
            entry.at.into(),
            (&entry.actor).into(),
            entry.action.into(),
            (&entry.target).into(),
            committed.as_ref().map_or(Cell::Null, Cell::from),
        ]);
        if let Some((salt, body)) = &private {
            halves.push([id.into(), salt.into(), body.into()]);
        }
        waiting.push([id.into()]);
    }
    const INTO: &str = "audit (id, organisation, at, actor, action, target, commitment)";
    inserts.add(INTO, rows, "");
    inserts.add("audit_private (audit, salt, body)", halves, "");
    inserts.add("audit_waiting (audit)", waiting, "");
    Ok(())
}

/// Numbers for rows, ascending.
async fn ids_for(tx: &impl ConnectionTrait, count: usize) -> Result<Vec<i64>, DbError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    if tx.get_database_backend() == DbBackend::Postgres {
        const DRAW: &str =
            "SELECT nextval(pg_get_serial_sequence('audit', 'id')) FROM generate_series(1, $1)";
        let rows = sql::all(tx, DRAW, [count.into()]).await?;
        return Ok(rows
            .iter()
            .map(|row| row.try_get_by_index(0))
            .collect::<Result<_, _>>()?);
    }
    // One writer: nobody else counts on.
    let highest = sql::number(tx, "SELECT coalesce(max(id), 0) FROM audit", []).await?;
    Ok((highest + 1..=highest + count).collect())
}

fn private_half(entry: &Entry) -> Result<Option<(Vec<u8>, String)>, DbError> {
    if entry.private.is_empty() {
        return Ok(None);
    }
    let salt: [u8; 16] = ids::bytes(&mut OsRandom).map_err(|error| DbError::Internal(error.to_string()))?;
    Ok(Some((
        salt.to_vec(),
        Value::Object(entry.private.clone()).to_string(),
    )))
}
