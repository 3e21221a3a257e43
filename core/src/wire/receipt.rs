//! Receipts: what became of each packet. A phone lets go of a packet only after a signed one.
//!
//! Receipts say nothing about people, so that a locked phone can read them. The numbers that people got come beside them,
//! sealed to the vault key, and wait for a PIN.

use serde::{Deserialize, Serialize};

use super::{Base64, DeviceId, DeviceKey, Document, PacketId, SealError, WireError, seal_to};
use crate::card::key::Context;
use crate::ids::Random;
use crate::person::MpiId;

const INFO: &[u8] = b"teranga/assigned/v1";

/// The receipts for the packets of one device in one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipts {
    /// Whose packets.
    pub device: DeviceId,
    /// The server's time, milliseconds since 1970.
    pub at: i64,
    /// See [`super::session::Standing`].
    pub epoch: u64,
    /// One for every packet that was sent.
    pub receipts: Vec<Receipt>,
    /// The numbers of those who were registered: JSON of a list of [`Assigned`], sealed to the vault key. Empty when nobody
    /// was.
    pub assigned: Base64,
}

impl Document for Receipts {
    const CONTEXT: Context = Context::Receipt;
    const MOST: usize = 1 << 20;
}

/// What became of a packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Its name.
    pub packet: PacketId,
    /// Its sequence.
    pub sequence: u64,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of a packet. The same packet again gets the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
pub enum Outcome {
    /// It was done. For a registration: a new identity.
    Accepted,
    /// The person was known; the number that the phone gave stands for the same identity.
    Linked,
    /// A reviewer decides whether the person is known. The number stays valid whatever is decided.
    Review,
    /// It was not done and will not be; it is kept on the server.
    Refused {
        /// In one word, for programs: one of [`refusal`].
        code: String,
        /// Why, for people.
        why: String,
        /// What to do about it.
        action: String,
    },
    /// It was kept aside for a supervisor, because the device is revoked.
    Kept,
    /// It was not taken yet: the phone keeps it and sends it again at another time. This is no receipt.
    Later {
        /// Why, for people.
        why: String,
    },
}

/// The words that a refusal may have as its code.
pub mod refusal {
    /// Changed on its way, or not a packet at all.
    pub const UNREADABLE: &str = "unreadable";
    /// Not signed by the device that sends.
    pub const SIGNATURE: &str = "signature";
    /// Another device's packet.
    pub const NOT_YOURS: &str = "not-yours";
    /// The packet's name stands for another packet.
    pub const OTHER_PACKET: &str = "other-packet";
    /// The user may not do this, here.
    pub const NOT_ALLOWED: &str = "not-allowed";
    /// What was written of the person cannot stand.
    pub const PERSON: &str = "person";
    /// Nobody has this number.
    pub const UNKNOWN_PERSON: &str = "unknown-person";
    /// There is no such card.
    pub const UNKNOWN_CARD: &str = "unknown-card";
    /// The card is someone else's, or revoked.
    pub const CARD_TAKEN: &str = "card-taken";
    /// The program is not one of the device's.
    pub const PROGRAM: &str = "program";
}

impl Outcome {
    /// Whether the phone may let go of the packet.
    pub const fn is_final(&self) -> bool {
        !matches!(self, Self::Later { .. })
    }

    /// The outcome in one word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Linked => "linked",
            Self::Review => "review",
            Self::Refused { .. } => "refused",
            Self::Kept => "kept",
            Self::Later { .. } => "later",
        }
    }
}

/// The number of someone who was registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// By which packet.
    pub packet: PacketId,
    /// The number under which the person stands now. A number that the phone gave stays valid beside it.
    pub mpi: MpiId,
}

/// Seals numbers to a device's vault key.
pub fn seal_assigned(
    vault: &[u8; 32],
    device: DeviceId,
    assigned: &[Assigned],
    random: &mut impl Random,
) -> Result<Base64, SealError> {
    if assigned.is_empty() {
        return Ok(Base64::default());
    }
    let json = serde_json::to_vec(assigned).map_err(|_| WireError::Invalid("JSON"))?;
    Ok(Base64(seal_to(vault, INFO, device, &json, random)?))
}

/// Opens them with the vault key.
pub fn open_assigned(
    vault: &DeviceKey,
    device: DeviceId,
    sealed: &Base64,
) -> Result<Vec<Assigned>, WireError> {
    if sealed.0.is_empty() {
        return Ok(Vec::new());
    }
    let json = vault.open(INFO, device, &sealed.0)?;
    serde_json::from_slice(&json).map_err(|_| WireError::Invalid("JSON"))
}
