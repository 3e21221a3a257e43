//! Who could be this person: those who share a blocking key, in the organisation.
//!
//! Beside each key stands the sketch of the person, so that strangers are told apart without their records. A key that
//! more than [`MOST`] share is split by year of birth and commune, once, and marked by identity 0; from then on only its
//! parts are stored. A part that more than [`MOST_OF_A_PART`] share is closed: it is marked, and finds nobody.

use std::collections::{HashMap, HashSet};

use data_encoding::HEXLOWER_PERMISSIVE;
use sea_orm::{ConnectionTrait, DbBackend};
use teranga_core::matching::blocking::Side;
use teranga_core::matching::sketch::{Asked, Sketch};
use teranga_core::matching::{PreparedPerson, packed};
use teranga_core::person::MpiId;

use super::ready::Ready;
use super::store::person_in;
use super::weights::Weights;
use super::{MpiError, keys, store};
use crate::db::rows::Inserts;
use crate::db::{DbError, Tx, sql};

const MOST: usize = 50;
const MOST_OF_A_PART: usize = 200;

/// Identity that marks a key as split, or a part as closed.
pub(super) const MARK: i64 = 0;

/// Most numbers in one parameter.
const CHUNK: usize = 20_000;

/// Someone who shares a key and is no stranger.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) root: i64,
    /// The MPI id of the identity that they stand under.
    pub(super) number: Option<MpiId>,
    /// That identity was deactivated.
    pub(super) inactive: bool,
    pub(super) prepared: PreparedPerson,
}

/// People by key, as far as a list of registrations asks.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    whole: HashMap<i64, Vec<(i64, Sketch)>>,
    split: HashSet<i64>,
    closed: HashSet<i64>,
}

impl Blocks {
    /// Reads who shares a key with someone of the list, and splits what has become too large.
    pub(super) async fn of(tx: &Tx, ready: &[&Ready]) -> Result<Self, DbError> {
        let mut blocks = Self::default();
        let asked = ready.iter().flat_map(|one| one.asked.iter().copied());
        blocks.whole = members(tx, asked.collect()).await?;
        let (mut split, mut crowded) = (HashSet::new(), Vec::new());
        for (key, group) in &blocks.whole {
            if is_marked(group) {
                split.insert(*key);
            } else if group.len() > MOST {
                crowded.push((*key, group.iter().map(|(id, _)| *id).collect::<Vec<_>>()));
            }
        }
        split_all(tx, &crowded).await?;
        split.extend(crowded.iter().map(|(key, _)| *key));
        let parts = ready.iter().flat_map(|one| {
            let own = one.asked.iter().filter(|key| split.contains(key));
            own.flat_map(|key| keys::parts(*key, Side::Asked, &one.prepared))
        });
        let parts = members(tx, parts.collect()).await?;
        for (key, group) in parts {
            if is_marked(&group) {
                blocks.closed.insert(key);
            } else if group.len() > MOST_OF_A_PART {
                blocks.closed.insert(key);
                close(tx, key).await?;
            } else {
                blocks.whole.insert(key, group);
            }
        }
        for key in &split {
            blocks.whole.remove(key);
        }
        blocks.split = split;
        Ok(blocks)
    }

    /// What one person asks for, read without splitting anything.
    pub(super) async fn looked_up<C: ConnectionTrait>(
        connection: &C,
        asked: &[i64],
        person: &PreparedPerson,
    ) -> Result<Self, DbError> {
        let mut blocks = Self {
            whole: members(connection, asked.to_vec()).await?,
            ..Self::default()
        };
        let split = blocks.whole.iter().filter(|(_, group)| is_marked(group));
        blocks.split = split.map(|(key, _)| *key).collect();
        let parts = blocks
            .split
            .iter()
            .flat_map(|key| keys::parts(*key, Side::Asked, person));
        blocks.whole.extend(members(connection, parts.collect()).await?);
        blocks.whole.retain(|_, group| !is_marked(group));
        Ok(blocks)
    }

    /// Those who share a key with a registration and may be more than a stranger, each once, ascending.
    pub(super) fn asked_by(&self, one: &Ready, asked: Option<&Asked<'_>>) -> Vec<i64> {
        self.near(&one.asked, &one.prepared, asked)
    }

