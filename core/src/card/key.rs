//! Every key of an organisation: what it is for, what it may sign, and how it is called.
//!
//! | purpose | algorithm | signs or derives | held by |
//! |---|---|---|---|
//! | root | Ed25519 | the trust list, nothing else | server, or offline |
//! | publisher | Ed25519 | status lists, deltas, bundle manifests, `registry.json`, receipts, commands, audit heads, enrollments | server |
//! | issuer | Ed25519 | cards and passes of one campaign and period, or of one lot of blank cards | server |
//! | session | Ed25519 | session tokens | server |
//! | token | HMAC-SHA-256 | card tokens of one campaign | server |
//! | pass | HMAC-SHA-256 | the `s` of wallet passes of one campaign | server |
//! | sync | X25519 | nothing: phones seal their work to it | server |
//! | device | Ed25519 | packets, enrollment and sessions of one phone | that phone |
//!
//! A signature is always made in a [`Context`]: the text of the context and a zero byte stand before the message, so
//! that a signature made for one purpose can never stand for another. There are two exceptions, which carry a context of
//! their own: a card is a COSE_Sign1, whose `Sig_structure` begins with `"Signature1"`, and a session token is a JWS, whose
//! input begins with its header in base64url; any COSE or JOSE library verifies them.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// What a key is for. A key is used for nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Signs the trust list.
    Root,
    /// Signs what the server publishes.
    Publisher,
    /// Signs the cards and passes of a campaign and period, or the cards of a lot.
    Issuer,
    /// Signs session tokens.
    Session,
    /// Derives the card tokens of a campaign.
    Token,
    /// Authenticates the wallet passes of a campaign.
    Pass,
    /// Opens what phones sealed to the server.
    Sync,
    /// Signs what one phone sends.
    Device,
}

impl Purpose {
    /// Every purpose, in the order of the number that stands for it in the trust list (from 1).
    pub const ALL: [Self; 8] = [
        Self::Root,
        Self::Publisher,
        Self::Issuer,
        Self::Session,
        Self::Token,
        Self::Pass,
        Self::Sync,
        Self::Device,
    ];

    /// The algorithm of keys of this purpose.
    pub const fn algorithm(self) -> Algorithm {
        match self {
            Self::Token | Self::Pass => Algorithm::HmacSha256,
            Self::Sync => Algorithm::X25519,
            Self::Root | Self::Publisher | Self::Issuer | Self::Session | Self::Device => Algorithm::Ed25519,
        }
    }

    /// The purpose in one word, as in the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Publisher => "publisher",
            Self::Issuer => "issuer",
            Self::Session => "session",
            Self::Token => "token",
            Self::Pass => "pass",
            Self::Sync => "sync",
            Self::Device => "device",
        }
    }

    pub(super) const fn number(self) -> u64 {
        self as u64 + 1
    }

    pub(super) fn from_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.number() == number)
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What a key computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// Signatures, RFC 8032; COSE calls it EdDSA, -8.
    Ed25519,
    /// Key agreement, RFC 7748.
    X25519,
    /// Message authentication, RFC 2104. A key of this algorithm has no public half and is in no trust list.
    HmacSha256,
}

impl Algorithm {
    /// The number that stands for it in COSE (for X25519, which is no signature, that of its curve).
    pub(super) const fn cose(self) -> i64 {
        match self {
            Self::Ed25519 => -8,
            Self::X25519 => 4,
            Self::HmacSha256 => 5,
        }
    }
}

/// What is being signed. Its text, followed by a zero byte, stands before the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Context {
    /// The trust list.
    TrustList,
    /// A status list.
    StatusList,
    /// A delta to a status list.
    StatusDelta,
    /// The manifest of a bundle.
    BundleManifest,
    /// The manifest of a portal's `registry.json`.
    Registry,
    /// The receipt that the server gives for a packet.
    Receipt,
    /// A command to a device.
    Command,
    /// The head of the audit chain.
    AuditHead,
    /// A wallet pass.
    Pass,
    /// A packet that a phone sends.
    Packet,
    /// A phone's wish to be enrolled.
    EnrollRequest,
    /// What the server answers to it.
    EnrollAnswer,
    /// A phone's answer to the challenge that opens a session.
    SessionProof,
    /// How a device stands with the server, and what time it is.
    Standing,
}

