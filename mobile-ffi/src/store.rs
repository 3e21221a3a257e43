//! What only this device can open, as the app provides it: the Android Keystore or the Secure Enclave.

use std::sync::Arc;

use teranga_core::store;
use zeroize::Zeroizing;

/// The platform's key store. What it seals opens on this device alone, and without a PIN.
#[uniffi::export(with_foreign)]
pub trait PlatformKeystore: Send + Sync {
    /// Encrypts a secret under a hardware key, with authentication (AES-256-GCM or the Secure Enclave's ECIES).
    fn seal(&self, secret: Vec<u8>) -> Result<Vec<u8>, KeystoreFault>;

    /// Decrypts what [`PlatformKeystore::seal`] made.
    fn unseal(&self, sealed: Vec<u8>) -> Result<Vec<u8>, KeystoreFault>;

    /// Destroys the key, so that nothing it sealed opens ever again; a new one is made when it is next needed.
    fn destroy(&self) -> Result<(), KeystoreFault>;
}

/// Why the platform gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum KeystoreFault {
    /// The key is gone or another one: the phone was reset, or the files were moved from another device.
    #[error("the device's key does not open this")]
    CannotOpen,
    /// The platform failed.
    #[error("{detail}")]
    Unavailable {
        /// What it said, without secrets.
        detail: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for KeystoreFault {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable { detail: error.reason }
    }
}

impl From<KeystoreFault> for store::KeystoreError {
    fn from(fault: KeystoreFault) -> Self {
        match fault {
            KeystoreFault::CannotOpen => Self::CannotOpen,
            KeystoreFault::Unavailable { detail } => Self::Unavailable(detail),
        }
    }
}

/// The app's key store as the core asks for it.
pub(crate) struct Keystore(pub Arc<dyn PlatformKeystore>);

impl store::PlatformKeystore for Keystore {
    fn seal(&self, secret: &[u8]) -> Result<Vec<u8>, store::KeystoreError> {
        Ok(self.0.seal(secret.to_vec())?)
    }

    fn unseal(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, store::KeystoreError> {
        Ok(Zeroizing::new(self.0.unseal(sealed.to_vec())?))
    }

    fn destroy(&self) -> Result<(), store::KeystoreError> {
        Ok(self.0.destroy()?)
    }
}
