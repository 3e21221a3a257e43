//! Tokens of the published literal form, printed by older systems: `SHA-256(mpi_id + campaign_prefix + server_secret)`,
//! 64 hexadecimal digits.
//!
//! They are imported so that cards in people's hands stay useful, never made for new cards: they carry no signature, the
//! concatenation is ambiguous, and a lost card cannot be told from its replacement. They are verified online; offline
//! only through an exact list of the good ones that a campaign opts into.

use sha2::{Digest as _, Sha256};

use super::token::TokenHash;
use crate::sensitive::Sensitive;

/// A token of the older form.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LegacyToken([u8; 32]);

impl LegacyToken {
    /// The token of 64 hexadecimal digits, as an older card carries it; spaces around it are forgiven.
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE
            .decode(text.trim().as_bytes())
            .ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The token that an older system made, for importing its cards with the secret it used.
    pub fn derive(mpi_id: &str, campaign_prefix: &str, server_secret: &Sensitive<String>) -> Self {
        let parts = [mpi_id, campaign_prefix, server_secret.reveal()];
        Self(
            parts
                .iter()
                .fold(Sha256::new(), |hash, part| hash.chain_update(part))
                .finalize()
                .into(),
        )
    }

    /// The handle that stores and lists hold: SHA-256 of the token's 32 bytes.
    pub fn hash(&self) -> TokenHash {
        Sha256::digest(self.0).into()
    }
}

impl std::fmt::Debug for LegacyToken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("LegacyToken([withheld])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_form_is_recomputed() {
        // echo -n 'SN-DKR-26-9XQ7LM2APOLIO26secret' | sha256sum
        let printed = "f8f987627271ee3cdb95de5ccd6c0dd71f6c14a592970e5f62fdde1ae92290e9";
        let secret = Sensitive::new("secret".to_owned());
        let derived = LegacyToken::derive("SN-DKR-26-9XQ7LM2A", "POLIO26", &secret);
        assert_eq!(LegacyToken::from_hex(printed), Some(derived));
        assert_eq!(
            LegacyToken::from_hex(&format!(" {}\n", printed.to_uppercase())),
            Some(derived)
        );
    }

    #[test]
    fn other_lengths_and_characters_are_no_token() {
        for text in ["", "abcd", &"a".repeat(63), &"a".repeat(66), &"g".repeat(64)] {
            assert_eq!(LegacyToken::from_hex(text), None);
        }
    }
}
