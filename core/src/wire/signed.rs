//! Documents that the server signs, as exact bytes in JSON.
//!
//! The JSON of the document is the body of [`crate::registry::signed`], and the whole stands in its envelope as base64url:
//! nothing is ever written anew to be checked.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Base64, WireError};
use crate::card::key::Context;
use crate::card::signing::{SignatureError, SigningKey};
use crate::card::trust::TrustList;
use crate::registry::signed::{self, SignedError};

/// What the publisher signs for devices.
pub trait Document: Serialize + DeserializeOwned {
    /// In which context.
    const CONTEXT: Context;
    /// The longest body, bytes.
    const MOST: usize;
}

/// A signed document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Signed<T> {
    bytes: Base64,
    #[serde(skip)]
    document: PhantomData<T>,
}

/// Why a signed document does not count.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Not signed by a publisher of the trust list.
    #[error(transparent)]
    Signed(#[from] SignedError),
    /// Signed, and not readable.
    #[error(transparent)]
    Wire(#[from] WireError),
}

impl<T: Document> Signed<T> {
    /// Signs a document.
    pub fn sign(document: &T, publisher: &SigningKey) -> Result<Self, SignatureError> {
        let json = serde_json::to_vec(document).unwrap_or_default();
        Ok(Self {
            bytes: Base64(signed::sign(publisher, T::CONTEXT, &json)?),
            document: PhantomData,
        })
    }

    /// The document, if a publisher of the trust list signed it.
    pub fn open(&self, trust: &TrustList) -> Result<T, DocumentError> {
        let json = signed::open(trust, T::CONTEXT, &self.bytes.0, T::MOST)?;
        let document = serde_json::from_slice(json).map_err(|_| WireError::Invalid("JSON"))?;
        Ok(document)
    }

    /// The bytes as they are stored and carried.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes.0
    }

    /// A document as it was stored.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self {
            bytes: Base64(bytes),
            document: PhantomData,
        }
    }
}
