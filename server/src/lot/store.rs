//! Rows of lots.

use sea_orm::{ConnectionTrait, QueryResult};
use serde::Serialize;
use utoipa::ToSchema;

use super::print::Print;
use crate::access::Actor;
use crate::audit;
use crate::campaign::{CampaignError, Making, quota};
use crate::db::feed::Feed;
use crate::db::{DbError, Tx, sql};
use crate::queue::{self, NewJob};

/// Where a lot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LotState {
    /// It is being printed.
    Printing,
    /// Printed, and nobody has it.
    InStock,
    /// An agent has it.
    WithAgent,
    /// None of its cards counts.
    Revoked,
    /// It could not be printed.
    Failed,
}

impl LotState {
    const fn of(code: i16) -> Self {
        match code {
            0 => Self::Printing,
            1 => Self::InStock,
            2 => Self::WithAgent,
            3 => Self::Revoked,
            _ => Self::Failed,
        }
    }
}

/// A lot of blank cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Lot {
    /// Its row.
    #[schema(example = 2)]
    pub id: i64,
    /// Its number, as it stands on the cards.
    #[schema(example = "MAL26-0001")]
    pub number: String,
    /// The campaign's number.
    #[schema(example = 3)]
    pub campaign: i64,
    /// Where it is.
    #[schema(inline)]
    pub state: LotState,
    /// Cards in it.
    #[schema(example = 500)]
    pub size: i32,
    /// Cards that nobody holds and that count.
    pub blank: i64,
    /// Cards that were bound to a person.
    pub bound: i64,
    /// Cards that count no longer, one by one.
    pub revoked_cards: i64,
    /// The user who has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<i64>,
    /// When it was ordered, in milliseconds since 1970.
    pub created: i64,
    /// When it was handed out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handed: Option<i64>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<i64>,
    /// Why it could not be printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

const SELECT: &str = "SELECT l.id, l.number, l.campaign, l.state, l.size, l.holder, l.created, l.handed, l.revoked, l.error, \
     (SELECT count(*) FROM cards c WHERE c.lot = l.id AND c.state = 0 AND c.identity IS NULL), \
     (SELECT count(*) FROM cards c WHERE c.lot = l.id AND c.identity IS NOT NULL), \
     (SELECT count(*) FROM cards c WHERE c.lot = l.id AND c.state = 1) FROM lots l";

fn read(row: &QueryResult) -> Result<Lot, DbError> {
    Ok(Lot {
        id: row.try_get_by_index(0)?,
        number: row.try_get_by_index(1)?,
        campaign: row.try_get_by_index(2)?,
        state: LotState::of(row.try_get_by_index(3)?),
        size: row.try_get_by_index(4)?,
        holder: row.try_get_by_index(5)?,
        created: row.try_get_by_index(6)?,
        handed: row.try_get_by_index(7)?,
        revoked: row.try_get_by_index(8)?,
        error: row.try_get_by_index(9)?,
        blank: row.try_get_by_index(10)?,
        bound: row.try_get_by_index(11)?,
        revoked_cards: row.try_get_by_index(12)?,
    })
}

/// The lots of an organization, the latest first.
pub async fn lots<C: ConnectionTrait>(connection: &C, organisation: i64) -> Result<Vec<Lot>, DbError> {
    let text = format!("{SELECT} WHERE l.organisation = $1 ORDER BY l.id DESC LIMIT 500");
    let rows = sql::all(connection, &text, [organisation.into()]).await?;
    rows.iter().map(read).collect()
}

/// A lot of an organization.
pub async fn lot<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    id: i64,
) -> Result<Option<Lot>, DbError> {
    let text = format!("{SELECT} WHERE l.id = $1 AND l.organisation = $2");
    let row = sql::one(connection, &text, [id.into(), organisation.into()]).await?;
    row.as_ref().map(read).transpose()
}

