//! `registry.json`: the cards of one campaign, for a page in a browser that never asks a server.
//!
//! ```text
//! { "manifest": base64, "kid": 8 hexadecimal digits, "signature": base64,
//!   "filter": base64, "codes": base64, "revoked_codes": base64 }
//! ```
//! `manifest` is JSON ([`Manifest`]) and is signed as the exact bytes that stand there, in the context
//! "teranga/registry/v1"; it names the three other parts by SHA-256. `filter` is the CBOR of [`Filter`]. The codes are the
//! first 64 bits of SHA-256(salt ‖ card code), ascending, as Golomb–Rice codes: a code has 62 random bits, so the list
//! can be neither walked nor met by chance more easily than a code can be guessed.

use data_encoding::{BASE64, HEXLOWER};
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::filter::{Filter, FilterError};
use super::rice;
use crate::card::cbor::{Reader, Writer};
use crate::card::code::{CardCode, CodeSalt};
use crate::card::key::{Context, Kid};
use crate::card::signing::{SignatureError, SigningKey};
use crate::card::trust::{TrustError, TrustList};

/// The longest file, bytes.
pub const MAX_BYTES: usize = 64 << 20;

const VERSION: u64 = 1;
const BITS: u8 = 64;

/// What the publisher signed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Manifest {
    version: u64,
    /// The campaign's prefix.
    pub campaign: String,
    /// Counts up with each file of the campaign.
    pub number: u64,
    /// The file speaks of the cards whose day of issue is before this one.
    pub covers_before: Date,
    /// When it was signed.
    pub issued: Timestamp,
    /// When the next one is due.
    pub next_update: Timestamp,
    salt: String,
    codes: u32,
    revoked_codes: u32,
    /// SHA-256 of filter, codes and revoked codes.
    parts: [String; 3],
}

/// The cards of one campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portal {
    /// What the publisher signed.
    pub manifest: Manifest,
    /// Which cards are revoked.
    pub filter: Filter,
    salt: CodeSalt,
    codes: Vec<u64>,
    revoked_codes: Vec<u64>,
}

/// What a portal's file is made of.
pub struct Contents<'a> {
    /// The campaign's prefix.
    pub campaign: &'a str,
    /// Counts up with each file of the campaign.
    pub number: u64,
    /// The file speaks of the cards whose day of issue is before this one.
    pub covers_before: Date,
    /// When it is signed, and when the next one is due.
    pub issued_and_next: (Timestamp, Timestamp),
    /// Which cards are revoked.
    pub filter: &'a Filter,
    /// The campaign's salt.
    pub salt: CodeSalt,
    /// Codes of cards that are good.
    pub codes: &'a [CardCode],
    /// Codes of cards that are revoked.
    pub revoked_codes: &'a [CardCode],
}

/// What a card code says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeStatus {
    /// A card of the campaign, not revoked.
    Good,
    /// A card of the campaign, revoked.
    Revoked,
    /// Not a card of the campaign, or one that was made later.
    Unknown,
}

