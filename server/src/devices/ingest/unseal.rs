//! Opening packets: signature first, then the seal. No database, no waiting: it runs on a thread for such work.

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use teranga_core::card::key::Kid;
use teranga_core::sensitive::Secret;
use teranga_core::wire::fact::Fact;
use teranga_core::wire::packet::{Envelope, Opener, SealedPacket};
use teranga_core::wire::receipt::{Outcome, refusal};
use teranga_core::wire::{PacketId, WireError};

use super::{Answer, Key, not_yours};
use crate::app::App;
use crate::devices::known::Device;
use crate::devices::{DeviceError, signer};

/// A packet that the phone signed, opened as far as it goes.
#[derive(Clone)]
pub(super) struct Opened {
    pub(super) packet: PacketId,
    pub(super) sequence: u64,
    /// SHA-256 of the fact, so that the same fact sealed again is the same packet.
    pub(super) digest: [u8; 32],
    pub(super) content: Content,
    /// The packet as it came, in case that it is kept aside.
    pub(super) sealed: Arc<SealedPacket>,
}

/// The answer to a packet of which nothing proves that it is the phone's.
pub(super) type Unproven = Box<(Key, Answer)>;

/// What was in a packet.
#[derive(Clone)]
pub(super) enum Content {
    Fact(Box<Fact>),
    /// Signed, and of no use: it is refused, and stays refused.
    Unreadable,
}

impl Opened {
    pub(super) fn key(&self) -> Key {
        (self.packet, self.digest)
    }

    pub(super) fn kind(&self) -> &'static str {
        match &self.content {
            Content::Fact(fact) => fact.body.name(),
            Content::Unreadable => "unreadable",
        }
    }
}

/// Opens packets that one phone sent; those that cannot be are answered here and leave no row, since nothing in them is
/// proven to be the phone's.
pub(super) async fn all(
    app: &App,
    device: &Device,
    packets: Vec<SealedPacket>,
) -> Result<Vec<Result<Opened, Unproven>>, DeviceError> {
    let mut secrets: HashMap<Kid, Option<Arc<Secret<32>>>> = HashMap::new();
    for kid in packets.iter().map(|packet| packet.envelope.kid) {
        if let std::collections::hash_map::Entry::Vacant(entry) = secrets.entry(kid) {
            entry.insert(signer::sync(app, kid)?);
        }
    }
    let device = device.clone();
    let work = tokio::task::spawn_blocking(move || {
        let mut openers: HashMap<Envelope, Result<Opener, WireError>> = HashMap::new();
        let open = |packet| one(&device, &secrets, &mut openers, packet);
        packets.into_iter().map(open).collect()
    });
    work.await.map_err(|error| DeviceError::Failed(error.to_string()))
}

fn one(
    device: &Device,
    secrets: &HashMap<Kid, Option<Arc<Secret<32>>>>,
    openers: &mut HashMap<Envelope, Result<Opener, WireError>>,
    packet: SealedPacket,
) -> Result<Opened, Unproven> {
    let of_bytes: [u8; 32] = Sha256::digest(packet.to_bytes()).into();
    let answered = |answer| Err(Box::new(((packet.id, of_bytes), answer)));
    if packet.device != device.id {
        return answered(not_yours());
    }
    if packet.verify(&device.signing()).is_err() {
        return answered(Answer::refused(
            refusal::SIGNATURE,
            "it was changed on its way, or is not this device's",
            "send it again; if it is refused again, register the person again",
        ));
    }
    let Some(Some(secret)) = secrets.get(&packet.envelope.kid) else {
        return answered(later("the server does not have the key that it was sealed to"));
    };
    let opener = openers
        .entry(packet.envelope)
        .or_insert_with(|| Opener::new(device.id, packet.envelope, secret));
    let content = match opener
        .as_ref()
        .map_err(Clone::clone)
        .and_then(|opener| opener.open(&packet))
    {
        Ok(fact) => Content::Fact(Box::new(fact)),
        Err(WireError::FutureVersion(_)) => {
            return answered(later("the server is older than the app and has to be updated"));
        }
        Err(_) => Content::Unreadable,
    };
    let digest = match &content {
        Content::Fact(fact) => Sha256::digest(fact.to_bytes()).into(),
        Content::Unreadable => of_bytes,
    };
    Ok(Opened {
        packet: packet.id,
        sequence: packet.sequence,
        digest,
        content,
        sealed: Arc::new(packet),
    })
}

fn later(why: &str) -> Answer {
    let why = why.to_owned();
    Answer::of(Outcome::Later { why })
}
