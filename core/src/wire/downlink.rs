//! What the server has to say to a device besides receipts.
//!
//! A page is signed as a whole; each message in it is sealed to one of the device's keys: what a locked phone must obey to
//! the transport key, what is personal to the vault key. A phone keeps what it cannot open yet. Numbers count up for each
//! device; a message may come again and must then change nothing.

use serde::{Deserialize, Serialize};

use super::enroll::{DeviceKeys, Setup};
use super::receipt::Outcome;
use super::{Base64, DeviceId, DeviceKey, Document, PacketId, SealError, Signed, WireError, seal_to};
use crate::card::key::Context;
use crate::ids::Random;
use crate::person::{Demographics, MpiId};

const INFO: &[u8] = b"teranga/downlink/v1";

/// `GET /sync/v1/downlink?after=`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DownlinkAnswer {
    /// Of this form.
    pub version: u32,
    /// The messages.
    pub page: Signed<Page>,
    /// Whether there are more: ask again after the last number.
    pub more: bool,
}

/// Messages to a device, in the order of their numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// To whom.
    pub device: DeviceId,
    /// The server's time, milliseconds since 1970.
    pub at: i64,
    /// See [`super::session::Standing`].
    pub epoch: u64,
    /// The messages.
    pub items: Vec<Item>,
}

impl Document for Page {
    const CONTEXT: Context = Context::Command;
    const MOST: usize = 4 << 20;
}

/// One message, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Counts up for each device, from 1.
    pub number: u64,
    /// To which key it is sealed.
    pub to: To,
    /// JSON of a [`Message`], sealed.
    pub sealed: Base64,
}

/// To which key of a device a message is sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum To {
    /// Opens without a PIN.
    Transport,
    /// Opens with a PIN.
    Vault,
}

/// What the server says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "kebab-case")]
pub enum Message {
    /// Lock until `unlock`; no PIN opens it meanwhile.
    Lock,
    /// Take a lock back.
    Unlock,
    /// Destroy the vault, all keys and the outbox.
    Wipe,
    /// Let a user whose slot was destroyed choose a new PIN.
    EnableUser {
        /// The server's number.
        user: u64,
    },
    /// Who may use the device, for what, and where, from now on.
    Setup(Box<Setup>),
    /// A packet's outcome has changed: a review was decided, or a kept packet was taken.
    Decided {
        /// Which packet.
        packet: PacketId,
        /// What became of it.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// Reserved numbers and blank cards, besides those that the device has.
    Pool(Pool),
    /// The number under which a registration stands has changed.
    Numbered {
        /// Which registration.
        packet: PacketId,
        /// Its number now.
        mpi: MpiId,
    },
    /// A person's data were corrected.
    Corrected {
        /// Whose.
        mpi: MpiId,
        /// How they stand now.
        person: Box<Demographics>,
    },
}

impl std::fmt::Debug for Message {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Message([withheld])")
    }
}

/// What a device may give out.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// The 8 characters of reserved numbers; see [`MpiId::reserved`].
    pub codes: Vec<String>,
    /// Blank cards.
    pub blanks: Vec<Blank>,
}

/// A blank card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blank {
    /// Its lot.
    pub lot: String,
    /// Its number in the lot, as printed.
    pub serial: String,
    /// SHA-256 of its token.
    #[serde(with = "super::binary::fixed")]
    pub token: [u8; 32],
}

impl Message {
    /// To which key it is sealed.
    pub const fn to(&self) -> To {
        match self {
            Self::Lock
            | Self::Unlock
            | Self::Wipe
            | Self::EnableUser { .. }
            | Self::Setup(_)
            | Self::Decided { .. } => To::Transport,
            Self::Pool(_) | Self::Numbered { .. } | Self::Corrected { .. } => To::Vault,
        }
    }

    /// Seals the message to a device.
    pub fn seal(
        &self,
        number: u64,
        (device, keys): (DeviceId, &DeviceKeys),
        random: &mut impl Random,
    ) -> Result<Item, SealError> {
        let to = self.to();
        let key = match to {
            To::Transport => &keys.transport,
            To::Vault => &keys.vault,
        };
        let json = serde_json::to_vec(self).map_err(|_| WireError::Invalid("JSON"))?;
        let sealed = Base64(seal_to(key, INFO, device, &json, random)?);
        Ok(Item { number, to, sealed })
    }
}

impl Item {
    /// Opens the message with the key that [`Item::to`] names. Its page's signature was checked before.
    pub fn open(&self, device: DeviceId, key: &DeviceKey) -> Result<Message, WireError> {
        let json = key.open(INFO, device, &self.sealed.0)?;
        serde_json::from_slice(&json).map_err(|_| WireError::Invalid("JSON"))
    }
}
