//! Random texts that stand for rights: refresh tokens, tokens of integrations, recovery codes. Their hashes are kept; they
//! are too long to be guessed, so that SHA-256 is enough.

use sha2::{Digest as _, Sha256};
use teranga_core::ids::{self, OsRandom, RandomError};
use teranga_core::sensitive::Sensitive;

/// What the tokens of integrations begin with, so that scanners of repositories find those that got there.
pub const API: &str = "teranga_";

/// What refresh tokens begin with.
pub const REFRESH: &str = "refresh_";

/// A random text, shown once.
pub type Secret = Sensitive<String>;

/// A new token of 256 random bits.
pub fn draw(prefix: &str) -> Result<Secret, RandomError> {
    let bytes: [u8; 32] = ids::bytes(&mut OsRandom)?;
    Ok(Sensitive::new(format!(
        "{prefix}{}",
        data_encoding::BASE64URL_NOPAD.encode(&bytes)
    )))
}

/// What is kept of a token.
pub fn digest(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
