//! Rows of what was published.

use jiff::civil::Date;
use sea_orm::{ConnectionTrait, QueryResult};
use teranga_core::clock;

use crate::db::{DbError, Tx, sql};
use crate::files::Kept;

/// Something that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Its row.
    pub id: i64,
    /// status, delta, portal, trust or bundle.
    pub kind: String,
    /// The campaign's prefix of a portal; empty for the others.
    pub scope: String,
    /// Its number.
    pub number: i64,
    /// Of a delta, the number of the list that it carries forward.
    pub base: i64,
    /// The day before which it speaks of cards.
    pub covers_before: Option<Date>,
    /// The number in the feed of cards up to which it knows them.
    pub revision: i64,
    /// Where it is kept.
    pub path: String,
    /// Its bytes.
    pub bytes: i64,
    /// SHA-256 of them.
    pub sha256: Vec<u8>,
    /// When it was published, in milliseconds since 1970.
    pub at: i64,
}

const COLUMNS: &str = "id, kind, scope, number, base, covers_before, revision, path, bytes, sha256, at";

const DAY: i64 = 1000 * clock::SECONDS_PER_DAY;

fn read(row: &QueryResult) -> Result<Publication, DbError> {
    let covers: Option<i64> = row.try_get_by_index(5)?;
    Ok(Publication {
        id: row.try_get_by_index(0)?,
        kind: row.try_get_by_index(1)?,
        scope: row.try_get_by_index(2)?,
        number: row.try_get_by_index(3)?,
        base: row.try_get_by_index(4)?,
        covers_before: covers.and_then(|millis| clock::date_of_day(millis.div_euclid(DAY))),
        revision: row.try_get_by_index(6)?,
        path: row.try_get_by_index(7)?,
        bytes: row.try_get_by_index(8)?,
        sha256: row.try_get_by_index(9)?,
        at: row.try_get_by_index(10)?,
    })
}

/// What an organization published, the latest first.
pub async fn publications<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    kind: Option<&str>,
) -> Result<Vec<Publication>, DbError> {
    let text = format!(
        "SELECT {COLUMNS} FROM publications WHERE organisation = $1 AND ($2 = '' OR kind = $2) ORDER BY id DESC LIMIT 500"
    );
    let values = [organisation.into(), kind.unwrap_or_default().into()];
    let rows = sql::all(connection, &text, values).await?;
    rows.iter().map(read).collect()
}

/// The last one of a kind and scope: of deltas, the last on a list.
pub(super) async fn last<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    (kind, scope, base): (&str, &str, i64),
) -> Result<Option<Publication>, DbError> {
    let text = format!(
        "SELECT {COLUMNS} FROM publications WHERE organisation = $1 AND kind = $2 AND scope = $3 AND base = $4 \
         ORDER BY number DESC LIMIT 1"
    );
    let values = [organisation.into(), kind.into(), scope.into(), base.into()];
    let row = sql::one(connection, &text, values).await?;
    row.as_ref().map(read).transpose()
}

/// One of an organization, by its row.
pub(super) async fn one<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    id: i64,
) -> Result<Option<Publication>, DbError> {
    let text = format!("SELECT {COLUMNS} FROM publications WHERE organisation = $1 AND id = $2");
    let row = sql::one(connection, &text, [organisation.into(), id.into()]).await?;
    row.as_ref().map(read).transpose()
}

/// Something that was built and is about to be published.
#[derive(Debug, Clone)]
pub(super) struct Built {
    pub(super) kind: &'static str,
    pub(super) scope: String,
    pub(super) number: i64,
    pub(super) base: i64,
    pub(super) covers_before: Option<Date>,
    pub(super) revision: i64,
    pub(super) path: String,
    pub(super) kept: Kept,
}

/// Writes it down. A number that is taken is a conflict: nothing is published twice under one.
pub(super) async fn keep(tx: &Tx, organisation: i64, built: &Built, at: i64) -> Result<(), DbError> {
    const INSERT: &str = "INSERT INTO publications (organisation, kind, scope, number, base, covers_before, revision, path, \
         bytes, sha256, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let row = [
        organisation.into(),
        built.kind.into(),
        built.scope.clone().into(),
        built.number.into(),
        built.base.into(),
        built.covers_before.map(|day| clock::day_number(day) * DAY).into(),
        built.revision.into(),
        built.path.clone().into(),
        i64::try_from(built.kept.bytes).unwrap_or(i64::MAX).into(),
        built.kept.sha256.to_vec().into(),
        at.into(),
    ];
    sql::run(tx, INSERT, row).await?;
    Ok(())
}
