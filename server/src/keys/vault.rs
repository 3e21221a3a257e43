//! Small secrets of the database (second factors, credentials of other servers), sealed under the master key.

use teranga_core::ids::OsRandom;
use teranga_core::sensitive::Secret;
use zeroize::Zeroizing;

use super::seal::{self, CannotOpen, CannotSeal};

/// Seals and opens under the master key.
pub struct Vault(Secret<32>);

impl Vault {
    /// A vault under a master key.
    pub fn new(master: Secret<32>) -> Self {
        Self(master)
    }

    /// Seals a secret; it opens for what it belongs to only.
    pub fn seal(&self, belongs_to: &str, secret: &[u8]) -> Result<Vec<u8>, CannotSeal> {
        seal::seal(&self.0, belongs_to.as_bytes(), secret, &mut OsRandom)
    }

    /// Opens what [`Vault::seal`] made.
    pub fn open(&self, belongs_to: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, CannotOpen> {
        seal::open(&self.0, belongs_to.as_bytes(), sealed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_for_what_it_belongs_to() {
        let vault = Vault::new(Secret::from_slice(&[7; 32]).unwrap());
        let sealed = vault.seal("users/7/totp", b"secret").unwrap();
        assert_eq!(vault.open("users/7/totp", &sealed).unwrap().as_slice(), b"secret");
        assert_eq!(vault.open("users/8/totp", &sealed), Err(CannotOpen));
    }
}
