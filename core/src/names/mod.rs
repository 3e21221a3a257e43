//! Names of people, brought to one spelling.
//!
//! The same woman is *Fatoumata Diallo* in a French register, *Fatoumatta Jallow* across the Gambian border and
//! *فاطمة جالو* in her Quranic school. [`normalize`] brings what was written to tokens that can be compared:
//!
//! 1. [`fold`]: any script to lower-case ASCII. Accents fall, hooked letters lose their hooks, Arabic, N'Ko and Adlam
//!    are transliterated, apostrophes join and everything else that is no letter separates.
//! 2. [`titles`]: *El Hadj*, *Serigne*, *Mme* are set aside, unless nothing else would remain.
//! 3. [`orthography`]: rules that bring French, English and national orthographies to one (*ou = u = oo*,
//!    *dj = di + vowel = j*). Rules reach the names that no table lists.
//! 4. [`variants`]: tables for what rules cannot know: *Ibrahima, Ibrahim, Brahim* are one name; *Fatou* and
//!    *Fatoumata* are related ones.
//!
//! Nothing here says what is a given name and what a family name: forms, countries and clerks differ in that.

mod fold;
mod orthography;
mod titles;
mod transliterate;
mod twins;
mod variants;

pub use twins::{are_twin_names, twin_names_of};

/// Most tokens kept of one name; the longest full names recorded have fewer than ten.
pub const MAX_TOKENS: usize = 16;

/// Most bytes kept of one token.
pub const MAX_TOKEN_BYTES: usize = 64;

/// One word of a name after normalization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Lower-case ASCII after folding and transliteration, spelling kept: `"mamoudou"`, `"ndiaye"`.
    pub folded: Box<str>,
    /// The form that is compared: orthographies brought together and variants replaced by their group's head, so that
    /// Jallow, Jalloh and Diallo are one string. ASCII, never longer than [`MAX_TOKEN_BYTES`].
    pub canonical: Box<str>,
    /// The group of related names that the token belongs to (Fatou ~ Fatoumata), weaker than equality.
    pub related: Option<u16>,
    /// A single letter, standing for any token that begins with it.
    pub initial: bool,
}

/// A name (or a part of one) after normalization: tokens in the order written, titles set aside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NormalizedName {
    /// The words that count, at most [`MAX_TOKENS`].
    pub tokens: Vec<Token>,
    /// Titles that were dropped, as folded (`"el hadj"`, `"mme"`).
    pub titles: Vec<Box<str>>,
}

/// Normalizes a name or a part of one.
///
/// Any string is accepted. One without a letter of a known script gives no tokens; words beyond [`MAX_TOKENS`] and
/// letters beyond [`MAX_TOKEN_BYTES`] a word are left out.
pub fn normalize(raw: &str) -> NormalizedName {
    let (words, titles) = titles::set_aside(fold::words(raw));
    NormalizedName {
        tokens: words.into_iter().map(token).collect(),
        titles,
    }
}

fn token(folded: String) -> Token {
    let initial = folded.len() == 1;
    let (canonical, related) = variants::look_up(orthography::canonical(&folded));
    Token {
        folded: folded.into(),
        canonical,
        related,
        initial,
    }
}

#[cfg(test)]
mod tests;
