//! What supervisors do with the phones of their area.

use sea_orm::QueryResult;
use teranga_core::wire::downlink::Message;
use teranga_core::wire::packet::SealedPacket;
use teranga_core::wire::receipt::Outcome;
use teranga_core::wire::session::Report;

use super::dto::{DeviceView, ReinstatedView, SyncView};
use super::known::{self, Device};
use super::{DeviceError, downlink, ingest};
use crate::access::{Action, Actor, Area, Scope, Target, decide};
use crate::app::App;
use crate::audit;
use crate::db::{Db, DbError, sql};
use crate::problem::{Kind, Problem};

/// The phones of a scope, with what they said of themselves last.
pub(super) async fn list(app: &App, scope: &Scope) -> Result<Vec<DeviceView>, DbError> {
    let (inside, values) = scope.paths("d.area", 2);
    let text = format!("{VIEW} WHERE d.organisation = $1 AND ({inside}) ORDER BY d.id LIMIT 10000");
    let values = std::iter::once(scope.organisation.into()).chain(values);
    let rows = sql::all(app.db.reader(), &text, values).await?;
    rows.iter().map(view).collect()
}

/// One phone.
pub(super) async fn show(app: &App, organisation: i64, id: i64) -> Result<Option<DeviceView>, DbError> {
    let text = format!("{VIEW} WHERE d.organisation = $1 AND d.id = $2");
    let row = sql::one(app.db.reader(), &text, [organisation.into(), id.into()]).await?;
    row.as_ref().map(view).transpose()
}

const VIEW: &str = "SELECT d.id, d.name, d.area, d.state, d.last_sync, s.skew, s.report, \
     (SELECT count(*) FROM device_packets p WHERE p.device = d.id), \
     (SELECT count(*) FROM device_packets p WHERE p.device = d.id AND p.outcome = 4) \
     FROM devices d LEFT JOIN device_syncs s ON s.id = (SELECT max(id) FROM device_syncs x WHERE x.device = d.id)";

fn view(row: &QueryResult) -> Result<DeviceView, DbError> {
    let report: Option<String> = row.try_get_by_index(6)?;
    let report: Option<Report> = report.and_then(|report| serde_json::from_str(&report).ok());
    let skew: Option<i64> = row.try_get_by_index(5)?;
    Ok(DeviceView {
        id: row.try_get_by_index(0)?,
        name: row.try_get_by_index(1)?,
        area: row.try_get_by_index(2)?,
        state: match row.try_get_by_index::<i16>(3)? {
            0 => "invited",
            1 => "enrolled",
            _ => "revoked",
        },
        last_sync: row.try_get_by_index(4)?,
        waiting: report.as_ref().map(|report| report.waiting),
        bundle: report.as_ref().map(|report| report.bundle),
        free_mib: report.as_ref().map(|report| report.free_mib),
        clock_ahead_seconds: skew.map(|skew| skew / 1000),
        screen_lock: report.as_ref().and_then(|report| report.screen_lock),
        encrypted: report.as_ref().and_then(|report| report.encrypted),
        app: report.map(|report| report.app),
        packets: row.try_get_by_index(7)?,
        kept: row.try_get_by_index(8)?,
    })
}

/// The latest syncs of a phone, the last first.
pub(super) async fn history(app: &App, device: i64) -> Result<Vec<SyncView>, DbError> {
    const HISTORY: &str = "SELECT at, skew, report, accepted, linked, reviewed, refused, kept, again FROM device_syncs \
         WHERE device = $1 ORDER BY id DESC LIMIT 500";
    let rows = sql::all(app.db.reader(), HISTORY, [device.into()]).await?;
    let sync = |row: &QueryResult| -> Result<SyncView, DbError> {
        let report: String = row.try_get_by_index(2)?;
        let report: Report = serde_json::from_str(&report).unwrap_or_default();
        Ok(SyncView {
            at: row.try_get_by_index(0)?,
            clock_ahead_seconds: row.try_get_by_index::<i64>(1)? / 1000,
            app: report.app,
            bundle: report.bundle,
            free_mib: report.free_mib,
            accepted: row.try_get_by_index(3)?,
            linked: row.try_get_by_index(4)?,
            review: row.try_get_by_index(5)?,
            refused: row.try_get_by_index(6)?,
            kept: row.try_get_by_index(7)?,
            again: row.try_get_by_index(8)?,
        })
    };
    rows.iter().map(sync).collect()
}

/// Fails unless the actor looks after the phones of the area of this one.
pub(super) async fn demand(app: &App, actor: &Actor, id: i64) -> Result<(), Problem> {
    const AREA: &str = "SELECT area FROM devices WHERE organisation = $1 AND id = $2";
    // Asked first, so that who has no right at all learns nothing of which phones there are.
    crate::access::scope(actor, Action::ManageDevices)?;
    let row = sql::one(app.db.reader(), AREA, [actor.organisation.into(), id.into()]).await?;
    let row = row.ok_or_else(|| Problem::new(Kind::NotFound))?;
    let area: String = row.try_get_by_index(0)?;
    let area: Area = area.parse().map_err(Problem::internal)?;
    decide(
        actor,
        Action::ManageDevices,
        &Target::within(actor.organisation, area),
    )?;
    Ok(())
}

