//! The ticket that lets one phone in, as the QR code that a supervisor shows.
//!
//! ```text
//! text = "TRGE1:" and Base45 (RFC 9285) of [ version (1), server, secret: bstr .size 16, root: bstr .size 32 ]
//! ```
//! Base45 keeps the code in QR's alphanumeric mode. `root` is SHA-256 of the organization's root key, so that a phone knows
//! whose trust list it takes without trusting the network. The secret works once and for a quarter of an hour.

use sha2::{Digest, Sha256};

use super::{WireError, demand_version};
use crate::card::cbor::{Reader, Writer};
use crate::card::signing::PublicKey;
use crate::sensitive::Secret;

const PREFIX: &str = "TRGE1:";

/// The longest text, bytes.
const MAX_TEXT: usize = 600;

/// The longest address of a server, bytes.
const MAX_SERVER: usize = 200;

/// A ticket.
#[derive(Debug)]
pub struct Ticket {
    /// Where the server is: `https://` and its host.
    pub server: String,
    /// What lets the phone in.
    pub secret: Secret<16>,
    /// SHA-256 of the root's public key.
    pub root: [u8; 32],
}

impl Ticket {
    /// The text of the QR code.
    pub fn to_text(&self) -> String {
        let bytes = Writer::new()
            .array(4)
            .unsigned(super::VERSION.into())
            .text(&self.server)
            .bytes(self.secret.reveal())
            .bytes(&self.root)
            .finish();
        format!("{PREFIX}{}", base45::encode(&bytes))
    }

    /// Reads the text of a QR code.
    pub fn parse(text: &str) -> Result<Self, WireError> {
        let body = text
            .trim()
            .strip_prefix(PREFIX)
            .filter(|_| text.len() <= MAX_TEXT);
        let bytes = body.and_then(|body| base45::decode(body).ok());
        let bytes = zeroize::Zeroizing::new(bytes.ok_or(WireError::Invalid("text"))?);
        let mut reader = Reader::new(&bytes);
        reader.array_of(4)?;
        demand_version(reader.unsigned()?)?;
        let ticket = Self {
            server: reader.text(MAX_SERVER)?.to_owned(),
            secret: Secret::take(&mut reader.fixed()?),
            root: reader.fixed()?,
        };
        reader.end()?;
        let is_address = ["https://", "http://"]
            .iter()
            .any(|scheme| ticket.server.starts_with(scheme));
        is_address.then_some(ticket).ok_or(WireError::Invalid("server"))
    }

    /// Whether a root key is the one that the ticket means.
    pub fn is_root(&self, root: &PublicKey) -> bool {
        self.root == root_hash(root)
    }
}

/// How a ticket names a root key.
pub fn root_hash(root: &PublicKey) -> [u8; 32] {
    Sha256::digest(root.0).into()
}