/// Why a file is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortalError {
    /// Not the JSON of a registry.
    #[error("this is not a registry file: its {0} is not valid; download it again")]
    Invalid(&'static str),
    /// Not signed by the publisher.
    #[error("the registry file is refused: {0}")]
    Trust(#[from] TrustError),
    /// A part that is not the one that was signed.
    #[error("the registry file is damaged or put together from several; download it again")]
    Swapped,
    /// Written in a later form.
    #[error("the registry file is of version {0}, newer than this program; update the page")]
    FutureVersion(u64),
    /// A damaged filter.
    #[error(transparent)]
    Filter(#[from] FilterError),
}

#[derive(serde::Serialize, serde::Deserialize)]
struct File {
    manifest: String,
    kid: Kid,
    signature: String,
    filter: String,
    codes: String,
    revoked_codes: String,
}

/// The signed file.
pub fn sign(contents: &Contents<'_>, publisher: &SigningKey) -> Result<String, SignatureError> {
    let hashes = |codes: &[CardCode]| {
        let mut hashes: Vec<u64> = codes.iter().map(|code| short(code, &contents.salt)).collect();
        hashes.sort_unstable();
        hashes.dedup();
        hashes
    };
    let (good, revoked) = (hashes(contents.codes), hashes(contents.revoked_codes));
    let filter = contents.filter.write(Writer::new()).finish();
    let parts = [filter, rice::encode(&good, BITS), rice::encode(&revoked, BITS)];
    let (issued, next_update) = contents.issued_and_next;
    let manifest = Manifest {
        version: VERSION,
        campaign: contents.campaign.to_owned(),
        number: contents.number,
        covers_before: contents.covers_before,
        issued,
        next_update,
        salt: HEXLOWER.encode(&contents.salt.0),
        codes: good.len() as u32,
        revoked_codes: revoked.len() as u32,
        parts: parts.each_ref().map(|part| name(part)),
    };
    let manifest = serde_json::json!(manifest).to_string();
    let signature = publisher.sign(Context::Registry, manifest.as_bytes())?;
    let [filter, codes, revoked_codes] = parts.map(|part| BASE64.encode(&part));
    let file = File {
        manifest: BASE64.encode(manifest.as_bytes()),
        kid: publisher.kid(),
        signature: BASE64.encode(&signature),
        filter,
        codes,
        revoked_codes,
    };
    Ok(serde_json::json!(file).to_string())
}

impl Portal {
    /// Opens a file: the signature first, then the parts that it names.
    pub fn open(trust: &TrustList, text: &[u8]) -> Result<Self, PortalError> {
        let invalid = PortalError::Invalid;
        if text.len() > MAX_BYTES {
            return Err(invalid("length"));
        }
        let file: File = serde_json::from_slice(text).map_err(|_| invalid("form"))?;
        let bytes = |text: &str| BASE64.decode(text.as_bytes()).map_err(|_| invalid("base64"));
        let signed = bytes(&file.manifest)?;
        let signature = bytes(&file.signature)?
            .try_into()
            .map_err(|_| invalid("signature"))?;
        trust.verify(Context::Registry, file.kid, &signed, &signature)?;

        let version: Version = serde_json::from_slice(&signed).map_err(|_| invalid("manifest"))?;
        if version.version != VERSION {
            return Err(PortalError::FutureVersion(version.version));
        }
        let manifest: Manifest = serde_json::from_slice(&signed).map_err(|_| invalid("manifest"))?;
        let parts = [
            bytes(&file.filter)?,
            bytes(&file.codes)?,
            bytes(&file.revoked_codes)?,
        ];
        if parts.each_ref().map(|part| name(part)) != manifest.parts {
            return Err(PortalError::Swapped);
        }
        let salt = HEXLOWER
            .decode(manifest.salt.as_bytes())
            .ok()
            .and_then(|salt| salt.try_into().ok());
        let list =
            |bytes, count: u32| rice::decode(bytes, count as usize, BITS).ok_or(invalid("list of codes"));
        Ok(Self {
            filter: Filter::read(&mut Reader::new(&parts[0]))?,
            salt: CodeSalt(salt.ok_or(invalid("salt"))?),
            codes: list(&parts[1], manifest.codes)?,
            revoked_codes: list(&parts[2], manifest.revoked_codes)?,
            manifest,
        })
    }

    /// What a typed code says.
    pub fn code(&self, code: &CardCode) -> CodeStatus {
        let hash = short(code, &self.salt);
        if self.revoked_codes.binary_search(&hash).is_ok() {
            CodeStatus::Revoked
        } else if self.codes.binary_search(&hash).is_ok() {
            CodeStatus::Good
        } else {
            CodeStatus::Unknown
        }
    }
}

#[derive(serde::Deserialize)]
struct Version {
    version: u64,
}

fn name(part: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(part))
}

fn short(code: &CardCode, salt: &CodeSalt) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = code.hash(salt);
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

#[cfg(test)]
mod tests;
