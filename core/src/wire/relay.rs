//! The work of phones that have no network, carried by another.
//!
//! The carrier sees sealed packets with their sequences, and gets back what is sealed to each device's transport key. It
//! can read neither, and a packet that it drops leaves a gap in the sequence.

use serde::{Deserialize, Serialize};

use super::downlink::Page;
use super::receipt::Receipts;
use super::{Base64, DeviceId, DeviceKey, SealError, Signed, WireError, seal_to};
use crate::ids::Random;

const INFO: &[u8] = b"teranga/carried/v1";

/// `POST /sync/v1/relay`, in a session of the carrier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayRequest {
    /// Of this form.
    pub version: u32,
    /// Packets of any devices of the organization, as [`super::batch::write`] makes it.
    pub batch: Base64,
    /// For which devices to bring downlinks, and after which number.
    pub after: Vec<After>,
}

/// How far a device has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct After {
    /// Which device.
    pub device: DeviceId,
    /// The last number that it has.
    pub after: u64,
}

/// What goes back to the devices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayAnswer {
    /// Of this form.
    pub version: u32,
    /// One for every device that the server knows.
    pub carried: Vec<Carried>,
}

/// What goes back to one device: JSON of an [`Answer`], sealed to its transport key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carried {
    /// To whom.
    pub device: DeviceId,
    /// The answer, sealed.
    pub sealed: Base64,
}

/// What the server says to a device by way of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What became of its packets.
    pub receipts: Signed<Receipts>,
    /// The next downlinks.
    pub page: Signed<Page>,
}

impl Answer {
    /// Seals the answer to a device's transport key.
    pub fn seal(
        &self,
        device: DeviceId,
        transport: &[u8; 32],
        random: &mut impl Random,
    ) -> Result<Carried, SealError> {
        let json = serde_json::to_vec(self).map_err(|_| WireError::Invalid("JSON"))?;
        let sealed = Base64(seal_to(transport, INFO, device, &json, random)?);
        Ok(Carried { device, sealed })
    }
}

impl Carried {
    /// Opens the answer with the device's transport key.
    pub fn open(&self, transport: &DeviceKey) -> Result<Answer, WireError> {
        let json = transport.open(INFO, self.device, &self.sealed.0)?;
        serde_json::from_slice(&json).map_err(|_| WireError::Invalid("JSON"))
    }
}
