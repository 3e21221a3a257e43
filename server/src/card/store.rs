//! Rows of cards, by the hashes of their tokens and codes.
//!
//! Every change goes through this file, because every change takes a number of the feed of cards: from those numbers
//! each server keeps its look-up current ([`super::live`]).

use jiff::civil::Date;
use sea_orm::ConnectionTrait;
use teranga_core::card::code::{CardCode, CodeSalt};
use teranga_core::card::key::Kid;
use teranga_core::card::token::TokenHash;
use teranga_core::clock;

use super::reason::Reason;
use super::standing::{self, Standing};
use crate::audit::{self, Entry};
use crate::db::feed::Feed;
use crate::db::{DbError, Tx, sql};

/// The salt under which the database holds card codes. Registries have one of each campaign.
pub(super) const CODES: CodeSalt = CodeSalt(*b"teranga/server/1");

/// A card to be kept.
#[derive(Debug, Clone)]
pub struct NewCard {
    /// The row of its organisation.
    pub organisation: i64,
    /// The row of its campaign.
    pub campaign: i64,
    /// The row of its holder; none for a blank card and for one whose holder is not in the index.
    pub identity: Option<i64>,
    /// SHA-256 of its token.
    pub token_hash: TokenHash,
    /// The code that is printed on it.
    pub code: Option<CardCode>,
    /// The key that signed it; none for a card of the older form.
    pub kid: Option<Kid>,
    /// The day of its issue.
    pub issued: Date,
    /// The first day on which it is no longer valid.
    pub expires: Option<Date>,
}

/// Why cards were not changed as asked.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    /// The database's own.
    #[error(transparent)]
    Db(#[from] DbError),
    /// There is no such card.
    #[error("no card of this organisation has this handle; it is printed by `teranga card make`")]
    Unknown,
    /// A card cannot take its own place, nor that of a card that is kept already.
    #[error("the new card is kept already; make another one")]
    NotNew,
}

/// Keeps a card. The row's number; none when a card of this token is kept already, which is left as it is.
pub async fn insert(tx: &Tx, card: &NewCard) -> Result<Option<i64>, DbError> {
    let revision = Feed::Cards.advance(tx).await?;
    insert_as(tx, card, revision).await
}

/// Keeps many cards as one change, and says how many were not there yet.
pub async fn insert_all(tx: &Tx, cards: &[NewCard]) -> Result<u64, DbError> {
    let revision = Feed::Cards.advance(tx).await?;
    let mut added = 0;
    for card in cards {
        added += u64::from(insert_as(tx, card, revision).await?.is_some());
    }
    Ok(added)
}

async fn insert_as(tx: &Tx, card: &NewCard, revision: i64) -> Result<Option<i64>, DbError> {
    const INSERT: &str = "INSERT INTO cards (organisation, campaign, identity, token_hash, code_hash, kid, issued, \
         expires, revision) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (token_hash) DO NOTHING RETURNING id";
    let values = [
        card.organisation.into(),
        card.campaign.into(),
        card.identity.into(),
        card.token_hash.to_vec().into(),
        card.code.map(|code| code.hash(&CODES).to_vec()).into(),
        card.kid.map(|kid| kid.to_string()).into(),
        millis(card.issued).into(),
        card.expires.map(millis).into(),
        revision.into(),
    ];
    let row = sql::one(tx, INSERT, values).await?;
    Ok(row.map(|row| row.try_get_by_index(0)).transpose()?)
}

/// A card that was printed here, with what is needed to print it again.
#[derive(Debug, Clone)]
pub struct PrintedCard {
    /// Its row.
    pub card: NewCard,
    /// The campaign's beneficiary whom it is for. One card of each counts.
    pub beneficiary: Option<i64>,
    /// For a blank card: the row of its lot, and its place in it.
    pub place_in_lot: Option<(i64, i32)>,
    /// Its nonce and its code, sealed.
    pub print: Vec<u8>,
}

/// Keeps cards that were printed here, as one change, in one statement. Fails where one is kept already, or where a
/// beneficiary has a card that counts.
pub async fn insert_printed(tx: &Tx, cards: &[PrintedCard]) -> Result<(), DbError> {
    if cards.is_empty() {
        return Ok(());
    }
    let backend = tx.get_database_backend();
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let row = |printed: &PrintedCard| {
        let card = &printed.card;
        serde_json::json!([
            card.organisation,
            card.campaign,
            card.identity,
            hex(&card.token_hash),
            card.code.map(|code| hex(&code.hash(&CODES))),
            card.kid.map(|kid| kid.to_string()),
            millis(card.issued),
            card.expires.map(millis),
            printed.beneficiary,
            printed.place_in_lot.map(|(lot, _)| lot),
            printed.place_in_lot.map(|(_, serial)| serial),
            hex(&printed.print),
        ])
    };
    let rows: Vec<_> = cards.iter().map(row).collect();
    let bytes = |at| sql::bytes(backend, at);
    let columns = [
        sql::int(0),
        sql::int(1),
        sql::int(2),
        bytes(3),
        bytes(4),
        sql::text(5),
        sql::int(6),
        sql::int(7),
        sql::int(8),
        sql::int(9),
        sql::int(10),
        bytes(11),
    ];
    let text = format!(
        "INSERT INTO cards (organisation, campaign, identity, token_hash, code_hash, kid, issued, expires, beneficiary, \
         lot, serial, print, revision) SELECT {}, CAST($2 AS BIGINT) FROM {}",
        columns.join(", "),
        sql::rows(backend, 1)
    );
    // The feed's row last: every other writer of cards waits for it.
    let revision = Feed::Cards.advance(tx).await?;
    sql::run(tx, &text, [sql::table(&rows), revision.into()]).await?;
    Ok(())
}

