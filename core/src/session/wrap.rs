//! Wrapping the data key under a PIN and the platform's secret; see the module above.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Cost, Pin};
use crate::ids::{self, Random, RandomError};
use crate::sensitive::Secret;

const NONCE: usize = 12;
const INFO: &[u8] = b"teranga/slot/v1";

/// A data key that opens with a PIN.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Wrapped {
    pub salt: [u8; 16],
    pub cost: Cost,
    pub sealed: Vec<u8>,
}

/// Why a key is neither wrapped nor unwrapped, apart from a wrong PIN.
#[derive(Debug, thiserror::Error)]
pub enum WrapError {
    /// Argon2 refused.
    #[error("this device has not enough memory to check the PIN; close other apps and try again")]
    Memory,
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

pub(super) fn wrap(
    data_key: &Secret<32>,
    (user, pin): (u64, &Pin),
    platform: &Secret<32>,
    cost: Cost,
    random: &mut impl Random,
) -> Result<Wrapped, WrapError> {
    let salt = ids::bytes(random)?;
    let nonce: [u8; NONCE] = ids::bytes(random)?;
    let cipher = cipher((user, pin), platform, cost, &salt)?;
    let mut body = Zeroizing::new(data_key.reveal().to_vec());
    cipher
        .encrypt_in_place(&Nonce::from(nonce), &associated(user, cost), &mut *body)
        .map_err(|_| WrapError::Memory)?;
    Ok(Wrapped {
        salt,
        cost,
        sealed: [&nonce[..], &body].concat(),
    })
}

/// The data key; none for a wrong PIN.
pub(super) fn unwrap(
    wrapped: &Wrapped,
    (user, pin): (u64, &Pin),
    platform: &Secret<32>,
) -> Result<Option<Secret<32>>, WrapError> {
    let cipher = cipher((user, pin), platform, wrapped.cost, &wrapped.salt)?;
    let Some((nonce, body)) = wrapped.sealed.split_first_chunk::<NONCE>() else {
        return Ok(None);
    };
    let mut body = Zeroizing::new(body.to_vec());
    let opened = cipher.decrypt_in_place(&Nonce::from(*nonce), &associated(user, wrapped.cost), &mut *body);
    Ok(opened.ok().and_then(|()| Secret::from_slice(&body)))
}

fn cipher(
    (user, pin): (u64, &Pin),
    platform: &Secret<32>,
    cost: Cost,
    salt: &[u8; 16],
) -> Result<Aes256Gcm, WrapError> {
    let stretched = cost.stretch(pin, salt).ok_or(WrapError::Memory)?;
    let mut material = Zeroizing::new([0; 64]);
    material[..32].copy_from_slice(stretched.as_slice());
    material[32..].copy_from_slice(platform.reveal());
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(None, material.as_slice())
        .expand(&[INFO, &user.to_be_bytes()].concat(), key.as_mut_slice())
        .map_err(|_| WrapError::Memory)?;
    Ok(Aes256Gcm::new((&*key).into()))
}

fn associated(user: u64, cost: Cost) -> Vec<u8> {
    [&user.to_be_bytes()[..], &cost.to_bytes()].concat()
}
