//! The trust list signed: made by the root, opened against the root that is known, and only ever replaced by a newer one.

use super::key::Context;
use super::signing::{PublicKey, SignatureError, SigningKey};
use super::trust::{TrustList, TrustListError};
use super::trust_wire::{envelope, open_envelope};

impl TrustList {
    /// Signs the list: its exact bytes and the root's signature over them.
    pub fn sign(&self, root: &SigningKey) -> Result<Vec<u8>, SignatureError> {
        if root.public() != self.root {
            return Err(SignatureError::BadKey);
        }
        let body = self.to_bytes();
        let signature = root.sign(Context::TrustList, &body)?;
        Ok(envelope(&body, &signature))
    }

    /// Opens a signed list: the signature is checked first, over the exact bytes, against the root that is known.
    pub fn open(signed: &[u8], root: &PublicKey) -> Result<Self, TrustListError> {
        let (body, signature) = open_envelope(signed)?;
        root.verify(Context::TrustList, body, &signature)
            .map_err(|_| match Self::from_bytes(body) {
                Ok(list) if list.root != *root => TrustListError::OtherRoot,
                _ => TrustListError::BadSignature,
            })?;
        let list = Self::from_bytes(body)?;
        if list.root == *root {
            Ok(list)
        } else {
            Err(TrustListError::OtherRoot)
        }
    }

    /// The root's public key that a signed list names, unchecked: for showing its fingerprint before it is trusted.
    pub fn claimed_root(signed: &[u8]) -> Result<PublicKey, TrustListError> {
        let (body, _) = open_envelope(signed)?;
        Ok(Self::from_bytes(body)?.root)
    }

    /// The list to hold after another was offered: the offered one when it is newer or the same.
    pub fn succeeded_by(&self, offered: Self) -> Result<Self, TrustListError> {
        if offered.root != self.root {
            return Err(TrustListError::OtherRoot);
        }
        match offered.number.cmp(&self.number) {
            std::cmp::Ordering::Less => Err(TrustListError::Older {
                held: self.number,
                offered: offered.number,
            }),
            std::cmp::Ordering::Equal if offered != *self => Err(TrustListError::Fork(self.number)),
            _ => Ok(offered),
        }
    }
}