/// Orders a lot of a campaign: it gets the campaign's next number, quota is reserved, and the job that prints it is
/// enqueued. Its row.
pub async fn order(
    tx: &Tx,
    actor: &Actor,
    (campaign, size): (i64, i32),
    making: &Making,
) -> Result<i64, CampaignError> {
    const PREFIX: &str = "SELECT prefix FROM campaigns WHERE id = $1 AND organisation = $2";
    const COUNT: &str = "SELECT count(*) FROM lots WHERE campaign = $1";
    const INSERT: &str = "INSERT INTO lots (organisation, campaign, number, size, request, created) \
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    let organisation = actor.organisation;
    let row = sql::one(tx, PREFIX, [campaign.into(), organisation.into()]).await?;
    let prefix: String = row
        .ok_or(CampaignError::Unknown)?
        .try_get_by_index(0)
        .map_err(DbError::from)?;
    let number = sql::number(tx, COUNT, [campaign.into()]).await? + 1;
    quota::reserve(tx, organisation, size.into()).await?;
    let row = [
        organisation.into(),
        campaign.into(),
        format!("{prefix}-{number:04}").into(),
        size.into(),
        making.text()?.into(),
        actor.at.into(),
    ];
    // Two orders at once want the same number: the second is a conflict, and asks again.
    let lot = sql::number(tx, INSERT, row).await?;
    queue::enqueue(tx, &NewJob::new(Print { lot }, actor.at).of(format!("lot:{lot}"))).await?;
    audit::record(tx, &actor.entry("lot.order", format!("lot:{lot}"))).await?;
    Ok(lot)
}

/// Writes down that an agent has a lot. One that an agent has can be handed on.
pub async fn hand(tx: &Tx, actor: &Actor, lot: i64, login: &str) -> Result<(), CampaignError> {
    const USER: &str = "SELECT id FROM users WHERE organisation = $1 AND login = $2";
    const HAND: &str = "UPDATE lots SET state = 2, holder = $1, handed = $2 WHERE id = $3 AND organisation = $4 \
         AND state IN (1, 2)";
    let row = sql::one(tx, USER, [actor.organisation.into(), login.into()]).await?;
    let row = row.ok_or(CampaignError::Refused(
        "there is no user of this login; list the users",
    ))?;
    let user: i64 = row.try_get_by_index(0).map_err(DbError::from)?;
    let values = [
        user.into(),
        actor.at.into(),
        lot.into(),
        actor.organisation.into(),
    ];
    if sql::run(tx, HAND, values).await? == 0 {
        return Err(CampaignError::Refused(
            "a lot is handed out when it is printed and not revoked",
        ));
    }
    let entry = actor.entry("lot.hand", format!("lot:{lot}"));
    audit::record(tx, &entry.with_private("holder", format!("user:{user}"))).await?;
    Ok(())
}

/// Revokes a lot: its cards that nobody holds count no longer, and its key is withdrawn with the next list. Cards that
/// were bound to a person are revoked too where `bound_too` says so. How many cards were revoked.
pub async fn revoke(tx: &Tx, actor: &Actor, lot: i64, bound_too: bool) -> Result<u64, CampaignError> {
    const LOT: &str =
        "UPDATE lots SET state = 3, revoked = $1 WHERE id = $2 AND organisation = $3 AND state IN (1, 2)";
    const CARDS: &str = "UPDATE cards SET state = 1, revoked = $1, revoked_for = 'stolen', revision = $2 \
         WHERE lot = $3 AND state = 0 AND (identity IS NULL OR $4 = 1)";
    let values = [actor.at.into(), lot.into(), actor.organisation.into()];
    if sql::run(tx, LOT, values).await? == 0 {
        return Err(CampaignError::Refused(
            "a lot is revoked once, after it is printed",
        ));
    }
    let revision = Feed::Cards.advance(tx).await?;
    let values = [
        actor.at.into(),
        revision.into(),
        lot.into(),
        i64::from(bound_too).into(),
    ];
    let revoked = sql::run(tx, CARDS, values).await?;
    audit::record(tx, &actor.entry("lot.revoke", format!("lot:{lot}"))).await?;
    crate::publish::wanted(tx, actor.organisation, actor.at).await?;
    Ok(revoked)
}