/// The keys and state of a phone that has enrolled.
pub(super) async fn enrolled(app: &App, actor: &Actor, id: i64) -> Result<Device, Problem> {
    let device = known::by_row(app.db.reader(), actor.organisation, id).await?;
    device.ok_or_else(|| Problem::new(Kind::Conflict).saying("the device has not enrolled yet"))
}

/// Tells a phone to do something.
pub(super) async fn command(
    app: &App,
    actor: &Actor,
    device: Device,
    message: Message,
    action: &'static str,
) -> Result<(), DeviceError> {
    let actor = actor.clone();
    let work = app.db.write(move |tx| {
        Box::pin(async move {
            downlink::say(tx, &device, &[message], actor.at).await?;
            let target = format!("device:{}", device.row);
            audit::record(tx, &actor.entry(action, target)).await?;
            Ok::<_, DeviceError>(())
        })
    });
    work.await
}

/// Revokes a phone, and where asked tells it to destroy what it holds. What it sends from now on is kept aside. Says whether
/// the organization has it.
pub async fn revoke(db: &Db, actor: &Actor, id: i64, wipe: bool) -> Result<bool, DeviceError> {
    let actor = actor.clone();
    let device = known::by_row(db.reader(), actor.organisation, id).await?;
    let work = db.write(move |tx| {
        Box::pin(async move {
            if !crate::org::revoke_device(tx, actor.organisation, id).await? {
                return Ok(false);
            }
            // A ticket that nobody used yet must not let the phone in after all, and its blank cards are free again.
            for text in [
                "DELETE FROM device_tickets WHERE device = $1",
                "DELETE FROM device_blanks WHERE device = $1",
            ] {
                sql::run(tx, text, [id.into()]).await?;
            }
            if let Some(device) = device {
                let message = if wipe { Message::Wipe } else { Message::Lock };
                downlink::say(tx, &device, &[message], actor.at).await?;
            }
            let action = if wipe { "device.wipe" } else { "device.revoke" };
            audit::record(tx, &actor.entry(action, format!("device:{id}"))).await?;
            Ok::<_, DeviceError>(true)
        })
    });
    work.await
}

/// Takes a revocation back, and takes in what was kept aside meanwhile.
pub(super) async fn reinstate(
    app: &App,
    actor: &Actor,
    device: Device,
) -> Result<ReinstatedView, DeviceError> {
    let (row, actor) = (device.row, actor.clone());
    let told = device.clone();
    let work = app.db.write(move |tx| {
        Box::pin(async move {
            sql::run(
                tx,
                "UPDATE devices SET state = 1 WHERE id = $1 AND state = 2",
                [row.into()],
            )
            .await?;
            downlink::say(tx, &told, &[Message::Unlock], actor.at).await?;
            audit::record(tx, &actor.entry("device.reinstate", format!("device:{row}"))).await?;
            Ok::<_, DeviceError>(())
        })
    });
    work.await?;
    let device = known::by_row(app.db.reader(), device.organisation, row).await?;
    release(app, device.ok_or(DeviceError::Unknown)?).await
}

/// Takes in what was kept aside; what still cannot be stays there. The phone hears what became of each.
async fn release(app: &App, device: Device) -> Result<ReinstatedView, DeviceError> {
    let (mut taken, mut kept) = (0, 0);
    for packet in aside(app, device.row).await? {
        let id = packet.id;
        let receipts = ingest::release(app, &device, packet).await?;
        match receipts
            .receipts
            .into_iter()
            .next()
            .map(|receipt| receipt.outcome)
        {
            Some(outcome) if outcome.is_final() && outcome != Outcome::Kept => {
                taken += 1;
                say_decided(app, &device, id, outcome).await?;
            }
            _ => kept += 1,
        }
    }
    Ok(ReinstatedView { taken, kept })
}

async fn say_decided(
    app: &App,
    device: &Device,
    packet: teranga_core::wire::PacketId,
    outcome: Outcome,
) -> Result<(), DeviceError> {
    let (device, at) = (device.clone(), app.clock.millis());
    let work = app.db.write(move |tx| {
        Box::pin(async move { downlink::say(tx, &device, &[Message::Decided { packet, outcome }], at).await })
    });
    work.await
}

/// The packets that were kept aside, in the order in which the phone made them.
async fn aside(app: &App, device: i64) -> Result<Vec<SealedPacket>, DeviceError> {
    const KEPT: &str = "SELECT sealed FROM device_packets WHERE device = $1 AND outcome = 4 AND sealed IS NOT NULL \
         ORDER BY sequence";
    let rows = sql::all(app.db.reader(), KEPT, [device.into()]).await?;
    let read = |row: &QueryResult| -> Result<SealedPacket, DeviceError> {
        let sealed: Vec<u8> = row.try_get_by_index(0)?;
        Ok(SealedPacket::from_bytes(&sealed)?)
    };
    rows.iter().map(read).collect()
}
