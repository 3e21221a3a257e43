//! What the server has to say to a phone: sealed when it is said, fetched page by page, kept for whoever comes late.

use sea_orm::ConnectionTrait;
use teranga_core::ids::OsRandom;
use teranga_core::person::MpiId;
use teranga_core::wire::downlink::{Item, Message, Page, To};
use teranga_core::wire::receipt::Outcome;
use teranga_core::wire::{Base64, PacketId};

use super::DeviceError;
use super::known::{Device, fixed};
use crate::app::App;
use crate::db::{DbError, Tx, sql};

/// Messages on a page.
const PAGE: usize = 100;

/// Most changes that are told at once; the rest waits for the next session.
const CHANGES: usize = 500;

/// Says something to a phone, in the transaction of its cause.
pub(super) async fn say(tx: &Tx, device: &Device, messages: &[Message], at: i64) -> Result<(), DeviceError> {
    const NEXT: &str = "UPDATE device_keys SET downlink = downlink + 1 WHERE device = $1 RETURNING downlink";
    const INSERT: &str = "INSERT INTO device_downlinks (device, number, at, kind, sealed_to, sealed) \
         VALUES ($1, $2, $3, $4, $5, $6)";
    for message in messages {
        let number = sql::number(tx, NEXT, [device.row.into()]).await?;
        let item = message.seal(number.unsigned_abs(), (device.id, &device.keys), &mut OsRandom)?;
        let sealed_to: i16 = match item.to {
            To::Transport => 0,
            To::Vault => 1,
        };
        let row = [
            device.row.into(),
            number.into(),
            at.into(),
            kind(message).into(),
            sealed_to.into(),
            item.sealed.0.into(),
        ];
        sql::run(tx, INSERT, row).await?;
    }
    Ok(())
}

/// What a message is, for whoever looks after the phone; never what it says.
fn kind(message: &Message) -> &'static str {
    match message {
        Message::Lock => "lock",
        Message::Unlock => "unlock",
        Message::Wipe => "wipe",
        Message::EnableUser { .. } => "enable-user",
        Message::Setup(_) => "setup",
        Message::Decided { .. } => "decided",
        Message::Pool(_) => "pool",
        Message::Numbered { .. } => "numbered",
        Message::Corrected { .. } => "corrected",
    }
}

/// The messages after a number, and whether there are more. A revoked phone gets commands only.
pub(super) async fn page<C: ConnectionTrait>(
    connection: &C,
    device: &Device,
    after: u64,
    at: i64,
) -> Result<(Page, bool), DeviceError> {
    let only = if device.is_revoked {
        " AND kind IN ('lock', 'wipe')"
    } else {
        ""
    };
    let text = format!(
        "SELECT number, sealed_to, sealed FROM device_downlinks WHERE device = $1 AND number > $2{only} \
         ORDER BY number LIMIT {}",
        PAGE + 1
    );
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let rows = sql::all(connection, &text, [device.row.into(), after.into()]).await?;
    let more = rows.len() > PAGE;
    let read = |row: &sea_orm::QueryResult| -> Result<Item, DbError> {
        Ok(Item {
            number: row.try_get_by_index::<i64>(0)?.unsigned_abs(),
            to: match row.try_get_by_index::<i16>(1)? {
                0 => To::Transport,
                _ => To::Vault,
            },
            sealed: Base64(row.try_get_by_index(2)?),
        })
    };
    let items = rows.iter().take(PAGE).map(read).collect::<Result<_, _>>()?;
    let page = Page {
        device: device.id,
        at,
        epoch: device.epoch,
        items,
    };
    Ok((page, more))
}

/// A registration of which the phone was told something that is no longer so.
struct Change {
    packet: PacketId,
    number: String,
    revision: i32,
    person: Option<String>,
    decided: Option<Outcome>,
}

/// Tells a phone what became of those whom it registered: reviews that were decided, numbers that lead elsewhere since a
/// merge, data that were corrected.
pub(super) async fn tell_changes(app: &App, device: &Device) -> Result<(), DeviceError> {
    let changes = changes(app, device.row).await?;
    if changes.is_empty() {
        return Ok(());
    }
    let (device, at) = (device.clone(), app.clock.millis());
    let work = app.db.write(move |tx| {
        Box::pin(async move {
            for change in changes {
                let messages = messages(&change)?;
                const TOLD: &str = "UPDATE device_packets SET told = $1, told_revision = $2, outcome = $3 \
                     WHERE device = $4 AND packet = $5";
                const TOLD_ONLY: &str = "UPDATE device_packets SET told = $1, told_revision = $2 \
                     WHERE device = $3 AND packet = $4";
                let (device_row, packet) = (device.row.into(), change.packet.to_bytes().to_vec().into());
                let (number, revision) = (change.number.into(), change.revision.into());
                match change.decided.as_ref().map(outcome_code) {
                    Some(code) => {
                        sql::run(tx, TOLD, [number, revision, code.into(), device_row, packet]).await?
                    }
                    None => sql::run(tx, TOLD_ONLY, [number, revision, device_row, packet]).await?,
                };
                say(tx, &device, &messages, at).await?;
            }
            Ok::<_, DeviceError>(())
        })
    });
    work.await
}

fn outcome_code(outcome: &Outcome) -> i16 {
    match outcome {
        Outcome::Linked => 1,
        _ => 0,
    }
}

async fn changes(app: &App, device: i64) -> Result<Vec<Change>, DeviceError> {
    let text = format!(
        "SELECT p.packet, r.number, r.revision, CASE WHEN r.revision > p.told_revision THEN r.person END, \
         p.outcome, i.root <> i.id, p.told <> r.number FROM device_packets p JOIN identities i ON i.id = p.identity \
         JOIN identities r ON r.id = i.root WHERE p.device = $1 AND r.state = 0 AND r.number IS NOT NULL AND \
         (p.told <> r.number OR r.revision > p.told_revision OR (p.outcome = 2 AND NOT EXISTS \
         (SELECT 1 FROM reviews v WHERE v.state = 0 AND v.kind = 'review' AND (v.low IN (i.id, i.root) OR v.high IN (i.id, i.root))))) \
         ORDER BY p.sequence LIMIT {CHANGES}"
    );
    let mut changes = Vec::new();
    for row in sql::all(app.db.reader(), &text, [device.into()]).await? {
        let was_review = row.try_get_by_index::<i16>(4)? == 2;
        let is_linked: bool = row.try_get_by_index(5)?;
        changes.push(Change {
            packet: PacketId::from_bytes(fixed(&row, 0)?)
                .map_err(|_| DbError::Corrupt("a packet's name".to_owned()))?,
            number: row.try_get_by_index(1)?,
            revision: row.try_get_by_index(2)?,
            person: row.try_get_by_index(3)?,
            decided: was_review.then_some(if is_linked {
                Outcome::Linked
            } else {
                Outcome::Accepted
            }),
        });
    }
    Ok(changes)
}

fn messages(change: &Change) -> Result<Vec<Message>, DeviceError> {
    let damaged = |what: &str| DeviceError::Db(DbError::Corrupt(what.to_owned()));
    let (packet, mpi) = (
        change.packet,
        MpiId::parse(&change.number).map_err(|_| damaged("a number"))?,
    );
    let mut messages = Vec::new();
    if let Some(outcome) = change.decided.clone() {
        messages.push(Message::Decided { packet, outcome });
    }
    messages.push(Message::Numbered { packet, mpi });
    if let Some(person) = &change.person {
        let person = serde_json::from_str(person).map_err(|_| damaged("a person"))?;
        messages.push(Message::Corrected { mpi, person });
    }
    Ok(messages)
}
