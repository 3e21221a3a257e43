//! What the publisher signed: the exact bytes, and who signed them.
//!
//! ```text
//! signed = [ body: bstr, kid: bstr .size 4, signature: bstr .size 64 ]
//! ```
//! The signature is over the context's text, a zero byte and `body` as it stands. It is checked before `body` is parsed.

use crate::card::cbor::{CborError, Reader, Writer};
use crate::card::key::{Context, Kid};
use crate::card::signing::{SignatureError, SigningKey};
use crate::card::trust::{TrustError, TrustList};

/// Why signed bytes are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignedError {
    /// Not the envelope of a signed document.
    #[error("this is not a signed document: {0}")]
    Malformed(#[from] CborError),
    /// No key of the trust list signed it for this use.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

/// Signs a document's bytes.
pub fn sign(key: &SigningKey, context: Context, body: &[u8]) -> Result<Vec<u8>, SignatureError> {
    let signature = key.sign(context, body)?;
    Ok(Writer::new()
        .array(3)
        .bytes(body)
        .bytes(&key.kid().0)
        .bytes(&signature)
        .finish())
}

/// The body of a signed document of at most `most` bytes, if a key of the trust list signed it in this context.
pub fn open<'a>(
    trust: &TrustList,
    context: Context,
    signed: &'a [u8],
    most: usize,
) -> Result<&'a [u8], SignedError> {
    let (body, kid, signature) = split(signed, most)?;
    trust.verify(context, kid, body, &signature)?;
    Ok(body)
}

/// The parts of a signed document, unchecked: for showing what it claims.
pub fn split(signed: &[u8], most: usize) -> Result<(&[u8], Kid, [u8; 64]), CborError> {
    let mut reader = Reader::new(signed);
    reader.array_of(3)?;
    let body = reader.bytes(most)?;
    let (kid, signature) = (Kid(reader.fixed()?), reader.fixed()?);
    reader.end()?;
    Ok((body, kid, signature))
}
