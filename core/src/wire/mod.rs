//! What phone and server say to each other: one definition for both sides.
//!
//! Work goes up, knowledge comes down:
//!
//! - **Up**: what an agent did is a [`fact`], numbered and idempotent. It is sealed to the server's sync key and signed by
//!   the device the moment it is saved ([`packet`]), so that it can wait in the outbox for months, travel on another
//!   phone, arrive twice or out of order, and still count once. A [`batch`] carries many.
//! - **Down**: every packet gets a signed [`receipt`]; what the server has to say besides comes as a [`downlink`], sealed to
//!   one of the device's two keys: the transport key for what a locked phone must obey, the vault key for everything
//!   personal. Cards and people come as a bundle ([`crate::registry::bundle`]), whose manifest is asked for here too.
//! - **Before**: a phone enters by a [`ticket`] and an [`enroll`] request, and opens a [`session`] with a signature.
//!
//! Envelopes are JSON over HTTPS; bytes in them are base64url without padding. What is signed or sealed travels as exact
//! bytes and is never written anew. Every form begins with a version; a reader that meets a later one says so, and
//! whoever wrote it keeps it until the reader was updated.
//!
//! # Clocks
//! No decision rests on a phone's clock. The order of a device's facts is their sequence; the time in a fact is what the
//! phone believed, kept beside the time at which the server received it and the skew that the session found. A phone
//! trusts the later of its own clock and the last signed time of the server.

pub mod batch;
mod binary;
pub mod bundle;
pub mod downlink;
pub mod enroll;
pub mod fact;
mod id;
pub mod packet;
pub mod receipt;
pub mod relay;
mod seal;
pub mod session;
mod signed;
pub mod ticket;

pub use binary::Base64;
pub use id::{DeviceId, IdError, PacketId};
pub use seal::{DeviceKey, seal_to};
pub use signed::{Document, DocumentError, Signed};

use crate::card::cbor::CborError;
use crate::ids::RandomError;

/// The version of every envelope.
pub const VERSION: u32 = 1;

/// The longest request body that the server takes, before and after decompression, bytes. Phones cut batches well below.
pub const MAX_BODY: usize = 1 << 20;

/// Where the routes lie on the server.
pub mod path {
    /// `POST`: a ticket and keys become a device.
    pub const ENROLL: &str = "/sync/v1/enroll";
    /// `POST`: a challenge, then a token.
    pub const SESSION: &str = "/sync/v1/session";
    /// `POST`: packets become receipts.
    pub const PACKETS: &str = "/sync/v1/packets";
    /// `GET` with `?after=`: what the server has to say.
    pub const DOWNLINK: &str = "/sync/v1/downlink";
    /// `GET`: the manifest of the device's bundle.
    pub const BUNDLE: &str = "/sync/v1/bundle";
    /// `GET`, followed by `/` and the part's SHA-256 in hexadecimal; takes `Range`.
    pub const PARTS: &str = "/sync/v1/bundle/parts";
    /// `POST`: work of phones that have no network.
    pub const RELAY: &str = "/sync/v1/relay";
    /// `GET`, followed by `/` and the card's SHA-256 in hexadecimal: the number of programs of its holder.
    pub const KYC: &str = "/sync/v1/kyc";
}

/// What a refusal of the whole request means, as the `code` of its problem document (RFC 9457).
pub mod code {
    /// The ticket is wrong, too old, or was used by another device: ask for a new one.
    pub const TICKET: &str = "ticket-refused";
    /// The server does not know the device: enroll again with the same keys; the outbox stays.
    pub const UNKNOWN_DEVICE: &str = "unknown-device";
    /// The challenge is too old or was used: ask for another.
    pub const CHALLENGE: &str = "challenge-refused";
    /// The token has expired or is wrong: open a session.
    pub const SESSION: &str = "session-expired";
    /// The device was revoked. It may still send packets, which are kept aside, and fetch commands.
    pub const REVOKED: &str = "device-revoked";
}

/// Why bytes or a document are refused. It never quotes them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// Not the CBOR of this form.
    #[error("this is not what a phone or server sends: {0}")]
    Malformed(#[from] CborError),
    /// A value outside of its range.
    #[error("this is not what a phone or server sends: its {0} is not valid")]
    Invalid(&'static str),
    /// Written in a later form.
    #[error("this was written by a newer version ({0}); update this program, nothing is lost meanwhile")]
    FutureVersion(u64),
    /// Does not open with this key.
    #[error("this cannot be opened here: it was changed on its way, or sealed to another key")]
    CannotOpen,
    /// Not signed by whom it should be.
    #[error("the signature does not fit; it was changed on its way, or made by another device or server")]
    BadSignature,
    /// The key is of no use.
    #[error("the key is not valid; enroll the device anew")]
    BadKey,
}

/// Why something was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The key of the other side, or the own one, is of no use.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

fn demand_version(version: u64) -> Result<(), WireError> {
    if version == u64::from(VERSION) {
        Ok(())
    } else {
        Err(WireError::FutureVersion(version))
    }
}

#[cfg(test)]
mod tests;
