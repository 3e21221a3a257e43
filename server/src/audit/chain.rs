//! What the chain is made of: a row's canonical text, and the hash of all rows up to it.

use sha2::{Digest as _, Sha256};

/// SHA-256 of a chain up to a row.
pub type Hash = [u8; 32];

/// What stands before the first row.
pub const START: Hash = [0; 32];

/// A row as the chain knows it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// The row's id.
    pub id: i64,
    /// Whose register.
    pub organisation: Option<i64>,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Who.
    pub actor: String,
    /// What.
    pub action: String,
    /// To what.
    pub target: String,
    /// Hash of the private half, hexadecimal.
    pub commitment: Option<String>,
}

/// The chain's end after a row: SHA-256 of what came before and the row's canonical text, a JSON array without spaces.
pub fn hash_of(before: &Hash, place: i64, row: &Row) -> Hash {
    let text = serde_json::json!([
        "teranga/audit/v1",
        place,
        row.id,
        row.organisation,
        row.at,
        row.actor,
        row.action,
        row.target,
        row.commitment,
    ])
    .to_string();
    Sha256::new()
        .chain_update(before)
        .chain_update(text.as_bytes())
        .finalize()
        .into()
}

/// The signed end of the chain at a place.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// How many rows the chain has up to here.
    pub place: i64,
    /// The chain's hash, hexadecimal.
    pub hash: String,
    /// When it was signed, in milliseconds since 1970.
    pub at: i64,
    /// The publisher key that signed.
    pub kid: String,
    /// The signature of [`head_message`] in the context of audit heads, hexadecimal.
    pub signature: String,
}

/// What is signed: a JSON array without spaces.
pub fn head_message(place: i64, hash: &str, at: i64) -> Vec<u8> {
    serde_json::json!(["teranga/audit-head/v1", place, hash, at])
        .to_string()
        .into_bytes()
}

/// What closes the part of a chain whose rows have left.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The place of the last row that left.
    pub place: i64,
    /// The chain's hash there, hexadecimal.
    pub hash: String,
    /// Every row that left is older than this, in milliseconds since 1970.
    pub before: i64,
    /// When it was signed, in milliseconds since 1970.
    pub at: i64,
    /// The publisher key that signed.
    pub kid: String,
    /// The signature of [`checkpoint_message`] in the context of audit heads, hexadecimal.
    pub signature: String,
}

/// What is signed of a checkpoint: a JSON array without spaces, which no head's message is like.
pub fn checkpoint_message(place: i64, hash: &str, before: i64, at: i64) -> Vec<u8> {
    serde_json::json!(["teranga/audit-checkpoint/v1", place, hash, before, at])
        .to_string()
        .into_bytes()
}
