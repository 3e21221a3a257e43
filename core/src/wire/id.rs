//! The names of devices and of packets.

use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::card::signing::PublicKey;
use crate::ids::{self, Random, RandomError};

/// Why a text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not 32 hexadecimal digits.
    #[error("a device's name is 32 hexadecimal digits")]
    Device,
    /// Not a UUID of version 7.
    #[error("a packet's name is a UUID of version 7")]
    Packet,
}

/// The name of a device: the first 16 bytes of SHA-256 over `"teranga/device/v1"` and its public signing key.
///
/// It follows from the key, so that a device that is enrolled again, by a server that has forgotten it, keeps its name
/// and the packets that carry it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceId(pub [u8; 16]);

impl DeviceId {
    /// The name of the device that signs with a key.
    pub fn of(signing: &PublicKey) -> Self {
        let hash = Sha256::new()
            .chain_update(b"teranga/device/v1")
            .chain_update(signing.0);
        let mut id = [0; 16];
        id.copy_from_slice(&hash.finalize()[..16]);
        Self(id)
    }
}

/// The name of a packet: a UUID of version 7 (RFC 9562). Its time is the phone's belief; nothing rests on it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PacketId([u8; 16]);

impl PacketId {
    /// A new name. A time that the form cannot hold is moved to its nearest end.
    pub fn generate(at: Timestamp, random: &mut impl Random) -> Result<Self, RandomError> {
        let mut bytes: [u8; 16] = ids::bytes(random)?;
        let milliseconds = at.as_millisecond().clamp(0, (1 << 48) - 1);
        bytes[..6].copy_from_slice(&milliseconds.to_be_bytes()[2..]);
        bytes[6] = bytes[6] & 0x0f | 0x70;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Ok(Self(bytes))
    }

    /// The name of 16 bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Result<Self, IdError> {
        let is_version_7 = bytes[6] >> 4 == 7 && bytes[8] >> 6 == 2;
        is_version_7.then_some(Self(bytes)).ok_or(IdError::Packet)
    }

    /// The 16 bytes.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&HEXLOWER.encode(&self.0))
    }
}

impl FromStr for DeviceId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| IdError::Device)?;
        bytes.try_into().map(Self).map_err(|_| IdError::Device)
    }
}

impl fmt::Display for PacketId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = HEXLOWER.encode(&self.0);
        let groups = [
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..],
        ];
        formatter.pad(&groups.join("-"))
    }
}

impl FromStr for PacketId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let hyphens: Vec<usize> = text.match_indices('-').map(|(at, _)| at).collect();
        if text.len() != 36 || hyphens != [8, 13, 18, 23] {
            return Err(IdError::Packet);
        }
        let bytes = HEXLOWER.decode(text.replace('-', "").as_bytes());
        let bytes = bytes.ok().and_then(|bytes| bytes.try_into().ok());
        Self::from_bytes(bytes.ok_or(IdError::Packet)?)
    }
}

macro_rules! by_its_text {
    ($name:ident) => {
        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}({self})", stringify!($name))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

by_its_text!(DeviceId);
by_its_text!(PacketId);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OsRandom;

    #[test]
    fn a_packets_name_is_a_uuid_of_version_7_that_begins_with_the_time() {
        let at: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let id = PacketId::generate(at, &mut OsRandom).unwrap();
        let text = id.to_string();
        assert_eq!((&text[..13], &text[14..15]), ("01a21225-d900", "7"));
        assert_eq!(text.parse(), Ok(id));
    }

    #[test]
    fn clocks_before_1970_and_far_ahead_still_name_packets() {
        for at in [Timestamp::MIN, Timestamp::MAX] {
            let id = PacketId::generate(at, &mut OsRandom).unwrap();
            assert_eq!(PacketId::from_bytes(id.to_bytes()), Ok(id));
        }
    }

    #[test]
    fn other_texts_are_no_names() {
        for text in [
            "",
            "x",
            "019abc7f-5800-4a6b-8c3d-0123456789ab",
            "019abc7f58007a6b8c3d0123456789ab",
            "é",
        ] {
            assert_eq!(text.parse::<PacketId>(), Err(IdError::Packet), "{text}");
        }
        assert_eq!("0123".parse::<DeviceId>(), Err(IdError::Device));
    }

    #[test]
    fn a_device_is_named_by_its_key() {
        let name = DeviceId::of(&PublicKey([7; 32]));
        assert_eq!(name, DeviceId::of(&PublicKey([7; 32])));
        assert_ne!(name, DeviceId::of(&PublicKey([8; 32])));
        assert_eq!(name.to_string().parse(), Ok(name));
    }
}
