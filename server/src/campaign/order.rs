//! What a shard's cards are made of, read before they are drawn.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, QueryResult};
use teranga_core::person::Demographics;
use teranga_render::scene::Layout;

use super::CampaignError;
use super::request::Making;
use crate::db::{DbError, sql};
use crate::studio::{self, Attribute, Printed};

/// A person who gets a card.
pub(super) struct Person {
    pub(super) beneficiary: i64,
    pub(super) identity: i64,
    pub(super) number: String,
    /// As the index has it; read where the card is drawn, so that one that does not read is one card's fault.
    pub(super) record: String,
    pub(super) enrolled: Option<i64>,
    /// Somebody who was found to be one person with another of the campaign.
    pub(super) is_double: bool,
}

impl Person {
    pub(super) fn read(&self) -> Result<Demographics, &'static str> {
        serde_json::from_str(&self.record).map_err(|_| "the person's record does not read")
    }
}

/// A shard, ready to be made.
pub(super) struct Order {
    pub(super) organisation: i64,
    pub(super) campaign: i64,
    pub(super) prefix: String,
    pub(super) number: i32,
    pub(super) making: Making,
    pub(super) layout: Arc<Layout>,
    pub(super) lines: Vec<Attribute>,
    pub(super) beside: Printed,
    pub(super) people: Vec<Person>,
}

/// Reads a shard; none when it is not to be made any more.
pub(super) async fn order<C: ConnectionTrait>(
    connection: &C,
    run: i64,
    shard: i64,
) -> Result<Option<Order>, CampaignError> {
    const ABOUT: &str = "SELECT r.organisation, r.campaign, c.prefix, s.number, r.request, p.public_name, c.name \
         FROM shards s JOIN runs r ON r.id = s.run JOIN campaigns c ON c.id = r.campaign \
         JOIN programmes p ON p.id = c.programme WHERE s.id = $1 AND s.run = $2 AND s.state = 0 AND r.state IN (0, 1)";
    let Some(row) = sql::one(connection, ABOUT, [shard.into(), run.into()]).await? else {
        return Ok(None);
    };
    let text = |at| row.try_get_by_index::<String>(at).map_err(DbError::from);
    let making = Making::of(&text(4)?)?;
    let layout = studio::layout(connection, &making.form, making.design).await;
    let layout = layout.map_err(|error| match error {
        studio::StudioError::Db(error) => CampaignError::Db(error),
        _ => CampaignError::Refused("the run's design cannot be drawn any more; start another run"),
    })?;
    Ok(Some(Order {
        organisation: row.try_get_by_index(0).map_err(DbError::from)?,
        campaign: row.try_get_by_index(1).map_err(DbError::from)?,
        prefix: text(2)?,
        number: row.try_get_by_index(3).map_err(DbError::from)?,
        lines: making.form.lines(),
        beside: Printed {
            programme: text(5)?,
            campaign: text(6)?,
            enrolled: None,
            issued: Some(making.issued),
            expires: Some(making.expires),
        },
        layout,
        making,
        people: people(connection, shard).await?,
    }))
}

/// The people of a shard who have no card, with the record of whom they were found to be.
async fn people<C: ConnectionTrait>(connection: &C, shard: i64) -> Result<Vec<Person>, DbError> {
    const PEOPLE: &str = "SELECT b.id, i.root, r.number, r.person, \
         (SELECT MIN(e.enrolled) FROM enrollments e JOIN campaigns c ON c.programme = e.programme \
          WHERE e.identity = i.id AND c.id = b.campaign), \
         CASE WHEN i.root <> i.id AND EXISTS (SELECT 1 FROM beneficiaries o JOIN identities oi ON oi.id = o.identity \
          WHERE o.campaign = b.campaign AND o.id <> b.id AND oi.root = i.root AND (o.card IS NOT NULL OR o.identity = i.root \
          OR o.id < b.id)) THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END \
         FROM beneficiaries b JOIN identities i ON i.id = b.identity JOIN identities r ON r.id = i.root \
         WHERE b.shard = $1 AND b.card IS NULL ORDER BY b.id";
    let rows = sql::all(connection, PEOPLE, [shard.into()]).await?;
    rows.iter().map(person).collect()
}

fn person(row: &QueryResult) -> Result<Person, DbError> {
    Ok(Person {
        beneficiary: row.try_get_by_index(0)?,
        identity: row.try_get_by_index(1)?,
        number: row.try_get_by_index::<Option<String>>(2)?.unwrap_or_default(),
        record: row.try_get_by_index(3)?,
        enrolled: row.try_get_by_index(4)?,
        is_double: row.try_get_by_index::<i64>(5)? == 1,
    })
}
