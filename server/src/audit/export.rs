//! The chain as a file: one JSON object a line, so that other programs can walk it.
//!
//! The first line names the format; a line `checkpoint` after it says that older rows have left. A line `row` has the row, its place, the chain's hash after it, and its private half
//! as far as it is there; a line `head` has a signed head, after the row of its place.

use std::io::{BufRead, Write};

use anyhow::{Context as _, bail};
use data_encoding::HEXLOWER;
use sea_orm::QueryResult;

use super::chain::{Checkpoint, Head, Row};
use super::retire::checkpoint;
use super::seal::row_of;
use crate::db::{Db, DbError, sql};

/// Rows that are read at once.
const PAGE: i64 = 1000;

/// The name of the format.
const FORMAT: &str = "teranga-audit-1";

/// A line of the file.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// The first.
    Start(Start),
    /// What closes the rows that have left, before the first row.
    Checkpoint(Checkpoint),
    /// A row.
    Row(Link),
    /// A signed head.
    Head(Head),
}

/// The first line.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Start {
    format: String,
}

/// A row in the chain.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Its place, from 1.
    pub place: i64,
    /// The chain's hash after it, hexadecimal.
    pub hash: String,
    /// The row; none when it was removed.
    pub row: Option<Row>,
    /// Its private half, if it has one that was not erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<Private>,
}

/// A private half.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Private {
    /// Hexadecimal.
    pub salt: String,
    /// JSON.
    pub body: String,
}

/// Writes the chain to a file; says how many rows.
pub async fn export(db: &Db, mut out: impl Write) -> anyhow::Result<i64> {
    let start = Line::Start(Start {
        format: FORMAT.to_owned(),
    });
    writeln!(out, "{}", serde_json::to_string(&start)?)?;
    let mut after = 0;
    if let Some(checkpoint) = checkpoint(db.reader()).await? {
        after = checkpoint.place;
        writeln!(out, "{}", serde_json::to_string(&Line::Checkpoint(checkpoint))?)?;
    }
    let mut rows = 0;
    loop {
        let lines = lines_after(db, after).await?;
        for line in &lines {
            writeln!(out, "{}", serde_json::to_string(line)?)?;
            if let Line::Row(link) = line {
                after = link.place;
                rows += 1;
            }
        }
        if lines.is_empty() {
            out.flush()?;
            return Ok(rows);
        }
    }
}

/// The lines of a file; the first was checked.
pub fn read(file: impl BufRead) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Line>>> {
    let mut lines = file.lines().enumerate();
    let first = lines.next().map(|(_, line)| line).transpose()?;
    match first.as_deref().map(serde_json::from_str) {
        Some(Ok(Line::Start(start))) if start.format == FORMAT => {}
        _ => bail!("this is no audit file of this version; `teranga admin audit export` writes one"),
    }
    Ok(lines.map(|(at, line)| {
        let line = line.with_context(|| format!("line {}", at + 1))?;
        serde_json::from_str(&line)
            .with_context(|| format!("line {} does not read as a row or a head", at + 1))
    }))
}

/// The next rows of the chain, each with its signed head if it has one. Empty at the end.
///
/// One statement, so that what a sealer adds meanwhile is seen whole or not at all.
pub(super) async fn lines_after(db: &Db, place: i64) -> Result<Vec<Line>, DbError> {
    const ROWS: &str = "SELECT a.id, a.organisation, a.at, a.actor, a.action, a.target, a.commitment, \
         c.place, c.hash, p.salt, p.body, h.hash, h.at, h.kid, h.signature FROM audit_chain c \
         LEFT JOIN audit a ON a.id = c.audit LEFT JOIN audit_private p ON p.audit = a.id \
         LEFT JOIN audit_heads h ON h.place = c.place WHERE c.place > $1 ORDER BY c.place LIMIT $2";
    let rows = sql::all(db.reader(), ROWS, [place.into(), PAGE.into()]).await?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in &rows {
        let link = link_of(row)?;
        let head = head_of(row, link.place)?;
        lines.push(Line::Row(link));
        lines.extend(head.map(Line::Head));
    }
    Ok(lines)
}

fn link_of(row: &QueryResult) -> Result<Link, DbError> {
    let is_there = row.try_get_by_index::<Option<i64>>(0)?.is_some();
    let salt: Option<Vec<u8>> = row.try_get_by_index(9)?;
    let body: Option<String> = row.try_get_by_index(10)?;
    let private = salt.zip(body).map(|(salt, body)| Private {
        salt: HEXLOWER.encode(&salt),
        body,
    });
    Ok(Link {
        place: row.try_get_by_index(7)?,
        hash: HEXLOWER.encode(&row.try_get_by_index::<Vec<u8>>(8)?),
        row: if is_there { Some(row_of(row)?) } else { None },
        private,
    })
}

fn head_of(row: &QueryResult, place: i64) -> Result<Option<Head>, DbError> {
    let Some(hash) = row.try_get_by_index::<Option<Vec<u8>>>(11)? else {
        return Ok(None);
    };
    Ok(Some(Head {
        place,
        hash: HEXLOWER.encode(&hash),
        at: row.try_get_by_index(12)?,
        kid: row.try_get_by_index(13)?,
        signature: HEXLOWER.encode(&row.try_get_by_index::<Vec<u8>>(14)?),
    }))
}
