//! A session: the device signs the server's challenge and gets a short token.
//!
//! `POST /sync/v1/session` is called twice: with the device's name alone it gives a challenge; with the challenge and its
//! signature, a token (sent as `Authorization: Bearer`) and the device's standing. The standing is signed, so its time can
//! be trusted, and says which packets the server holds: after it was restored from an older backup those that it forgot
//! are missing there, and the phone sends them again.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::binary::fixed;
use super::{Base64, DeviceId, Document, Signed, WireError};
use crate::card::cbor::Writer;
use crate::card::key::Context;
use crate::card::signing::{PublicKey, SigningKey};

/// `POST /sync/v1/session`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRequest {
    /// Of this form.
    pub version: u32,
    /// Who asks.
    pub device: DeviceId,
    /// None asks for a challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Proof>,
}

/// The answer to a challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// As the server gave it.
    pub challenge: Base64,
    /// How the phone is: JSON of a [`Report`], as exact bytes.
    pub report: Base64,
    /// The device's signature over both.
    #[serde(with = "fixed")]
    pub signature: [u8; 64],
}

/// How a phone is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its clock, milliseconds since 1970.
    pub clock: i64,
    /// The app's version.
    pub app: String,
    /// The number of the bundle's manifest; 0: none.
    pub bundle: u64,
    /// The number of the setup.
    pub setup: u64,
    /// Packets without a receipt.
    pub waiting: u64,
    /// The highest sequence used.
    pub sequence: u64,
    /// The highest sequence with a receipt.
    pub receipted: u64,
    /// The epoch of the last standing.
    pub epoch: u64,
    /// Reserved numbers left.
    pub pool: u32,
    /// Free storage, MiB.
    pub free_mib: u32,
    /// Whether the phone has a screen lock, where that is known.
    pub screen_lock: Option<bool>,
    /// Whether its storage is encrypted, where that is known.
    pub encrypted: Option<bool>,
}

/// A challenge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChallengeAnswer {
    /// Of this form.
    pub version: u32,
    /// To be signed.
    pub challenge: Base64,
    /// Seconds until it is too old.
    pub expires_seconds: u32,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionAnswer {
    /// Of this form.
    pub version: u32,
    /// For `Authorization: Bearer`.
    pub token: String,
    /// Seconds until it is too old.
    pub expires_seconds: u32,
    /// How the device stands.
    pub standing: Signed<Standing>,
}

/// How a device stands with the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whose.
    pub device: DeviceId,
    /// The server's time, milliseconds since 1970.
    pub at: i64,
    /// Whether it may work.
    pub state: State,
    /// Goes up when the server found that it had forgotten something of this device. On another epoch than the last the
    /// phone asks for downlinks from 0; every one of them may come again.
    pub epoch: u64,
    /// Which packets the server holds. The phone sends again what is missing, receipt or not.
    pub held: Held,
    /// The highest number of a downlink.
    pub downlink: u64,
    /// Seconds until the phone should come again when it has nothing urgent.
    pub come_back_seconds: u32,
}

impl Document for Standing {
    const CONTEXT: Context = Context::Standing;
    const MOST: usize = 64 << 10;
}

/// Whether a device may work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It may.
    Active,
    /// What it sends is kept aside; it gets commands and no bundle.
    Revoked,
}

/// Which packets of a device the server holds, by their sequence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// All up to this one.
    pub through: u64,
    /// And all from the first to the second number of each pair, ascending; at most 1,000 pairs.
    pub beyond: Vec<(u64, u64)>,
}

impl Held {
    /// The most pairs.
    pub const MOST: usize = 1_000;

    /// From the sequences that are there, ascending.
    pub fn of(sequences: impl IntoIterator<Item = u64>) -> Self {
        let mut held = Self::default();
        for sequence in sequences {
            let last = held.beyond.last_mut().map_or(&mut held.through, |(_, last)| last);
            if sequence <= *last + 1 {
                *last = sequence.max(*last);
            } else if held.beyond.len() == Self::MOST {
                break;
            } else {
                held.beyond.push((sequence, sequence));
            }
        }
        held
    }

    /// Whether the server holds a packet.
    pub fn holds(&self, sequence: u64) -> bool {
        let in_pair = |&(first, last): &(u64, u64)| (first..=last).contains(&sequence);
        sequence <= self.through || self.beyond.iter().any(in_pair)
    }
}

impl SessionRequest {
    /// Asks for a challenge.
    pub fn ask(device: DeviceId) -> Self {
        Self {
            version: super::VERSION,
            device,
            proof: None,
        }
    }

    /// Answers a challenge.
    pub fn prove(challenge: &Base64, report: &Report, signing: &SigningKey) -> Result<Self, WireError> {
        let device = DeviceId::of(&signing.public());
        let report = serde_json::to_vec(report).map_err(|_| WireError::Invalid("report"))?;
        let signature = signing.sign(Context::SessionProof, &message(device, &challenge.0, &report));
        Ok(Self {
            version: super::VERSION,
            device,
            proof: Some(Proof {
                challenge: challenge.clone(),
                report: Base64(report),
                signature: signature.map_err(|_| WireError::BadKey)?,
            }),
        })
    }
}

impl Proof {
    /// Checks that the device signed it, and gives its report.
    pub fn verify(&self, signing: &PublicKey) -> Result<Report, WireError> {
        let device = DeviceId::of(signing);
        let message = message(device, &self.challenge.0, &self.report.0);
        signing
            .verify(Context::SessionProof, &message, &self.signature)
            .map_err(|_| WireError::BadSignature)?;
        serde_json::from_slice(&self.report.0).map_err(|_| WireError::Invalid("report"))
    }
}

fn message(device: DeviceId, challenge: &[u8], report: &[u8]) -> Vec<u8> {
    Writer::new()
        .array(4)
        .unsigned(super::VERSION.into())
        .bytes(&device.0)
        .bytes(challenge)
        .bytes(&Sha256::digest(report))
        .finish()
}
