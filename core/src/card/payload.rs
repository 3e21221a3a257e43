//! What a card's QR code says: a CWT (RFC 8392) in a COSE_Sign1 (RFC 9052), 111 bytes.
//!
//! ```text
//! [ << {1: -8, 4: kid} >>,                        protected: EdDSA, the key's 4-byte name
//!   {},                                           unprotected
//!   << {4: exp, 6: iat, 7: T} >>,                 NumericDates at midnight UTC, 16-byte token
//!   signature ]                                   Ed25519 over ["Signature1", protected, h'', payload]
//! ```
//! A standard form, so that anyone with a COSE library and the published key can verify our cards without our code.
//! There is no tag: the text around the payload says what it is. The kid is the attacker's choice until a key of the
//! trust list has verified the signature, and so is everything else: [`SignedCard::verify`] is the only way to claims
//! that may be believed.

mod issue;
mod parse;

pub use issue::IssueError;
pub use parse::PayloadError;

use jiff::civil::Date;

use super::cbor::Writer;
use super::key::Kid;
use super::signing::{PublicKey, SignatureBytes, SignatureError};
use super::token::Token;

/// Bytes of a card's payload.
pub const LENGTH: usize = 111;

/// What a card claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// Its token.
    pub token: Token,
    /// The day on which it was issued (`iat`).
    pub issued: Date,
    /// The first day on which it is no longer valid (`exp`, which RFC 7519 makes exclusive).
    pub expires: Date,
}

/// A well-formed card whose signature nobody has checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCard {
    kid: Kid,
    claims: Claims,
    sig_structure: Vec<u8>,
    signature: SignatureBytes,
}

impl SignedCard {
    /// The name of the key that is said to have signed it.
    pub fn kid(&self) -> Kid {
        self.kid
    }

    /// What it says, believed by nobody; for showing what a text holds.
    pub fn unverified_claims(&self) -> &Claims {
        &self.claims
    }

    /// The claims, once the signature fits the key.
    pub fn verify(&self, key: &PublicKey) -> Result<Claims, SignatureError> {
        key.verify_bytes(&self.sig_structure, &self.signature)?;
        Ok(self.claims)
    }
}

/// What is signed (RFC 9052 §4.4); its first text keeps it apart from every other signature.
fn sig_structure(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    Writer::new()
        .array(4)
        .text("Signature1")
        .bytes(protected)
        .bytes(&[])
        .bytes(payload)
        .finish()
}

#[cfg(test)]
mod tests;
