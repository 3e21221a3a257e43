//! How long a PIN is stretched.

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use super::Pin;

/// What one try of a PIN costs. Kept in each slot, so that a later cost holds for new PINs and old ones still open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cost {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for Cost {
    /// 32 MiB and 3 passes: above the floor that OWASP names (19 MiB, 2 passes), and within 700 ms on the slow phones
    /// that are meant.
    fn default() -> Self {
        Self {
            memory_kib: 32 << 10,
            passes: 3,
            lanes: 1,
        }
    }
}

impl Cost {
    /// As little as Argon2 allows: for tests and simulated fleets, never for a phone.
    pub const LEAST: Self = Self {
        memory_kib: 8,
        passes: 1,
        lanes: 1,
    };

    /// The stretched PIN; none when the cost is outside of what Argon2 allows or this device has not the memory.
    pub(super) fn stretch(&self, pin: &Pin, salt: &[u8; 16]) -> Option<Zeroizing<[u8; 32]>> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).ok()?;
        let mut output = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(pin.reveal().as_bytes(), salt, output.as_mut_slice())
            .ok()?;
        Some(output)
    }

    pub(super) fn to_bytes(self) -> [u8; 12] {
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&self.memory_kib.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.passes.to_be_bytes());
        bytes[8..].copy_from_slice(&self.lanes.to_be_bytes());
        bytes
    }
}
