//! What phones do with cards in the field: a blank card gets its holder, a card is found by its handle or its code.

use sea_orm::ConnectionTrait;
use teranga_core::card::token::TokenHash;
use teranga_core::wire::fact::CardRef;

use super::store::CODES;
use crate::audit::{self, Entry};
use crate::db::feed::Feed;
use crate::db::{DbError, Tx, sql};

/// A card's row, as far as the field needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its row.
    pub id: i64,
    /// SHA-256 of its token.
    pub token_hash: TokenHash,
    /// The registration that holds it; none for a blank card.
    pub identity: Option<i64>,
    /// The row of its campaign.
    pub campaign: i64,
    /// Whether it was revoked.
    pub is_revoked: bool,
}

/// The card of an organization that was scanned or typed.
pub async fn find<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    card: &CardRef,
) -> Result<Option<Held>, DbError> {
    let (column, value) = match card {
        CardRef::Token(hash) => ("token_hash", hash.to_vec()),
        CardRef::Code(code) => ("code_hash", code.hash(&CODES).to_vec()),
    };
    let text = format!(
        "SELECT id, token_hash, identity, campaign, state FROM cards WHERE organisation = $1 AND {column} = $2"
    );
    let Some(row) = sql::one(connection, &text, [organisation.into(), value.into()]).await? else {
        return Ok(None);
    };
    let hash: Vec<u8> = row.try_get_by_index(1)?;
    Ok(Some(Held {
        id: row.try_get_by_index(0)?,
        token_hash: hash
            .try_into()
            .map_err(|_| DbError::Corrupt("a card's handle of another length".to_owned()))?,
        identity: row.try_get_by_index(2)?,
        campaign: row.try_get_by_index(3)?,
        is_revoked: row.try_get_by_index::<i16>(4)? != 0,
    }))
}

/// The cards of a person that count, of one campaign or lot.
pub async fn of_person(
    tx: &Tx,
    organisation: i64,
    (root, campaign): (i64, i64),
) -> Result<Vec<TokenHash>, DbError> {
    const CARDS: &str = "SELECT c.token_hash FROM cards c JOIN identities i ON i.id = c.identity \
         WHERE c.organisation = $1 AND c.campaign = $2 AND c.state = 0 AND i.root = $3 ORDER BY c.id";
    let rows = sql::all(tx, CARDS, [organisation.into(), campaign.into(), root.into()]).await?;
    let read = |row: &sea_orm::QueryResult| {
        let hash: Vec<u8> = row.try_get_by_index(0)?;
        hash.try_into()
            .map_err(|_| DbError::Corrupt("a card's handle of another length".to_owned()))
    };
    rows.iter().map(read).collect()
}

/// Gives a blank card its holder, and says whether it was still blank and good.
pub async fn bind(
    tx: &Tx,
    organisation: i64,
    (card, identity): (i64, i64),
    (actor, at): (&str, i64),
) -> Result<bool, DbError> {
    const BIND: &str = "UPDATE cards SET identity = $1, revision = $2 \
         WHERE id = $3 AND organisation = $4 AND identity IS NULL AND state = 0";
    let revision = Feed::Cards.advance(tx).await?;
    let values = [identity.into(), revision.into(), card.into(), organisation.into()];
    if sql::run(tx, BIND, values).await? == 0 {
        return Ok(false);
    }
    sql::run(tx, "DELETE FROM device_blanks WHERE card = $1", [card.into()]).await?;
    let entry = Entry::new(Some(organisation), at, actor, "card.bind", format!("card:{card}"));
    audit::record(tx, &entry).await?;
    Ok(true)
}
