//! Packets become rows, each once.
//!
//! A list of packets is opened ([`unseal`]), those that were answered before are looked up ([`answered`]), and the rest is
//! written in one transaction with the registrations resolved together, each other fact in a savepoint of its own
//! ([`facts`]), and a row for every packet ([`rows`]). The row's key is the phone and the packet's name, so that the same
//! packet, sent twice at the same moment to two servers, fails one transaction, which then finds the other's answer.
//! When a list fails as a whole it is halved until the packet at fault stands alone; that one is told to come later, and
//! blocks no other.

mod answered;
mod facts;
mod people;
mod rows;
mod unseal;

use std::collections::HashMap;

use teranga_core::ids::OsRandom;
use teranga_core::person::MpiId;
use teranga_core::wire::PacketId;
use teranga_core::wire::packet::SealedPacket;
use teranga_core::wire::receipt::{self, Assigned, Outcome, Receipt, Receipts, refusal};

use super::DeviceError;
use super::known::Device;
use super::setup::Users;
use crate::app::App;
use crate::db::DbError;
use unseal::Opened;

/// How often a list that met another's packets is tried.
const TRIES: usize = 3;

/// What became of a packet, and the number of whom it registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) outcome: Outcome,
    pub(super) mpi: Option<MpiId>,
}

impl Answer {
    fn of(outcome: Outcome) -> Self {
        Self { outcome, mpi: None }
    }

    fn refused(code: &str, why: &str, action: &str) -> Self {
        Self::of(Outcome::Refused {
            code: code.to_owned(),
            why: why.to_owned(),
            action: action.to_owned(),
        })
    }
}

/// What all packets of one request have in common.
#[derive(Clone)]
pub(super) struct Context {
    pub(super) device: Device,
    /// The line of the history that counts them, if they came in a session of the phone's own.
    pub(super) sync: Option<i64>,
    /// The server's time.
    pub(super) at: i64,
    /// Whether packets that were kept aside are taken in now.
    pub(super) release: bool,
}

/// Takes packets in that one phone sent, and gives a receipt for each. Packets of other phones are refused.
pub(super) async fn take_in(
    app: &App,
    device: &Device,
    sync: Option<i64>,
    packets: Vec<SealedPacket>,
) -> Result<Receipts, DeviceError> {
    let context = Context {
        device: device.clone(),
        sync,
        at: app.clock.millis(),
        release: false,
    };
    taken(app, context, packets).await
}

/// Takes in a packet that was kept aside. Where that cannot be, it stays aside.
pub(super) async fn release(
    app: &App,
    device: &Device,
    packet: SealedPacket,
) -> Result<Receipts, DeviceError> {
    let context = Context {
        device: device.clone(),
        sync: None,
        at: app.clock.millis(),
        release: true,
    };
    taken(app, context, vec![packet]).await
}

async fn taken(app: &App, context: Context, packets: Vec<SealedPacket>) -> Result<Receipts, DeviceError> {
    let device = &context.device;
    let order: Vec<(PacketId, u64)> = packets
        .iter()
        .map(|packet| (packet.id, packet.sequence))
        .collect();
    let mut answers = Vec::with_capacity(packets.len());
    let opened = unseal::all(app, device, packets).await?;
    let users = Users::of(app, device).await?;
    let mut open = Vec::new();
    for one in opened {
        match one {
            Ok(opened) => open.push(opened),
            Err(unproven) => answers.push(*unproven),
        }
    }
    let mut again = 0;
    take(app, &context, &users, open, &mut answers, &mut again).await?;
    rows::count(app, &context, &answers, again).await?;
    receipts(&context, order, answers)
}

/// Takes a list in, halving it where it fails as a whole.
async fn take(
    app: &App,
    context: &Context,
    users: &Users,
    list: Vec<Opened>,
    answers: &mut Vec<(Key, Answer)>,
    again: &mut i64,
) -> Result<(), DeviceError> {
    let mut lists = vec![list];
    while let Some(list) = lists.pop() {
        match together(app, context, users, &list, answers, again).await {
            Ok(()) => {}
            Err(DeviceError::Db(error)) if error.is_passing() || error == DbError::Full => {
                return Err(error.into());
            }
            Err(error) if list.len() == 1 => {
                tracing::error!(kind = list[0].kind(), %error, "a packet was not taken in");
                let why = "the server could not take it in now".to_owned();
                answers.push((list[0].key(), Answer::of(Outcome::Later { why })));
            }
            Err(_) => {
                let mut first = list;
                let second = first.split_off(first.len() / 2);
                // The first half comes out first: facts follow the registrations that they are about.
                lists.extend([second, first]);
            }
        }
    }
    Ok(())
}

/// A packet in one request: the name may come twice with different facts.
pub(super) type Key = (PacketId, [u8; 32]);

async fn together(
    app: &App,
    context: &Context,
    users: &Users,
    list: &[Opened],
    answers: &mut Vec<(Key, Answer)>,
    again: &mut i64,
) -> Result<(), DeviceError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let (known, fresh) = answered::split(app, context, list).await?;
        let repeated = i64::try_from(known.len()).unwrap_or(i64::MAX);
        let taken = match fresh.is_empty() {
            true => Ok(Vec::new()),
            false => facts::write(app, context, users, fresh).await,
        };
        match taken {
            // Another server, or another request, took one of them meanwhile.
            Err(
                DeviceError::Db(DbError::Conflict(_))
                | DeviceError::Mpi(crate::mpi::MpiError::Db(DbError::Conflict(_))),
            ) if tries < TRIES => {}
            Err(DeviceError::Mpi(crate::mpi::MpiError::Db(error))) => return Err(error.into()),
            Err(error) => return Err(error),
            Ok(taken) => {
                *again += repeated;
                answers.extend(known);
                answers.extend(taken);
                return Ok(());
            }
        }
    }
}

fn receipts(
    context: &Context,
    order: Vec<(PacketId, u64)>,
    answers: Vec<(Key, Answer)>,
) -> Result<Receipts, DeviceError> {
    let assigned: Vec<Assigned> = answers
        .iter()
        .filter_map(|((packet, _), answer)| {
            let (packet, mpi) = (*packet, answer.mpi?);
            Some(Assigned { packet, mpi })
        })
        .collect();
    // Of a name that came twice, the answer that counts is the one that was done.
    let mut by_name: HashMap<PacketId, Answer> = HashMap::new();
    for ((packet, _), answer) in answers {
        let is_better = by_name.get(&packet).is_none_or(|held| {
            matches!(held.outcome, Outcome::Refused { .. })
                && !matches!(answer.outcome, Outcome::Refused { .. })
        });
        if is_better {
            by_name.insert(packet, answer);
        }
    }
    let device = &context.device;
    let sealed = receipt::seal_assigned(&device.keys.vault, device.id, &assigned, &mut OsRandom)?;
    let lost = || Outcome::Later {
        why: "the server has no answer for it".to_owned(),
    };
    Ok(Receipts {
        device: device.id,
        at: context.at,
        epoch: device.epoch,
        receipts: order
            .into_iter()
            .map(|(packet, sequence)| Receipt {
                packet,
                sequence,
                outcome: by_name
                    .get(&packet)
                    .map_or_else(lost, |answer| answer.outcome.clone()),
            })
            .collect(),
        assigned: sealed,
    })
}

/// The answer to a packet that names another phone than the one that sends.
fn not_yours() -> Answer {
    Answer::refused(
        refusal::NOT_YOURS,
        "it is another device's packet",
        "let that device send it, or carry it by relay",
    )
}
