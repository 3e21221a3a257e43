//! Parts in the database.

use std::io::Cursor;

use data_encoding::HEXLOWER;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult};
use teranga_core::ids::OsRandom;
use teranga_core::registry::bundle::keys::PartKey;
use teranga_core::registry::bundle::manifest::{Kind, Part};
use teranga_core::registry::bundle::part;
use teranga_core::registry::bundle::seal::Cipher;

use crate::app::App;
use crate::db::{DbError, sql};
use crate::devices::DeviceError;
use crate::devices::known::fixed;

/// A part that is kept.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) part: Part,
    /// See the column of this name.
    pub(super) number: u64,
    /// When it was built, milliseconds since 1970.
    pub(super) built: i64,
    /// Up to where in the feed of cards it is complete.
    pub(super) seen: i64,
    /// The key of a sealed part.
    pub(super) key: Option<PartKey>,
}

/// A part that was made.
pub(super) struct Made {
    part: Part,
    key: Option<PartKey>,
    contents: Vec<u8>,
    seen: i64,
}

impl Made {
    /// A part that is signed and not secret.
    pub(super) fn signed(kind: Kind, version: u64, contents: Vec<u8>, seen: i64) -> Self {
        Self {
            part: part::store(kind, version, &contents),
            key: None,
            contents,
            seen,
        }
    }

    /// A part that is compressed and sealed under a fresh key.
    pub(super) fn sealed(kind: Kind, version: u64, contents: &[u8]) -> Result<Self, DeviceError> {
        let key = PartKey::generate(&mut OsRandom).map_err(|error| DeviceError::Failed(error.to_string()))?;
        let mut sealed = Cursor::new(Vec::new());
        // Nearly all phones have AES instructions; the head of the part says which cipher it is.
        let part = part::seal(contents, &mut sealed, Cipher::Aes256Gcm, &key, (kind, version))?;
        Ok(Self {
            part,
            key: Some(key),
            contents: sealed.into_inner(),
            seen: 0,
        })
    }
}

const COLUMNS: &str = "kind, version, size, hash, opened_size, number, built, seen, key";

/// The newest part of a kind for an area.
pub(super) async fn newest(
    app: &App,
    organisation: i64,
    area: &str,
    kind: Kind,
) -> Result<Option<Stored>, DeviceError> {
    let text = format!(
        "SELECT {COLUMNS} FROM bundle_parts WHERE organisation = $1 AND area = $2 AND kind = $3 \
         ORDER BY number DESC LIMIT 1"
    );
    let values = [organisation.into(), area.into(), i16::from(kind.number()).into()];
    let row = sql::one(app.db.reader(), &text, values).await?;
    row.map(|row| read(app, &row)).transpose()
}

/// All deltas that came after a number, the oldest first.
pub(super) async fn deltas(app: &App, organisation: i64, after: u64) -> Result<Vec<Stored>, DeviceError> {
    let text = format!(
        "SELECT {COLUMNS} FROM bundle_parts WHERE organisation = $1 AND area = '' AND kind = $2 AND number > $3 \
         ORDER BY number"
    );
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let values = [
        organisation.into(),
        i16::from(Kind::Delta.number()).into(),
        after.into(),
    ];
    let rows = sql::all(app.db.reader(), &text, values).await?;
    rows.iter().map(|row| read(app, row)).collect()
}

fn read(app: &App, row: &QueryResult) -> Result<Stored, DeviceError> {
    let kind: i16 = row.try_get_by_index(0)?;
    let kind = Kind::ALL
        .into_iter()
        .find(|known| i16::from(known.number()) == kind);
    let number = |at| row.try_get_by_index::<i64>(at).map(i64::unsigned_abs);
    let hash = fixed(row, 3)?;
    let key: Option<Vec<u8>> = row.try_get_by_index(8)?;
    let key = match key {
        None => None,
        Some(sealed) => Some(opened(app, &hash, &sealed)?),
    };
    Ok(Stored {
        part: Part {
            kind: kind.ok_or_else(|| DbError::Corrupt("a part's kind".to_owned()))?,
            version: number(1)?,
            size: number(2)?,
            hash,
            opened_size: number(4)?,
        },
        number: number(5)?,
        built: row.try_get_by_index(6)?,
        seen: row.try_get_by_index(7)?,
        key,
    })
}

