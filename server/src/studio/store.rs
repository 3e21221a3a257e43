//! Designs that are kept.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, QueryResult};
use teranga_render::data::Picture;
use teranga_render::logo::{Logo, MAX_BYTES, MAX_LOGOS};
use teranga_render::scene::{Layout, Logos};

use super::DesignForm;
use crate::db::{DbError, Tx, sql};

/// Why a design was not drawn or kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StudioError {
    /// The database's own.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The design is not as it should be; says which line, and what is asked for there.
    #[error("{0}")]
    Form(String),
    /// A code that is none.
    #[error("a code has 1 to 40 small letters, digits and hyphens, such as malaria-2026")]
    Code,
    /// There is no such design.
    #[error("there is no design of this code")]
    Unknown,
}

/// A design that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// Its row.
    pub id: i64,
    /// What it is called by.
    pub code: String,
    /// What it looks like.
    pub form: DesignForm,
    /// Counts its changes.
    pub revision: i32,
    /// When it last changed, in milliseconds since 1970.
    pub changed: i64,
}

const COLUMNS: &str = "id, code, form, revision, changed";

fn read(row: &QueryResult) -> Result<Design, DbError> {
    let form: String = row.try_get_by_index(2)?;
    Ok(Design {
        id: row.try_get_by_index(0)?,
        code: row.try_get_by_index(1)?,
        form: serde_json::from_str(&form)
            .map_err(|_| DbError::Corrupt("a design does not read".to_owned()))?,
        revision: row.try_get_by_index(3)?,
        changed: row.try_get_by_index(4)?,
    })
}

/// The designs of an organization, by code.
pub async fn designs<C: ConnectionTrait>(connection: &C, organisation: i64) -> Result<Vec<Design>, DbError> {
    let text = format!("SELECT {COLUMNS} FROM designs WHERE organisation = $1 ORDER BY code");
    let rows = sql::all(connection, &text, [organisation.into()]).await?;
    rows.iter().map(read).collect()
}

/// The design of a code.
pub async fn design<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    code: &str,
) -> Result<Option<Design>, DbError> {
    let text = format!("SELECT {COLUMNS} FROM designs WHERE organisation = $1 AND code = $2");
    let row = sql::one(connection, &text, [organisation.into(), code.into()]).await?;
    row.as_ref().map(read).transpose()
}

/// Keeps a design under a code, in place of what was there; says its row and whether it is new. It is checked first.
pub async fn save(
    tx: &Tx,
    organisation: i64,
    (code, form): (&str, &DesignForm),
    at: i64,
) -> Result<(i64, bool), StudioError> {
    const UPSERT: &str = "INSERT INTO designs (organisation, code, form, created, changed) VALUES ($1, $2, $3, $4, $4) \
         ON CONFLICT (organisation, code) DO UPDATE SET form = excluded.form, changed = excluded.changed, \
         revision = designs.revision + 1 RETURNING id, revision";
    let is_code = (1..=40).contains(&code.len())
        && code
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_code {
        return Err(StudioError::Code);
    }
    form.layout(&Logos::default())?;
    let text = serde_json::to_string(form).map_err(|error| StudioError::Form(error.to_string()))?;
    let row = sql::one(
        tx,
        UPSERT,
        [organisation.into(), code.into(), text.into(), at.into()],
    )
    .await?;
    let row = row.ok_or(StudioError::Unknown)?;
    let revision: i32 = row.try_get_by_index(1).map_err(DbError::from)?;
    Ok((row.try_get_by_index(0).map_err(DbError::from)?, revision == 1))
}

/// Removes a design; campaigns keep what they took of it. Says whether it was there.
pub async fn remove(tx: &Tx, organisation: i64, code: &str) -> Result<bool, DbError> {
    const LOGOS: &str = "DELETE FROM design_logos WHERE design IN \
         (SELECT id FROM designs WHERE organisation = $1 AND code = $2)";
    const DESIGN: &str = "DELETE FROM designs WHERE organisation = $1 AND code = $2";
    sql::run(tx, LOGOS, [organisation.into(), code.into()]).await?;
    Ok(sql::run(tx, DESIGN, [organisation.into(), code.into()]).await? == 1)
}

/// Keeps a logo of a design at a place from 0, decoded and written again, so that nothing of the file but its picture
/// is kept.
pub async fn save_logo(tx: &Tx, design: i64, place: i16, file: &[u8]) -> Result<(), StudioError> {
    const UPSERT: &str = "INSERT INTO design_logos (design, place, picture) VALUES ($1, $2, $3) \
         ON CONFLICT (design, place) DO UPDATE SET picture = excluded.picture";
    let said = |error: &dyn std::fmt::Display| StudioError::Form(format!("logo: {error}"));
    if usize::try_from(place).is_ok_and(|place| place >= MAX_LOGOS) || place < 0 {
        return Err(said(&format!("a card has room for {MAX_LOGOS}")));
    }
    if file.len() > MAX_BYTES {
        return Err(said(&format!(
            "at most {MAX_BYTES} bytes are taken; save it smaller"
        )));
    }
    let picture = Logo::decode(file).map_err(|error| said(&error))?;
    let picture = picture.png().map_err(|error| said(&error))?;
    sql::run(tx, UPSERT, [design.into(), place.into(), picture.into()]).await?;
    Ok(())
}

/// A design ready for cards, with its logos where it is kept.
pub async fn layout<C: ConnectionTrait>(
    connection: &C,
    form: &DesignForm,
    design: Option<i64>,
) -> Result<Arc<Layout>, StudioError> {
    const LOGOS: &str = "SELECT place, picture FROM design_logos WHERE design = $1 ORDER BY place";
    let mut logos = Logos::default();
    if let Some(design) = design {
        for row in sql::all(connection, LOGOS, [design.into()]).await? {
            let (place, file): (i16, Vec<u8>) = (
                row.try_get_by_index(0).map_err(DbError::from)?,
                row.try_get_by_index(1).map_err(DbError::from)?,
            );
            let logo = Logo::decode(&file).map_err(|error| StudioError::Form(format!("logo: {error}")))?;
            let room = usize::try_from(place).ok().and_then(|place| logos.get_mut(place));
            if let Some(room) = room {
                *room = Some(Arc::new(Picture::from(&logo)));
            }
        }
    }
    form.layout(&logos)
}
