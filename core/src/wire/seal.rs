//! What is sealed to one device: HPKE (RFC 9180), base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
//! ChaCha20-Poly1305.
//!
//! `sealed = enc (32 bytes) ciphertext`; `info` says what it is, the associated data are the device's name.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

use super::{DeviceId, SealError, WireError};
use crate::ids::{Random, RandomError};
use crate::registry::bundle::keys::{self, Draws};
use crate::sensitive::Secret;

const ENC: usize = 32;

/// A private X25519 key of a device, its transport key or its vault key.
pub struct DeviceKey(Secret<32>);

impl std::fmt::Debug for DeviceKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("DeviceKey([withheld])")
    }
}

impl DeviceKey {
    /// Makes a key.
    pub fn generate(random: &mut impl Random) -> Result<Self, RandomError> {
        Secret::generate(random).map(Self)
    }

    /// The key of stored bytes.
    pub fn from_secret(secret: Secret<32>) -> Self {
        Self(secret)
    }

    /// The private half, to be sealed and stored, or to open a bundle's parts.
    pub fn secret(&self) -> &Secret<32> {
        &self.0
    }

    /// The public half.
    pub fn public(&self) -> [u8; 32] {
        keys::public_half(&self.0)
    }

    /// Opens what was sealed to this key of a device.
    pub fn open(
        &self,
        info: &[u8],
        device: DeviceId,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, WireError> {
        let (enc, ciphertext) = sealed.split_at_checked(ENC).ok_or(WireError::CannotOpen)?;
        let enc =
            <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(enc).map_err(|_| WireError::CannotOpen)?;
        let key = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(self.0.reveal())
            .map_err(|_| WireError::BadKey)?;
        let opened = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &key,
            &enc,
            info,
            ciphertext,
            &device.0,
        );
        opened.map(Zeroizing::new).map_err(|_| WireError::CannotOpen)
    }
}

/// Seals bytes to a public key of a device. `info` says what they are.
pub fn seal_to(
    public: &[u8; 32],
    info: &[u8],
    device: DeviceId,
    bytes: &[u8],
    random: &mut impl Random,
) -> Result<Vec<u8>, SealError> {
    let public = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(public).map_err(|_| WireError::BadKey)?;
    let mut draws = Draws::new(random);
    let sealed = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &public,
        info,
        bytes,
        &device.0,
        &mut draws,
    );
    draws.outcome()?;
    let (enc, ciphertext) = sealed.map_err(|_| WireError::BadKey)?;
    Ok([&enc.to_bytes()[..], &ciphertext].concat())
}
