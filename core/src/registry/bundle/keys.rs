//! A part's key, sealed to a device's vault key: HPKE (RFC 9180), base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
//! ChaCha20-Poly1305.
//!
//! `info` is `"teranga/part-key/v1"`; the associated data are the part's kind (1 byte), version (8 bytes, big-endian) and
//! SHA-256, so that a sealed key opens no other part.

use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

use super::CannotOpen;
use super::manifest::Part;
use crate::ids::{Random, RandomError};
use crate::sensitive::Secret;

type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type EncappedKey = <X25519HkdfSha256 as Kem>::EncappedKey;

const INFO: &[u8] = b"teranga/part-key/v1";

/// The key of one part; a fresh one for every build.
pub type PartKey = Secret<32>;

/// The private half of a device's vault key, X25519. It lives inside the vault, so it needs the PIN.
pub type VaultKey = Secret<32>;

/// A part's key as the manifest carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedKey {
    /// HPKE's encapsulated key.
    pub encapsulated: [u8; 32],
    /// The key, encrypted, and its tag.
    pub ciphertext: [u8; 48],
}

/// Why a key was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealKeyError {
    /// The device's public key is no usable X25519 key.
    #[error("the device's public key is not valid; enroll the device anew")]
    BadPublicKey,
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// The public half of a vault key.
pub fn public_half(vault: &VaultKey) -> [u8; 32] {
    x25519_dalek::PublicKey::from(&x25519_dalek::StaticSecret::from(*vault.reveal())).to_bytes()
}

/// Seals a part's key to a device.
pub fn seal(
    vault: &[u8; 32],
    part: &Part,
    key: &PartKey,
    random: &mut impl Random,
) -> Result<SealedKey, SealKeyError> {
    let vault = PublicKey::from_bytes(vault).map_err(|_| SealKeyError::BadPublicKey)?;
    let mut draws = Draws::new(random);
    let sealed = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &vault,
        INFO,
        key.reveal(),
        &associated(part),
        &mut draws,
    );
    draws.outcome()?;
    let (encapsulated, ciphertext) = sealed.map_err(|_| SealKeyError::BadPublicKey)?;
    let ciphertext = ciphertext.try_into().map_err(|_| SealKeyError::BadPublicKey)?;
    Ok(SealedKey {
        encapsulated: encapsulated.to_bytes().into(),
        ciphertext,
    })
}

/// Opens a part's key with the device's vault key.
pub fn open(vault: &VaultKey, part: &Part, sealed: &SealedKey) -> Result<PartKey, CannotOpen> {
    let vault = PrivateKey::from_bytes(vault.reveal()).map_err(|_| CannotOpen)?;
    let encapsulated = EncappedKey::from_bytes(&sealed.encapsulated).map_err(|_| CannotOpen)?;
    let key = hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &vault,
        &encapsulated,
        INFO,
        &sealed.ciphertext,
        &associated(part),
    );
    let key = Zeroizing::new(key.map_err(|_| CannotOpen)?);
    PartKey::from_slice(&key).ok_or(CannotOpen)
}

fn associated(part: &Part) -> Vec<u8> {
    [&[part.kind.number()], &part.version.to_be_bytes()[..], &part.hash].concat()
}

/// Our source of randomness as HPKE wants it. A failure is kept and asked for afterwards.
pub(crate) struct Draws<'a, R> {
    random: &'a mut R,
    failed: Option<RandomError>,
}

impl<'a, R: Random> Draws<'a, R> {
    /// Draws from a source.
    pub(crate) fn new(random: &'a mut R) -> Self {
        Self { random, failed: None }
    }

    /// The failure, if there was one: what was made meanwhile must not be used.
    pub(crate) fn outcome(self) -> Result<(), RandomError> {
        self.failed.map_or(Ok(()), Err)
    }
}

impl<R: Random> TryRng for Draws<'_, R> {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)
            .map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)
            .map(|()| u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Self::Error> {
        if let Err(error) = self.random.fill(buffer) {
            self.failed = Some(error);
        }
        Ok(())
    }
}

impl<R: Random> TryCryptoRng for Draws<'_, R> {}