impl Context {
    /// Every context.
    pub const ALL: [Self; 14] = [
        Self::TrustList,
        Self::StatusList,
        Self::StatusDelta,
        Self::BundleManifest,
        Self::Registry,
        Self::Receipt,
        Self::Command,
        Self::AuditHead,
        Self::Pass,
        Self::Packet,
        Self::EnrollRequest,
        Self::EnrollAnswer,
        Self::SessionProof,
        Self::Standing,
    ];

    /// The text that stands before the message. It never contains a zero byte.
    pub const fn text(self) -> &'static str {
        match self {
            Self::TrustList => "teranga/trust-list/v1",
            Self::StatusList => "teranga/status-list/v1",
            Self::StatusDelta => "teranga/status-delta/v1",
            Self::BundleManifest => "teranga/bundle-manifest/v1",
            Self::Registry => "teranga/registry/v1",
            Self::Receipt => "teranga/receipt/v1",
            Self::Command => "teranga/command/v1",
            Self::AuditHead => "teranga/audit-head/v1",
            Self::Pass => "teranga/pass/v1",
            Self::Packet => "teranga/packet/v1",
            Self::EnrollRequest => "teranga/enroll-request/v1",
            Self::EnrollAnswer => "teranga/enroll-answer/v1",
            Self::SessionProof => "teranga/session-proof/v1",
            Self::Standing => "teranga/standing/v1",
        }
    }

    /// The only purpose whose keys sign in this context.
    pub const fn purpose(self) -> Purpose {
        match self {
            Self::TrustList => Purpose::Root,
            Self::StatusList
            | Self::StatusDelta
            | Self::BundleManifest
            | Self::Registry
            | Self::Receipt
            | Self::Command
            | Self::AuditHead
            | Self::EnrollAnswer
            | Self::Standing => Purpose::Publisher,
            Self::Pass => Purpose::Issuer,
            Self::Packet | Self::EnrollRequest | Self::SessionProof => Purpose::Device,
        }
    }

    pub(super) fn frame(self, message: &[u8]) -> Vec<u8> {
        [self.text().as_bytes(), &[0], message].concat()
    }
}

/// A key's short name: 4 bytes, written as 8 hexadecimal digits. Whoever makes a key makes another if the name is taken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kid(pub [u8; 4]);

impl Kid {
    /// The name of a public key: the first 4 bytes of its SHA-256.
    pub fn of(public: &[u8; 32]) -> Self {
        let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(public));
        Self([a, b, c, d])
    }
}

impl fmt::Display for Kid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Kid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Kid({self})")
    }
}

/// A text that is not a key's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key's name has 8 hexadecimal digits; list the keys to see theirs")]
pub struct NotAKid;

impl FromStr for Kid {
    type Err = NotAKid;

    fn from_str(text: &str) -> Result<Self, NotAKid> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE
            .decode(text.as_bytes())
            .map_err(|_| NotAKid)?;
        bytes.try_into().map(Self).map_err(|_| NotAKid)
    }
}

impl serde::Serialize for Kid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Kid {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_context_has_a_text_of_its_own_and_none_could_be_read_as_another() {
        let texts: HashSet<&str> = Context::ALL.into_iter().map(Context::text).collect();
        assert_eq!(texts.len(), Context::ALL.len());
        assert!(
            texts
                .iter()
                .all(|text| text.starts_with("teranga/") && !text.contains('\0'))
        );
        assert_ne!(Context::Receipt.frame(b"a"), Context::Command.frame(b"a"));
    }

    #[test]
    fn purposes_keep_their_numbers() {
        for (index, purpose) in Purpose::ALL.into_iter().enumerate() {
            assert_eq!(purpose.number(), index as u64 + 1);
            assert_eq!(Purpose::from_number(purpose.number()), Some(purpose));
        }
        assert_eq!((Purpose::from_number(0), Purpose::from_number(9)), (None, None));
    }

    #[test]
    fn a_kid_is_written_as_eight_digits() {
        let kid = Kid([0x0a, 0xb1, 0xff, 0x00]);
        assert_eq!(kid.to_string(), "0ab1ff00");
        assert_eq!("0AB1ff00".parse(), Ok(kid));
        assert_eq!("0ab1ff".parse::<Kid>(), Err(NotAKid));
        assert_eq!("0ab1ffzz".parse::<Kid>(), Err(NotAKid));
        assert_eq!(
            serde_json::from_str::<Kid>(&serde_json::to_string(&kid).unwrap()).unwrap(),
            kid
        );
    }
}
