//! Whom a fact is about, and whether the phone's user may touch them.

use std::collections::HashMap;

use teranga_core::person::Place;
use teranga_core::wire::PacketId;
use teranga_core::wire::fact::Subject;

use crate::access::{Action, Actor, Area};
use crate::db::{DbError, Tx, sql};
use crate::devices::ingest::Context;

/// A person in the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The row of the registration.
    pub(super) row: i64,
    /// The identity under which it stands.
    pub(super) root: i64,
    /// The number of that identity.
    pub(super) number: String,
    area: Area,
}

const COLUMNS: &str = "i.id, i.root, r.number, r.country, r.region, r.district";

/// The person whom a fact names; none where there is none in the organization.
pub(super) async fn find(
    tx: &Tx,
    context: &Context,
    subject: &Subject,
    registered: &HashMap<PacketId, i64>,
) -> Result<Option<Found>, DbError> {
    match subject {
        Subject::Mpi(mpi) => {
            let from = "numbers n JOIN identities i ON i.id = n.identity JOIN identities r ON r.id = i.root";
            let text = format!(
                "SELECT {COLUMNS} FROM {from} WHERE n.code = $1 AND n.number = $2 AND n.organisation = $3 AND n.state < 2"
            );
            let organisation = context.device.organisation;
            let values = [mpi.random_part().into(), mpi.as_str().into(), organisation.into()];
            read(sql::one(tx, &text, values).await?)
        }
        Subject::Registration(packet) => match registered.get(packet) {
            Some(row) => by_row(tx, context, *row).await,
            None => by_packet(tx, context, *packet).await,
        },
    }
}

async fn by_row(tx: &Tx, context: &Context, row: i64) -> Result<Option<Found>, DbError> {
    let text = format!(
        "SELECT {COLUMNS} FROM identities i JOIN identities r ON r.id = i.root WHERE i.id = $1 AND i.organisation = $2"
    );
    read(sql::one(tx, &text, [row.into(), context.device.organisation.into()]).await?)
}

async fn by_packet(tx: &Tx, context: &Context, packet: PacketId) -> Result<Option<Found>, DbError> {
    let text = format!(
        "SELECT {COLUMNS} FROM device_packets p JOIN identities i ON i.id = p.identity \
         JOIN identities r ON r.id = i.root WHERE p.device = $1 AND p.packet = $2"
    );
    let values = [context.device.row.into(), packet.to_bytes().to_vec().into()];
    read(sql::one(tx, &text, values).await?)
}

fn read(row: Option<sea_orm::QueryResult>) -> Result<Option<Found>, DbError> {
    let Some(row) = row else {
        return Ok(None);
    };
    let place = Place {
        country: row.try_get_by_index(3)?,
        region: row.try_get_by_index(4)?,
        district: row.try_get_by_index(5)?,
        ..Place::default()
    };
    Ok(Some(Found {
        row: row.try_get_by_index(0)?,
        root: row.try_get_by_index(1)?,
        number: row.try_get_by_index::<Option<String>>(2)?.unwrap_or_default(),
        area: Area::of_place(&place),
    }))
}

/// The holder of a card, whoever they are.
pub(super) async fn holder(tx: &Tx, context: &Context, identity: i64) -> Result<Option<Found>, DbError> {
    by_row(tx, context, identity).await
}

/// Whether a user may do something to a person: someone of their area, or whom this phone registered.
pub(super) async fn in_sight(
    tx: &Tx,
    context: &Context,
    (actor, action): (&Actor, Action),
    found: &Found,
) -> Result<bool, DbError> {
    let mut grants = actor.grants.iter().filter(|grant| grant.role.may(action));
    if grants.any(|grant| grant.area.covers(&found.area)) {
        return Ok(true);
    }
    const OWN: &str = "SELECT count(*) FROM identities i JOIN device_packets p ON p.identity = i.id \
         WHERE i.root = $1 AND p.device = $2";
    Ok(sql::number(tx, OWN, [found.root.into(), context.device.row.into()]).await? > 0)
}
