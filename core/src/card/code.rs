//! The card code: what is printed for when the QR is damaged, `7K2M-9QXR-4TAB-H`.
//!
//! 12 random Base36 characters and a check character of ISO/IEC 7064 MOD 37,36, which notices every single wrong
//! character and almost every swap of two. O and I are never generated, nor codes whose check character would be one of
//! them, so that reading them as 0 and 1 is safe. Typing forgives case, spaces and hyphens.
//!
//! Offline registries hold `SHA-256(salt ‖ code)`, with a salt of its own for each campaign: at 34^12 codes (61 bits) a
//! list of hashes cannot be walked.

mod parse;

pub use parse::CodeError;

use sha2::{Digest as _, Sha256};

use crate::ids::{self, Random, RandomError};

/// Base36 without O and I.
const ALPHABET: &[u8; 34] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// Random characters of a code.
const RANDOM: usize = 12;

/// Random characters and the check character.
const LENGTH: usize = RANDOM + 1;

/// The salt of a campaign's code hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeSalt(pub [u8; 16]);

/// A card code whose check character fits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CardCode([u8; LENGTH]);

impl CardCode {
    /// Draws a code. That two cards never share one is the database's to see to.
    pub fn generate(random: &mut impl Random) -> Result<Self, RandomError> {
        loop {
            let drawn = ids::string_from(ALPHABET, RANDOM, random)?;
            let mut characters = [0; LENGTH];
            characters[..RANDOM].copy_from_slice(drawn.as_bytes());
            characters[RANDOM] = check_character(drawn.as_bytes());
            if ALPHABET.contains(&characters[RANDOM]) {
                return Ok(Self(characters));
            }
        }
    }

    /// The 13 characters without hyphens.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// What offline registries hold: SHA-256 of the campaign's salt and the 13 characters.
    pub fn hash(&self, salt: &CodeSalt) -> [u8; 32] {
        Sha256::new()
            .chain_update(salt.0)
            .chain_update(self.0)
            .finalize()
            .into()
    }
}

impl std::fmt::Display for CardCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let code = self.as_str();
        formatter.pad(&format!(
            "{}-{}-{}-{}",
            &code[..4],
            &code[4..8],
            &code[8..12],
            &code[12..]
        ))
    }
}

impl std::fmt::Debug for CardCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("CardCode([withheld])")
    }
}

/// The check character of Base36 characters by ISO/IEC 7064 MOD 37,36 (the hybrid system, §9 of the standard).
fn check_character(characters: &[u8]) -> u8 {
    let product = characters.iter().fold(36, |product, &character| {
        let sum = (product + value(character)) % 36;
        (if sum == 0 { 36 } else { sum }) * 2 % 37
    });
    let value = ((37 - product) % 36) as u8;
    if value < 10 {
        b'0' + value
    } else {
        b'A' + value - 10
    }
}

fn value(character: u8) -> u32 {
    char::from(character).to_digit(36).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::OsRandom;

    #[test]
    fn the_check_character_is_that_of_the_standard() {
        // The example of the Global Release Identifier, which uses the same system: A1-2425G-ABC1234002-M.
        assert_eq!(check_character(b"A12425GABC1234002"), b'M');
    }

    #[test]
    fn a_code_is_grouped_for_reading_and_does_not_print_by_accident() {
        let code = CardCode::generate(&mut OsRandom).unwrap();
        let shown = code.to_string();
        assert_eq!(shown.len(), 16);
        assert_eq!(shown.replace('-', ""), code.as_str());
        assert_eq!(format!("{code:?}"), "CardCode([withheld])");
    }

    #[test]
    fn codes_never_hold_the_letters_that_look_like_digits() {
        for _ in 0..2_000 {
            let code = CardCode::generate(&mut OsRandom).unwrap();
            assert!(!code.as_str().contains(['O', 'I']));
        }
    }

    #[test]
    fn each_campaign_hashes_a_code_differently() {
        let code = CardCode::generate(&mut OsRandom).unwrap();
        assert_ne!(code.hash(&CodeSalt([1; 16])), code.hash(&CodeSalt([2; 16])));
        assert_eq!(code.hash(&CodeSalt([1; 16])), code.hash(&CodeSalt([1; 16])));
    }
}