/// Keeps a card in place of another of the same holder, which is revoked first. The new row's number.
pub async fn reissue(tx: &Tx, old: &Revocation, new: &PrintedCard) -> Result<i64, CardError> {
    const NEW: &str = "SELECT id FROM cards WHERE token_hash = $1";
    const POINT: &str = "UPDATE cards SET replaced_by = $1 WHERE organisation = $2 AND token_hash = $3";
    if !revoke(tx, old).await? {
        return Err(CardError::NotNew);
    }
    insert_printed(tx, std::slice::from_ref(new)).await?;
    let id = sql::number(tx, NEW, [new.card.token_hash.to_vec().into()]).await?;
    let values = [id.into(), old.organisation.into(), old.token_hash.to_vec().into()];
    sql::run(tx, POINT, values).await?;
    Ok(id)
}

/// A card that is to count no longer.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// The row of its organisation.
    pub organisation: i64,
    /// SHA-256 of its token.
    pub token_hash: TokenHash,
    /// Why.
    pub reason: Reason,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who revokes it, as the audit names people and programs.
    pub actor: String,
}

/// Revokes a card, and says whether it counted until now. One that was revoked before keeps its first day and reason.
pub async fn revoke(tx: &Tx, revocation: &Revocation) -> Result<bool, CardError> {
    revoke_for(tx, revocation, None).await
}

/// Keeps a card in place of another, which is revoked; the new one is not. The new row's number.
pub async fn replace(tx: &Tx, old: &Revocation, new: &NewCard) -> Result<i64, CardError> {
    let id = insert(tx, new).await?.ok_or(CardError::NotNew)?;
    revoke_for(tx, old, Some(id)).await?;
    Ok(id)
}

async fn revoke_for(tx: &Tx, revocation: &Revocation, replaced_by: Option<i64>) -> Result<bool, CardError> {
    const REVOKE: &str = "UPDATE cards SET state = 1, revoked = $1, revoked_for = $2, replaced_by = $3, revision = $4 \
         WHERE organisation = $5 AND token_hash = $6 AND state = 0 RETURNING id";
    const IS_THERE: &str = "SELECT count(*) FROM cards WHERE organisation = $1 AND token_hash = $2";
    let (organisation, hash) = (revocation.organisation, revocation.token_hash.to_vec());
    let values = [
        revocation.at.into(),
        revocation.reason.code().into(),
        replaced_by.into(),
        Feed::Cards.advance(tx).await?.into(),
        organisation.into(),
        hash.clone().into(),
    ];
    let Some(row) = sql::one(tx, REVOKE, values).await? else {
        return match sql::number(tx, IS_THERE, [organisation.into(), hash.into()]).await? {
            0 => Err(CardError::Unknown),
            _ => Ok(false),
        };
    };
    let id: i64 = row.try_get_by_index(0).map_err(DbError::from)?;
    // Recorded with the time of recording: a card may have been revoked earlier, elsewhere.
    let at = clock::now().as_millisecond();
    let entry = Entry::new(
        Some(organisation),
        at,
        revocation.actor.as_str(),
        "card.revoke",
        format!("card:{id}"),
    );
    audit::record(tx, &entry.with_private("reason", revocation.reason.code())).await?;
    Ok(true)
}

/// What became of the card of a token, by one look into an index.
pub async fn standing<C: ConnectionTrait>(
    connection: &C,
    token_hash: &TokenHash,
) -> Result<Option<Standing>, DbError> {
    let columns = standing::COLUMNS;
    let text = format!("SELECT {columns} FROM cards WHERE token_hash = $1");
    let row = sql::one(connection, &text, [token_hash.to_vec().into()]).await?;
    row.map(|row| standing::read(&row, 0)).transpose()
}

/// A place in the feed of cards: everything up to it has been seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    revision: i64,
    id: i64,
}

impl Place {
    /// Whether all changes up to a number have been seen.
    pub fn has_reached(&self, revision: i64) -> bool {
        self.revision >= revision
    }

    /// The place after all changes up to a number.
    pub fn after(revision: i64) -> Self {
        Self {
            revision,
            id: i64::MAX,
        }
    }
}

/// Changes after a place, at most `most` of them, and the place after the last.
pub async fn changes<C: ConnectionTrait>(
    connection: &C,
    after: Place,
    most: u32,
) -> Result<(Vec<(TokenHash, Standing)>, Place), DbError> {
    let columns = standing::COLUMNS;
    let text = format!(
        "SELECT revision, id, token_hash, {columns} FROM cards WHERE (revision, id) > ($1, $2) \
         ORDER BY revision, id LIMIT {most}"
    );
    let mut place = after;
    let mut found = Vec::new();
    for row in sql::all(connection, &text, [after.revision.into(), after.id.into()]).await? {
        place = Place {
            revision: row.try_get_by_index(0)?,
            id: row.try_get_by_index(1)?,
        };
        let hash: Vec<u8> = row.try_get_by_index(2)?;
        let hash = hash
            .try_into()
            .map_err(|_| DbError::Corrupt("a card's handle of another length".to_owned()))?;
        found.push((hash, standing::read(&row, 3)?));
    }
    Ok((found, place))
}

/// Midnight UTC of a day, in milliseconds since 1970.
pub fn millis(date: Date) -> i64 {
    clock::day_number(date) * clock::SECONDS_PER_DAY * 1000
}