    /// Those who share one of the keys with a person and may be more than a stranger, each once, ascending.
    pub(super) fn near(&self, keys: &[i64], person: &PreparedPerson, asked: Option<&Asked<'_>>) -> Vec<i64> {
        let mut found = Vec::new();
        for key in self.resolved(keys, Side::Asked, person) {
            let group = self.whole.get(&key).map(Vec::as_slice).unwrap_or_default();
            let near = group
                .iter()
                .filter(|(_, sketch)| asked.is_none_or(|asked| asked.may_be(*sketch)));
            found.extend(near.map(|(id, _)| *id));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Under which keys a person is stored.
    pub(super) fn stored_by(&self, one: &Ready) -> Vec<i64> {
        let mut keys = self.resolved(&one.stored, Side::Stored, &one.prepared);
        keys.retain(|key| !self.closed.contains(key));
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    /// A person's keys, with those that were split as their parts.
    fn resolved(&self, own: &[i64], side: Side, person: &PreparedPerson) -> Vec<i64> {
        let mut resolved = Vec::with_capacity(own.len() * 2);
        for key in own {
            if self.split.contains(key) {
                resolved.extend(keys::parts(*key, side, person));
            } else {
                resolved.push(*key);
            }
        }
        resolved
    }
}

fn is_marked(group: &[(i64, Sketch)]) -> bool {
    group.iter().any(|(id, _)| *id == MARK)
}

async fn members<C: ConnectionTrait>(
    connection: &C,
    mut keys: Vec<i64>,
) -> Result<HashMap<i64, Vec<(i64, Sketch)>>, DbError> {
    keys.sort_unstable();
    keys.dedup();
    let backend = connection.get_database_backend();
    // One text for all: a row, even one a key, costs more to carry than to find.
    let [group, line] = match backend {
        DbBackend::Postgres => [
            "string_agg(identity::text || ',' || sketch::text, ';')",
            "string_agg(line, '|')",
        ],
        _ => [
            "group_concat(identity || ',' || sketch, ';')",
            "group_concat(line, '|')",
        ],
    };
    let text = format!(
        "SELECT {line} FROM (SELECT CAST(key AS TEXT) || ':' || {group} AS line FROM blocking_keys \
         WHERE key IN {} GROUP BY key) AS lines",
        sql::numbers(backend, 1)
    );
    let mut groups = HashMap::with_capacity(keys.len());
    for chunk in keys.chunks(CHUNK) {
        let row = sql::one(connection, &text, [sql::list(backend, chunk)]).await?;
        let listed: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
        for line in listed.iter().flat_map(|lines| lines.split('|')) {
            let (key, group) = line.split_once(':').ok_or_else(damaged)?;
            groups.insert(key.parse().map_err(|_| damaged())?, pairs(group)?);
        }
    }
    Ok(groups)
}

fn damaged() -> DbError {
    DbError::Corrupt("a blocking key does not read".to_owned())
}

fn pairs(listed: &str) -> Result<Vec<(i64, Sketch)>, DbError> {
    let pair = |text: &str| {
        let (id, sketch) = text.split_once(',')?;
        Some((id.parse().ok()?, Sketch::from_stored(sketch.parse().ok()?)))
    };
    listed
        .split(';')
        .map(|text| pair(text).ok_or_else(damaged))
        .collect()
}

async fn split_all(tx: &Tx, crowded: &[(i64, Vec<i64>)]) -> Result<(), DbError> {
    if crowded.is_empty() {
        return Ok(());
    }
    let mut everyone: Vec<i64> = crowded
        .iter()
        .flat_map(|(_, group)| group.iter().copied())
        .collect();
    everyone.sort_unstable();
    everyone.dedup();
    let people = prepared(tx, &everyone).await?;
    let mut rows = Vec::new();
    for (key, group) in crowded {
        for id in group {
            if let Some(person) = people.get(id) {
                let sketch = Sketch::new(person);
                rows.extend(
                    keys::parts(*key, Side::Stored, person)
                        .into_iter()
                        .map(|part| (part, *id, sketch)),
                );
            }
        }
        rows.push((*key, MARK, Sketch::from_stored(0)));
    }
    let whole: Vec<i64> = crowded.iter().map(|(key, _)| *key).collect();
    let backend = tx.get_database_backend();
    let text = format!(
        "DELETE FROM blocking_keys WHERE key IN {}",
        sql::numbers(backend, 1)
    );
    for chunk in whole.chunks(CHUNK) {
        sql::run(tx, &text, [sql::list(backend, chunk)]).await?;
    }
    let mut inserts = Inserts::default();
    store::keys(&mut inserts, backend, rows);
    inserts.run(tx).await
}

async fn close(tx: &Tx, part: i64) -> Result<(), DbError> {
    sql::run(tx, "DELETE FROM blocking_keys WHERE key = $1", [part.into()]).await?;
    let mut inserts = Inserts::default();
    let mark = vec![(part, MARK, Sketch::from_stored(0))];
    store::keys(&mut inserts, tx.get_database_backend(), mark);
    inserts.run(tx).await
}

/// The prepared forms of people. Those of an older version are made anew and written back.
async fn prepared(tx: &Tx, ids: &[i64]) -> Result<HashMap<i64, PreparedPerson>, DbError> {
    let backend = tx.get_database_backend();
    let text = format!(
        "SELECT identity, packed FROM prepared WHERE identity IN {}",
        sql::numbers(backend, 1)
    );
    let mut people = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        for row in sql::all(tx, &text, [sql::list(backend, chunk)]).await? {
            let (id, bytes): (i64, Vec<u8>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            if let Some(person) = packed::unpack(&bytes) {
                people.insert(id, person);
            }
        }
    }
    let old: Vec<i64> = ids
        .iter()
        .copied()
        .filter(|id| !people.contains_key(id))
        .collect();
    people.extend(prepared_anew(tx, &old).await?);
    Ok(people)
}

async fn prepared_anew(tx: &Tx, ids: &[i64]) -> Result<HashMap<i64, PreparedPerson>, DbError> {
    let backend = tx.get_database_backend();
    let text = format!(
        "SELECT id, person FROM identities WHERE id IN {}",
        sql::numbers(backend, 1)
    );
    let mut people = HashMap::new();
    let mut rows = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        for row in sql::all(tx, &text, [sql::list(backend, chunk)]).await? {
            let id: i64 = row.try_get_by_index(0)?;
            let person = PreparedPerson::new(&person_in(&row, 1)?);
            rows.push((id, packed::pack(&person)));
            people.insert(id, person);
        }
    }
    let mut inserts = Inserts::default();
    let packed = rows.iter().map(|(id, packed)| (*id, packed.as_slice()));
    store::prepared(&mut inserts, backend, packed);
    inserts.run(tx).await?;
    Ok(people)
}

/// The prepared forms of people, as far as they are kept and of this version.
pub(super) async fn forms(
    tx: &Tx,
    ids: &[i64],
    weights: &Weights,
) -> Result<HashMap<i64, PreparedPerson>, DbError> {
    let backend = tx.get_database_backend();
    let listed = match backend {
        DbBackend::Postgres => "string_agg(identity::text || ',' || encode(packed, 'hex'), ';')",
        _ => "group_concat(identity || ',' || hex(packed), ';')",
    };
    let text = format!(
        "SELECT {listed} FROM prepared WHERE identity IN {}",
        sql::numbers(backend, 1)
    );
    let form = |line: &str| {
        let (id, packed) = line.split_once(',')?;
        let bytes = HEXLOWER_PERMISSIVE.decode(packed.as_bytes()).ok()?;
        Some((id.parse().ok()?, weights.weigh(packed::unpack(&bytes)?)))
    };
    let mut forms = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let row = sql::one(tx, &text, [sql::list(backend, chunk)]).await?;
        let lines: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
        forms.extend(lines.iter().flat_map(|lines| lines.split(';')).filter_map(form));
    }
    Ok(forms)
}

/// The records of people with whom they stand under. Erased people are not among them.
pub(super) async fn load(
    tx: &Tx,
    ids: &[i64],
    weights: &Weights,
) -> Result<HashMap<i64, Candidate>, MpiError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let backend = tx.get_database_backend();
    let [packed, line] = match backend {
        DbBackend::Postgres => ["encode(p.packed, 'hex')", "string_agg"],
        _ => ["hex(p.packed)", "group_concat"],
    };
    let cells = ["i.id", "i.root", "r.state"]
        .map(|cell| format!("CAST({cell} AS TEXT)"))
        .join(" || ',' || ");
    let text = format!(
        "SELECT {line}({cells} || ',' || coalesce(r.number, '') || ',' || coalesce({packed}, ''), ';') FROM identities i \
         JOIN identities r ON r.id = i.root LEFT JOIN prepared p ON p.identity = i.id WHERE i.id IN {} AND r.state < 2",
        sql::numbers(backend, 1)
    );
    let (mut found, mut old) = (HashMap::with_capacity(ids.len()), Vec::new());
    for chunk in ids.chunks(CHUNK) {
        let row = sql::one(tx, &text, [sql::list(backend, chunk)]).await?;
        let listed: Option<String> = row.map(|row| row.try_get_by_index(0)).transpose()?.flatten();
        for line in listed.iter().flat_map(|lines| lines.split(';')) {
            let damaged = || DbError::Corrupt("an identity does not read".to_owned());
            let (id, candidate, is_old) = candidate_of(line, weights).ok_or_else(damaged)?;
            if is_old {
                old.push(id);
            }
            found.insert(id, candidate);
        }
    }
    for (id, person) in prepared_anew(tx, &old).await? {
        if let Some(candidate) = found.get_mut(&id) {
            candidate.prepared = weights.weigh(person);
        }
    }
    Ok(found)
}

/// A record of [`load`], and whether its prepared form is of another version.
fn candidate_of(line: &str, weights: &Weights) -> Option<(i64, Candidate, bool)> {
    let mut cells = line.split(',');
    let mut number = || cells.next()?.parse::<i64>().ok();
    let (id, root, state) = (number()?, number()?, number()?);
    let (number, packed) = (cells.next()?, cells.next()?);
    let bytes = HEXLOWER_PERMISSIVE.decode(packed.as_bytes()).ok()?;
    let person = packed::unpack(&bytes);
    let is_old = person.is_none();
    let candidate = Candidate {
        root,
        number: MpiId::parse(number).ok(),
        inactive: state != 0,
        prepared: weights.weigh(person.unwrap_or_default()),
    };
    Some((id, candidate, is_old))
}
