//! What the registry answers about a card whose number was typed because its QR code is damaged, or whose token is of the
//! older form and has no signature: an exact list, looked up by keyed hashes.
//!
//! The hash is keyed with a key of the part, so that a list of hashes of guessable MPI ids says nothing without the key
//! that only unlocked phones open.

use jiff::civil::Date;

use super::status::Status;
use crate::card::code::CardCode;
use crate::card::legacy::LegacyToken;
use crate::card::token::hmac_sha256;
use crate::person::MpiId;
use crate::sensitive::Secret;

/// What can be looked up without a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handle {
    /// The code printed on a card: names one card.
    Code(CardCode),
    /// The number of a person: names every card that the person has.
    Mpi(MpiId),
    /// A token of the older form: names one card.
    Legacy(LegacyToken),
}

impl Handle {
    /// The key under which the handle stands in the list: the first 16 bytes of HMAC-SHA-256 under the part's key over
    /// `"teranga/ids/code/v1"`, `"teranga/ids/mpi/v1"` or `"teranga/ids/legacy/v1"`, a zero byte, and the value.
    pub fn keyed_hash(&self, key: &Secret<32>) -> [u8; 16] {
        let legacy;
        let (context, value) = match self {
            Self::Code(code) => ("teranga/ids/code/v1\0", code.as_str().as_bytes()),
            Self::Mpi(id) => ("teranga/ids/mpi/v1\0", id.as_str().as_bytes()),
            Self::Legacy(token) => {
                legacy = token.hash();
                ("teranga/ids/legacy/v1\0", &legacy[..])
            }
        };
        let tag = hmac_sha256(key, |mac| {
            mac(context.as_bytes());
            mac(value);
        });
        let mut hash = [0; 16];
        hash.copy_from_slice(&tag[..16]);
        hash
    }
}

/// One card of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdRecord {
    /// The prefix of its campaign; none for a blank card of a lot that has no holder yet.
    pub campaign: Option<String>,
    /// When it was issued.
    pub issued: Date,
    /// The first day on which it is no longer valid.
    pub expires: Date,
    /// Whether it is revoked.
    pub status: Status,
}

/// Whoever can say which cards a handle names.
pub trait Ids {
    /// The cards of a handle; none when the list does not know it.
    fn find(&self, handle: &Handle) -> Vec<IdRecord>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyed_hash_depends_on_the_key_and_the_kind_of_handle() {
        let handle = Handle::Mpi(MpiId::parse("SN-DKR-26-9XQ7LM2A").unwrap());
        let key = |byte: u8| Secret::take(&mut [byte; 32]);
        assert_eq!(handle.keyed_hash(&key(1)), handle.keyed_hash(&key(1)));
        assert_ne!(handle.keyed_hash(&key(1)), handle.keyed_hash(&key(2)));
        let other = Handle::Mpi(MpiId::parse("SN-DKR-26-9XQ7LM2B").unwrap());
        assert_ne!(handle.keyed_hash(&key(1)), other.keyed_hash(&key(1)));
    }
}
