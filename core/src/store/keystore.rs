//! What only this device can open: the Android Keystore, the Secure Enclave, or a file for tests and desktops.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use zeroize::Zeroizing;

use crate::ids::{self, OsRandom};
use crate::sensitive::Secret;

/// The platform's key store. What it seals opens on this device alone, and without a PIN.
pub trait PlatformKeystore: Send + Sync {
    /// Encrypts a secret under a hardware key.
    fn seal(&self, secret: &[u8]) -> Result<Vec<u8>, KeystoreError>;

    /// Decrypts what [`seal`](Self::seal) made.
    fn unseal(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeystoreError>;

    /// Destroys the key, so that nothing it sealed opens ever again; a new one is made when it is next needed.
    fn destroy(&self) -> Result<(), KeystoreError>;
}

impl<K: PlatformKeystore + ?Sized> PlatformKeystore for std::sync::Arc<K> {
    fn seal(&self, secret: &[u8]) -> Result<Vec<u8>, KeystoreError> {
        (**self).seal(secret)
    }

    fn unseal(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
        (**self).unseal(sealed)
    }

    fn destroy(&self) -> Result<(), KeystoreError> {
        (**self).destroy()
    }
}

/// Why the platform gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeystoreError {
    /// The key is gone or another one: the phone was reset, or the files were moved from another device.
    #[error("this device's key does not open what was sealed here; set the phone up again with a new ticket")]
    CannotOpen,
    /// The platform failed.
    #[error("the device's key store failed ({0}); restart the phone and try again")]
    Unavailable(String),
}

const NONCE: usize = 12;

/// A key in a file that only its owner reads: as safe as the computer it lies on, no more.
#[derive(Debug, Clone)]
pub struct FileKeystore {
    path: PathBuf,
}

impl FileKeystore {
    /// The key store of a file, which is made when it is first needed.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    fn cipher(&self) -> Result<Aes256Gcm, KeystoreError> {
        let key = match fs::read(&self.path).map(Zeroizing::new) {
            Ok(bytes) => Secret::<32>::from_slice(&bytes).ok_or(KeystoreError::CannotOpen)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => self.make()?,
            Err(error) => return Err(unavailable(&error)),
        };
        Ok(Aes256Gcm::new(key.reveal().into()))
    }

    fn make(&self) -> Result<Secret<32>, KeystoreError> {
        let key = Secret::generate(&mut OsRandom).map_err(|error| unavailable(&error))?;
        let next = self.path.with_extension("next");
        let written = write_private(&next, key.reveal()).and_then(|()| fs::rename(&next, &self.path));
        written.map_err(|error| unavailable(&error))?;
        Ok(key)
    }
}

fn unavailable(error: &impl std::fmt::Display) -> KeystoreError {
    KeystoreError::Unavailable(error.to_string())
}

fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

impl PlatformKeystore for FileKeystore {
    fn seal(&self, secret: &[u8]) -> Result<Vec<u8>, KeystoreError> {
        let nonce: [u8; NONCE] = ids::bytes(&mut OsRandom).map_err(|error| unavailable(&error))?;
        let mut body = secret.to_vec();
        let sealed = self
            .cipher()?
            .encrypt_in_place(&Nonce::from(nonce), b"teranga/keystore/v1", &mut body);
        sealed.map_err(|_| KeystoreError::Unavailable("encryption failed".to_owned()))?;
        Ok([&nonce[..], &body].concat())
    }

    fn unseal(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeystoreError> {
        let (nonce, body) = sealed
            .split_first_chunk::<NONCE>()
            .ok_or(KeystoreError::CannotOpen)?;
        let mut body = Zeroizing::new(body.to_vec());
        let opened =
            self.cipher()?
                .decrypt_in_place(&Nonce::from(*nonce), b"teranga/keystore/v1", &mut *body);
        opened.map_err(|_| KeystoreError::CannotOpen)?;
        Ok(body)
    }

    fn destroy(&self) -> Result<(), KeystoreError> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unavailable(&error)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_here_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let (here, elsewhere) = (
            FileKeystore::new(folder.path().join("key")),
            FileKeystore::new(folder.path().join("other")),
        );
        let sealed = here.seal(b"secret").unwrap();
        assert_eq!(*here.unseal(&sealed).unwrap(), b"secret");
        assert_eq!(elsewhere.unseal(&sealed), Err(KeystoreError::CannotOpen));
        for changed in 0..sealed.len() {
            let mut bytes = sealed.clone();
            bytes[changed] ^= 1;
            assert_eq!(here.unseal(&bytes), Err(KeystoreError::CannotOpen));
        }
        here.destroy().unwrap();
        assert_eq!(here.unseal(&sealed), Err(KeystoreError::CannotOpen));
    }
}
