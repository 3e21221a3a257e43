//! Making a card's payload.

use jiff::civil::Date;

use super::super::cbor::Writer;
use super::super::signing::{SignatureError, SigningKey};
use super::{Claims, SignedCard, sig_structure};
use crate::clock;

/// Why no card was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// The key is not an issuer key.
    #[error(transparent)]
    Key(#[from] SignatureError),
    /// It would expire before it is issued.
    #[error("a card must expire after the day on which it is issued; give a later date of expiry")]
    NeverValid,
    /// A date without a 32-bit NumericDate of 5 bytes.
    #[error("a card's dates lie between 1970-01-02 and 2106-02-07; correct the date")]
    DateOutOfRange,
}

impl SignedCard {
    /// Signs a card; always [`LENGTH`](super::LENGTH) bytes. The caller sees to it that `expires` is never later than
    /// the card's retention: a purged record must not make a revoked card valid again.
    pub fn issue(key: &SigningKey, claims: &Claims) -> Result<Vec<u8>, IssueError> {
        if claims.expires <= claims.issued {
            return Err(IssueError::NeverValid);
        }
        let protected = Writer::new()
            .map(2)
            .unsigned(1)
            .integer(-8)
            .unsigned(4)
            .bytes(&key.kid().0)
            .finish();
        let payload = Writer::new()
            .map(3)
            .unsigned(4)
            .unsigned(numeric_date(claims.expires)?)
            .unsigned(6)
            .unsigned(numeric_date(claims.issued)?)
            .unsigned(7)
            .bytes(&claims.token.0)
            .finish();
        let signature = key.sign_cose(&sig_structure(&protected, &payload))?;
        Ok(Writer::new()
            .array(4)
            .bytes(&protected)
            .map(0)
            .bytes(&payload)
            .bytes(&signature)
            .finish())
    }
}

/// Seconds since 1970 of a date's midnight UTC, in the range that CBOR writes in five bytes.
fn numeric_date(date: Date) -> Result<u64, IssueError> {
    let seconds = clock::day_number(date) * clock::SECONDS_PER_DAY;
    let seconds = u32::try_from(seconds).map_err(|_| IssueError::DateOutOfRange)?;
    if seconds > u32::from(u16::MAX) {
        Ok(seconds.into())
    } else {
        Err(IssueError::DateOutOfRange)
    }
}
