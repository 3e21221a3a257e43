//! What a replayed server holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::Edition;

/// A person of a program, as lists show them.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// All fields that a list can have.
    pub row: Value,
    /// The day and time of the last change, as the server writes it.
    pub updated: String,
    /// The organisation unit's path.
    pub path: String,
    /// Only with `includeDeleted`.
    pub deleted: bool,
}

/// An enrollment is listed as a person is.
pub type Enrolled = Person;

/// The rows of a list, in the server's own order.
#[derive(Clone)]
pub enum Rows {
    /// Rows that are kept.
    Kept(Vec<Person>),
    /// Rows that are made when they are asked for, so that a hundred thousand cost no memory.
    Made {
        /// How many.
        count: usize,
        /// When a row was changed.
        updated: Arc<dyn Fn(usize) -> String + Send + Sync>,
        /// A row.
        row: Arc<dyn Fn(usize) -> Person + Send + Sync>,
    },
}

impl Default for Rows {
    fn default() -> Self {
        Self::Kept(Vec::new())
    }
}

impl Rows {
    pub(super) fn count(&self) -> usize {
        match self {
            Self::Kept(rows) => rows.len(),
            Self::Made { count, .. } => *count,
        }
    }

    pub(super) fn updated(&self, at: usize) -> String {
        match self {
            Self::Kept(rows) => rows[at].updated.clone(),
            Self::Made { updated, .. } => updated(at),
        }
    }

    pub(super) fn row(&self, at: usize) -> Person {
        match self {
            Self::Kept(rows) => rows[at].clone(),
            Self::Made { row, .. } => row(at),
        }
    }

    /// Whether every row lies below the root, so that a list below it needs no row.
    pub(super) fn are_made(&self) -> bool {
        matches!(self, Self::Made { .. })
    }
}

/// A server: its version, its clock, its metadata and its people.
#[derive(Clone)]
pub struct World {
    /// Which version it is.
    pub edition: Edition,
    /// The version as it says it.
    pub version: String,
    /// The server's clock, `2026-11-23T02:30:14.573`.
    pub now: String,
    /// `/api/me`.
    pub me: Value,
    /// Programs with their attributes and access.
    pub programs: Vec<Value>,
    /// Organisation units with their paths.
    pub units: Vec<Value>,
    /// Sets of options.
    pub option_sets: Vec<Value>,
    /// People by program.
    pub people: BTreeMap<String, Rows>,
    /// Enrollments by program.
    pub enrollments: BTreeMap<String, Rows>,
    /// The headers `Authorization` that are let in.
    pub credentials: Vec<String>,
}

impl World {
    /// One round of a packed recording (`tests/fixtures/dhis2`), from 0; `Authorization` of the account `sync`.
    ///
    /// Returns nothing for a text that is no such recording.
    pub fn recorded(packed: &Value, round: usize) -> Option<Self> {
        let version = packed["version"].as_str()?.to_owned();
        let list = |value: &Value| value.as_array().cloned();
        let rounds = &packed["rounds"][round];
        let units = list(&packed["organisation_units"])?;
        let rows = |kind: &str, deleted: &str| -> Option<BTreeMap<String, Rows>> {
            let programs = rounds[kind].as_object()?;
            let row = |(program, rows): (&String, &Value)| {
                let dead = rounds[deleted][program].as_array()?.iter();
                let rows = rows.as_array()?.iter().chain(dead);
                let kept = rows.map(|row| person(row, &units)).collect();
                Some((program.clone(), Rows::Kept(kept)))
            };
            programs.iter().map(row).collect()
        };
        Some(Self {
            edition: Edition::of(&version),
            version,
            now: packed["ends"][round].as_str()?.to_owned(),
            me: packed["me"].clone(),
            programs: list(&packed["programs"])?,
            option_sets: list(&packed["option_sets"])?,
            people: rows("people", "deleted_people")?,
            enrollments: rows("enrollments", "deleted_enrollments")?,
            units,
            credentials: vec![basic("sync", "Sync-0nly-Read")],
        })
    }

    /// The path of an organisation unit; empty for one that is not there.
    pub(super) fn path(&self, unit: &str) -> Option<&str> {
        let found = self.units.iter().find(|one| one["id"] == unit)?;
        found["path"].as_str()
    }
}

/// The header of an account.
pub(super) fn basic(login: &str, password: &str) -> String {
    let text = format!("{login}:{password}");
    format!("Basic {}", data_encoding::BASE64.encode(text.as_bytes()))
}

fn person(row: &Value, units: &[Value]) -> Person {
    let unit = row["orgUnit"].as_str().unwrap_or_default();
    let path = units.iter().find(|one| one["id"] == unit);
    let mut row = row.clone();
    if row["deleted"].is_null() {
        row["deleted"] = Value::Bool(false);
    }
    Person {
        updated: row["updatedAt"].as_str().unwrap_or_default().to_owned(),
        path: path
            .and_then(|one| one["path"].as_str())
            .unwrap_or_default()
            .to_owned(),
        deleted: row["deleted"] == true,
        row,
    }
}