fn opened(app: &App, hash: &[u8; 32], sealed: &[u8]) -> Result<PartKey, DeviceError> {
    let key = app.vault.open(&belongs_to(hash), sealed).ok();
    key.and_then(|key| PartKey::from_slice(&key)).ok_or_else(|| {
        DeviceError::Failed("a part's key does not open; was the master key changed?".to_owned())
    })
}

fn belongs_to(hash: &[u8; 32]) -> String {
    format!("bundle_parts/{}", HEXLOWER.encode(hash))
}

/// Keeps a part, unless the same bytes are kept already. Older parts of its kind and area go when nobody fetches them any
/// more: after two days.
pub(super) async fn keep(
    app: &App,
    organisation: i64,
    area: &str,
    made: Made,
) -> Result<Stored, DeviceError> {
    let Made {
        part,
        key,
        contents,
        seen,
    } = made;
    let text = format!("SELECT {COLUMNS} FROM bundle_parts WHERE hash = $1 AND organisation = $2");
    let values = [part.hash.to_vec().into(), organisation.into()];
    if let Some(row) = sql::one(app.db.reader(), &text, values).await? {
        return read(app, &row);
    }
    let sealed = key
        .as_ref()
        .map(|key| app.vault.seal(&belongs_to(&part.hash), key.reveal()));
    let sealed = sealed
        .transpose()
        .map_err(|error| DeviceError::Failed(error.to_string()))?;
    let (area, built) = (area.to_owned(), app.clock.millis());
    let work = app.db.write(move |tx| {
        Box::pin(async move {
            const NUMBER: &str = "SELECT coalesce(max(number), 0) FROM bundle_parts WHERE organisation = $1";
            let number = sql::number(tx, NUMBER, [organisation.into()]).await?.max(built / 1000 - 1) + 1;
            const OLD: &str = "DELETE FROM bundle_parts WHERE organisation = $1 AND area = $2 AND kind = $3 AND built < $4";
            const INSERT: &str = "INSERT INTO bundle_parts (hash, organisation, area, kind, version, number, size, \
                 opened_size, key, seen, built, contents) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
            let kind = i16::from(part.kind.number());
            let old = [
                organisation.into(),
                area.as_str().into(),
                kind.into(),
                (built - 2 * super::DAY).into(),
            ];
            sql::run(tx, OLD, old).await?;
            let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
            let row = [
                part.hash.to_vec().into(),
                organisation.into(),
                area.as_str().into(),
                kind.into(),
                signed(part.version).into(),
                number.into(),
                signed(part.size).into(),
                signed(part.opened_size).into(),
                sealed.into(),
                seen.into(),
                built.into(),
                contents.into(),
            ];
            sql::run(tx, INSERT, row).await?;
            Ok::<_, DeviceError>(number.unsigned_abs())
        })
    });
    Ok(Stored {
        part,
        number: work.await?,
        built,
        seen,
        key,
    })
}

/// Whether an area's phones may have a part, and its length; none where there is no such part for them.
pub(super) async fn size_for<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    area: &str,
    hash: &[u8; 32],
) -> Result<Option<u64>, DbError> {
    const SIZE: &str =
        "SELECT size FROM bundle_parts WHERE hash = $1 AND organisation = $2 AND (area = '' OR area = $3)";
    let values = [hash.to_vec().into(), organisation.into(), area.into()];
    let row = sql::one(connection, SIZE, values).await?;
    Ok(row
        .map(|row| row.try_get_by_index::<i64>(0).map(i64::unsigned_abs))
        .transpose()?)
}

/// Bytes of a part from a place on.
pub(super) async fn bytes<C: ConnectionTrait>(
    connection: &C,
    (organisation, hash): (i64, &[u8; 32]),
    (from, length): (u64, u64),
) -> Result<Vec<u8>, DbError> {
    let text = match connection.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT substring(contents FROM CAST($2 AS INTEGER) FOR CAST($3 AS INTEGER)) FROM bundle_parts WHERE hash = $1 AND organisation = $4"
        }
        _ => "SELECT substr(contents, $2, $3) FROM bundle_parts WHERE hash = $1 AND organisation = $4",
    };
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let values = [
        hash.to_vec().into(),
        signed(from + 1).into(),
        signed(length).into(),
        organisation.into(),
    ];
    let row = sql::one(connection, text, values).await?;
    let row = row.ok_or_else(|| DbError::Missing("the part".to_owned()))?;
    Ok(row.try_get_by_index(0)?)
}
