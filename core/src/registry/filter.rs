//! Which cards are revoked, exactly, in little more than the information that this is.
//!
//! Of `n` cards `r` are revoked, and every one of the `n` must get the right answer; cards outside of the `n` are never
//! asked for. Two linear systems ([`ribbon`]) do it, as in Clubcard (Schanck, IEEE S&P 2025):
//!
//! 1. The **sieve** stores `k` ones for each revoked card. A valid card finds `k` ones by luck once in `2^k`.
//! 2. The **judge** stores one exact bit for each card that passes the sieve: the revoked, and the unlucky valid.
//!
//! That is `r·k + r + (n − r)/2^k` bits, least at `k = ⌊lg((n − r)/r)⌋`: 1.06 times the entropy `n·H(r/n)` at 1 %. Each
//! issuer key has a `k` of its own, and one whose cards are all valid, or all revoked, costs five bytes; so the whole
//! may come out below the entropy of the mixture. What the systems themselves add is some thousandths.
//!
//! Nothing here is secret or needs to withstand an attacker who chooses keys: a card is looked up after its signature
//! was found good, and its key is a hash of a token that only the server could derive.

mod build;
mod ribbon;
mod solve;
mod wire;

#[cfg(test)]
mod tests;

pub use build::{Build, BuildError};
pub use ribbon::Key;
pub use wire::{FilterError, MAX_SECTIONS};

use crate::card::key::Kid;
use ribbon::Ribbon;

/// The index under which the judge's bit is stored, apart from those of the sieve.
const JUDGE: u32 = u32::MAX;

/// What is known of the cards of one issuer key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// None is revoked.
    NoneRevoked,
    /// All are revoked.
    AllRevoked,
    /// Some are: so many bits of the sieve, then the judge.
    Sieved(u8),
}

/// Tells the revoked cards of a fixed set from the others, without error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// By ascending kid.
    sections: Vec<(Kid, Rule)>,
    sieve: Ribbon,
    judge: Ribbon,
}

impl Filter {
    /// Whether a card of the set is revoked; none when the set has no card of that issuer key.
    pub fn revoked(&self, kid: Kid, key: Key) -> Option<bool> {
        let place = self
            .sections
            .binary_search_by_key(&kid, |section| section.0)
            .ok()?;
        Some(match self.sections[place].1 {
            Rule::NoneRevoked => false,
            Rule::AllRevoked => true,
            Rule::Sieved(bits) => passes(&self.sieve, key, bits) && self.judge.bit(key, JUDGE),
        })
    }
}

fn passes(sieve: &Ribbon, key: Key, bits: u8) -> bool {
    (0..u32::from(bits)).all(|index| sieve.bit(key, index))
}
