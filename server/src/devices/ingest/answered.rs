//! Packets that were answered before.

use std::collections::{HashMap, HashSet};

use data_encoding::HEXLOWER;
use sea_orm::QueryResult;
use teranga_core::person::MpiId;
use teranga_core::wire::PacketId;
use teranga_core::wire::receipt::{Outcome, refusal};

use super::unseal::Opened;
use super::{Answer, Context, Key};
use crate::app::App;
use crate::db::{DbError, sql};
use crate::devices::known::fixed;

/// Answers to those that were answered before, and those that were not, each once.
pub(super) async fn split(
    app: &App,
    context: &Context,
    list: &[Opened],
) -> Result<(Vec<(Key, Answer)>, Vec<Opened>), DbError> {
    let known = known(app, context, list).await?;
    let (mut answers, mut fresh, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    for one in list {
        match known.get(&one.packet) {
            Some((digest, answer)) if *digest == one.digest => answers.push((one.key(), answer.clone())),
            Some(_) => answers.push((one.key(), other())),
            None if seen.insert(one.packet) => fresh.push(one.clone()),
            None => answers.extend(twice(&fresh, one)),
        }
    }
    Ok((answers, fresh))
}

/// A name that stands twice in a list: the same fact is answered by the first, another is refused.
fn twice(fresh: &[Opened], one: &Opened) -> Option<(Key, Answer)> {
    let first = fresh.iter().find(|first| first.packet == one.packet)?;
    (first.digest != one.digest).then(|| (one.key(), other()))
}

fn other() -> Answer {
    Answer::refused(
        refusal::OTHER_PACKET,
        "its name stands for another packet of this device",
        "enter what it held again",
    )
}

async fn known(
    app: &App,
    context: &Context,
    list: &[Opened],
) -> Result<HashMap<PacketId, ([u8; 32], Answer)>, DbError> {
    let reader = app.db.reader();
    let backend = app.db.backend();
    let text = format!(
        "SELECT p.packet, p.digest, p.outcome, p.refusal, r.number FROM device_packets p \
         LEFT JOIN identities i ON i.id = p.identity LEFT JOIN identities r ON r.id = i.root \
         WHERE p.device = $2 AND p.outcome < $3 AND p.packet IN (SELECT {} FROM {})",
        sql::bytes(backend, 0),
        sql::rows(backend, 1)
    );
    let names: Vec<_> = list
        .iter()
        .map(|one| serde_json::json!([HEXLOWER.encode(&one.packet.to_bytes())]))
        .collect();
    let below: i16 = if context.release { 4 } else { 5 };
    let values = [sql::table(&names), context.device.row.into(), below.into()];
    let rows = sql::all(reader, &text, values).await?;
    rows.iter().map(read).collect()
}

fn read(row: &QueryResult) -> Result<(PacketId, ([u8; 32], Answer)), DbError> {
    let damaged = |what: &str| DbError::Corrupt(what.to_owned());
    let packet = PacketId::from_bytes(fixed(row, 0)?).map_err(|_| damaged("a packet's name"))?;
    let refused: Option<String> = row.try_get_by_index(3)?;
    let outcome = match row.try_get_by_index::<i16>(2)? {
        0 => Outcome::Accepted,
        1 => Outcome::Linked,
        2 => Outcome::Review,
        3 => serde_json::from_str(&refused.unwrap_or_default()).map_err(|_| damaged("a refusal"))?,
        _ => Outcome::Kept,
    };
    let number: Option<String> = row.try_get_by_index(4)?;
    let mpi = number.map(|number| MpiId::parse(&number).map_err(|_| damaged("a number")));
    let answer = Answer {
        outcome,
        mpi: mpi.transpose()?,
    };
    Ok((packet, (fixed(row, 1)?, answer)))
}
