//! One form for all spellings of a place's name.

use unicode_normalization::UnicodeNormalization;

/// Letters and digits in lower case, without accents: "Côte d'Ivoire" is `cotedivoire`. `None` if nothing is left, or if
/// the text is longer than any name of a place.
pub(super) fn fold(text: &str) -> Option<String> {
    const LONGEST: usize = 128;
    if text.len() > LONGEST {
        return None;
    }
    let folded: String = text
        .nfkd()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    (!folded.is_empty()).then_some(folded)
}
