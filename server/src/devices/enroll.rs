//! A ticket and keys become a phone of the organization.

use sea_orm::ConnectionTrait as _;
use teranga_core::wire::enroll::{EnrollAnswer, EnrollRequest, Enrolled};
use teranga_core::wire::{Base64, DeviceId, VERSION};

use super::known::{self, Device};
use super::{DeviceError, pool, setup, signer, ticket};
use crate::app::App;
use crate::audit::{self, Entry};
use crate::db::{Tx, sql};

/// Reserved numbers that a phone gets when it enrolls, and to which its pool is filled up later.
pub(super) const POOL: usize = 500;

/// Enrolls a phone. The same keys with the same ticket get the same answer, for as long as the phone counts.
pub(super) async fn enroll(app: &App, request: EnrollRequest) -> Result<EnrollAnswer, DeviceError> {
    let name = request.verify()?;
    let (hash, at) = (ticket::hash(&request.ticket.0), app.clock.millis());
    let about = serde_json::to_string(&request.app).unwrap_or_default();
    let about: String = about.chars().take(1_000).collect();
    let row = app
        .db
        .write(move |tx| {
            Box::pin(async move {
                let device = admitted(tx, &hash, name, at).await?;
                take_keys(tx, device, name, &request, &about, at).await
            })
        })
        .await?;
    let (organisation, device) = row;
    let device = known::by_row(app.db.reader(), organisation, device).await?;
    let device = device.ok_or(DeviceError::Unknown)?;
    pool::fill(app, &device, POOL).await?;
    answer(app, &device).await
}

async fn answer(app: &App, device: &Device) -> Result<EnrollAnswer, DeviceError> {
    let (_, trust) = signer::trust_list(app)?;
    let enrolled = Enrolled {
        device: device.id,
        at: app.clock.millis(),
        epoch: device.epoch,
        setup: setup::current(app, device).await?,
    };
    Ok(EnrollAnswer {
        version: VERSION,
        trust: Base64(trust),
        enrolled: signer::sign(app, &enrolled)?,
    })
}

/// The organization and invited phone of a ticket that counts for this name, which it is used by from now on.
async fn admitted(tx: &Tx, hash: &[u8; 32], name: DeviceId, at: i64) -> Result<(i64, i64), DeviceError> {
    let lock = sql::for_update(tx.get_database_backend());
    let select =
        format!("SELECT organisation, device, expires, used_by FROM device_tickets WHERE hash = $1{lock}");
    let row = sql::one(tx, &select, [hash.to_vec().into()]).await?;
    let row = row.ok_or(DeviceError::Ticket)?;
    let used_by: Option<Vec<u8>> = row.try_get_by_index(3)?;
    let is_again = used_by.as_deref() == Some(&name.0[..]);
    let is_fresh = used_by.is_none() && at <= row.try_get_by_index::<i64>(2)?;
    if !is_again && !is_fresh {
        return Err(DeviceError::Ticket);
    }
    const USE: &str = "UPDATE device_tickets SET used_by = $1 WHERE hash = $2";
    sql::run(tx, USE, [name.0.to_vec().into(), hash.to_vec().into()]).await?;
    Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))
}

/// Writes the keys down, unless the phone is known: then it stays who it was, and its history with it.
async fn take_keys(
    tx: &Tx,
    (organisation, device): (i64, i64),
    name: DeviceId,
    request: &EnrollRequest,
    about: &str,
    at: i64,
) -> Result<(i64, i64), DeviceError> {
    if let Some(known) = known::by_id(tx, name).await? {
        return again(tx, (organisation, device), &known, request).await;
    }
    const TAKEN: &str = "SELECT count(*) FROM device_keys WHERE device = $1";
    if sql::number(tx, TAKEN, [device.into()]).await? > 0 {
        return Err(DeviceError::Ticket);
    }
    const INSERT: &str = "INSERT INTO device_keys (name, organisation, device, signing, transport, vault, app, enrolled) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let keys = &request.keys;
    let row = [
        name.0.to_vec().into(),
        organisation.into(),
        device.into(),
        keys.signing.to_vec().into(),
        keys.transport.to_vec().into(),
        keys.vault.to_vec().into(),
        about.into(),
        at.into(),
    ];
    sql::run(tx, INSERT, row).await?;
    const ENROLL: &str = "UPDATE devices SET state = 1 WHERE id = $1 AND state = 0";
    if sql::run(tx, ENROLL, [device.into()]).await? == 0 {
        return Err(DeviceError::Ticket);
    }
    let actor = format!("device:{device}");
    let entry = Entry::new(Some(organisation), at, actor.clone(), "device.enroll", actor);
    audit::record(tx, &entry).await?;
    Ok((organisation, device))
}

/// A phone that is known: the invitation that it came with this time is not needed.
async fn again(
    tx: &Tx,
    (organisation, device): (i64, i64),
    known: &Device,
    request: &EnrollRequest,
) -> Result<(i64, i64), DeviceError> {
    if known.organisation != organisation || known.keys != request.keys {
        return Err(DeviceError::Ticket);
    }
    if known.is_revoked {
        return Err(DeviceError::Revoked);
    }
    if known.row != device {
        const POINT: &str = "UPDATE device_tickets SET device = $1 WHERE device = $2";
        sql::run(tx, POINT, [known.row.into(), device.into()]).await?;
        sql::run(
            tx,
            "DELETE FROM devices WHERE id = $1 AND state = 0",
            [device.into()],
        )
        .await?;
    }
    Ok((organisation, known.row))
}
