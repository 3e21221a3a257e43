//! The cards of an organization, walked through in pieces.

use jiff::civil::Date;
use sea_orm::{ConnectionTrait, QueryResult};
use teranga_core::card::key::Kid;
use teranga_core::clock;
use teranga_core::registry::filter::Key;

use crate::db::{Db, DbError, sql};

/// Cards that are read at once.
const PIECE: i64 = 5_000;

const DAY: i64 = 1000 * clock::SECONDS_PER_DAY;

/// A card, as far as lists speak of it.
pub(super) struct Known {
    pub(super) id: i64,
    pub(super) token_hash: [u8; 32],
    pub(super) kid: Kid,
    pub(super) issued: Date,
    pub(super) is_revoked: bool,
    /// What prints it again, sealed.
    pub(super) print: Option<Vec<u8>>,
}

impl Known {
    pub(super) fn key(&self) -> Key {
        Key::of(&self.token_hash)
    }
}

/// Shows every card that a key signed to `see`: of one campaign, or of all.
pub(super) async fn each(
    db: &Db,
    (organisation, campaign): (i64, Option<i64>),
    mut see: impl FnMut(Known) -> Result<(), DbError>,
) -> Result<(), DbError> {
    const SELECT: &str = "SELECT id, token_hash, kid, issued, state, print FROM cards \
         WHERE organisation = $1 AND ($2 = 0 OR campaign = $2) AND kid IS NOT NULL AND id > $3 ORDER BY id LIMIT $4";
    let mut after = 0;
    loop {
        let values = [
            organisation.into(),
            campaign.unwrap_or_default().into(),
            after.into(),
            PIECE.into(),
        ];
        let rows = sql::all(db.reader(), SELECT, values).await?;
        for row in &rows {
            let card = read(row)?;
            after = card.id;
            see(card)?;
        }
        if i64::try_from(rows.len()).unwrap_or(i64::MAX) < PIECE {
            return Ok(());
        }
    }
}

fn read(row: &QueryResult) -> Result<Known, DbError> {
    let damaged = |what: &str| DbError::Corrupt(format!("a card's {what} does not read"));
    let hash: Vec<u8> = row.try_get_by_index(1)?;
    let kid: String = row.try_get_by_index(2)?;
    let issued: i64 = row.try_get_by_index(3)?;
    Ok(Known {
        id: row.try_get_by_index(0)?,
        token_hash: hash.try_into().map_err(|_| damaged("handle"))?,
        kid: kid.parse().map_err(|_| damaged("key"))?,
        issued: clock::date_of_day(issued.div_euclid(DAY)).ok_or_else(|| damaged("day of issue"))?,
        is_revoked: row.try_get_by_index::<i16>(4)? != 0,
        print: row.try_get_by_index(5)?,
    })
}

/// The revoked cards that changed after a number of the feed, or that were issued on or after a day.
pub(super) async fn revoked(
    db: &Db,
    organisation: i64,
    (since, beyond): (i64, Option<Date>),
) -> Result<Vec<Key>, DbError> {
    const REVOKED: &str = "SELECT token_hash FROM cards WHERE organisation = $1 AND state = 1 AND kid IS NOT NULL \
         AND (revision > $2 OR issued >= $3)";
    let beyond = beyond.map_or(i64::MAX, |day| clock::day_number(day) * DAY);
    let rows = sql::all(
        db.reader(),
        REVOKED,
        [organisation.into(), since.into(), beyond.into()],
    )
    .await?;
    let key = |row: &QueryResult| {
        let hash: Vec<u8> = row.try_get_by_index(0)?;
        let hash: Result<[u8; 32], _> = hash.try_into();
        hash.map(|hash| Key::of(&hash))
            .map_err(|_| DbError::Corrupt("a card's handle does not read".to_owned()))
    };
    rows.iter().map(key).collect()
}

/// Campaigns with cards: row, prefix, and the number in the feed of cards of the last change to one.
pub(super) async fn changed<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
) -> Result<Vec<(i64, String, i64)>, DbError> {
    const CHANGED: &str = "SELECT c.id, c.prefix, (SELECT MAX(k.revision) FROM cards k WHERE k.campaign = c.id) \
         FROM campaigns c WHERE c.organisation = $1 AND EXISTS (SELECT 1 FROM cards k WHERE k.campaign = c.id \
         AND k.kid IS NOT NULL) ORDER BY c.id";
    let rows = sql::all(connection, CHANGED, [organisation.into()]).await?;
    rows.iter()
        .map(|row| {
            Ok((
                row.try_get_by_index(0)?,
                row.try_get_by_index(1)?,
                row.try_get_by_index::<Option<i64>>(2)?.unwrap_or_default(),
            ))
        })
        .collect()
}
