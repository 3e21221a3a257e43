//! The words of a code or a name: without accents and capitals, cut where a person would cut them.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A word as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// In small letters, without accents.
    pub(super) folded: String,
    /// Whether it was written in capitals.
    pub(super) capitals: bool,
}

/// A text cut in two ways: at everything that is no letter or digit, and at changes of case besides (`HIVStatus`,
/// `CD4count`). Letters between dots are one word (`H.I.V.`).
#[derive(Debug)]
pub(super) struct Text {
    /// The same words cut in each way.
    pub(super) cuts: Vec<Vec<Word>>,
}

impl Text {
    pub(super) fn new(text: &str) -> Self {
        let unaccented: String = text.nfd().filter(|c| !is_combining_mark(*c)).collect();
        let coarse: Vec<&str> = unaccented
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        let fine: Vec<&str> = coarse.iter().flat_map(|word| by_case(word)).collect();
        let joined = spelled_out(&coarse);
        let mut cuts = vec![words(&coarse)];
        if fine != coarse {
            cuts.push(words(&fine));
        }
        cuts.extend(joined.map(|joined| words(&joined.iter().map(String::as_str).collect::<Vec<_>>())));
        Self { cuts }
    }
}

fn words(words: &[&str]) -> Vec<Word> {
    let word = |word: &&str| Word {
        folded: word.to_lowercase(),
        capitals: !word.chars().any(char::is_lowercase),
    };
    words.iter().map(word).collect()
}

/// `HIVStatus` → `HIV`, `Status`; `CD4count` → `CD4`, `count`; `hivStatus` → `hiv`, `Status`.
fn by_case(word: &str) -> Vec<&str> {
    let letters: Vec<(usize, char)> = word.char_indices().collect();
    let mut pieces = Vec::new();
    let mut start = 0;
    for at in 1..letters.len() {
        let (before, here) = (letters[at - 1].1, letters[at].1);
        let next_is_small = letters.get(at + 1).is_some_and(|(_, c)| c.is_lowercase());
        let cuts = here.is_uppercase() && (before.is_lowercase() || before.is_uppercase() && next_is_small)
            || here.is_alphabetic() && before.is_ascii_digit();
        if cuts {
            pieces.push(&word[start..letters[at].0]);
            start = letters[at].0;
        }
    }
    pieces.push(&word[start..]);
    pieces
}

/// Runs of single letters as one word; nothing where there are none.
fn spelled_out(words: &[&str]) -> Option<Vec<String>> {
    let is_letter = |word: &str| word.chars().count() == 1;
    if !words
        .windows(2)
        .any(|pair| is_letter(pair[0]) && is_letter(pair[1]))
    {
        return None;
    }
    let runs = words.chunk_by(|one, other| is_letter(one) && is_letter(other));
    Some(runs.map(<[&str]>::concat).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cuts(text: &str) -> Vec<String> {
        let line = |words: &Vec<Word>| {
            words
                .iter()
                .map(|word| word.folded.as_str())
                .collect::<Vec<_>>()
                .join(" ")
        };
        Text::new(text).cuts.iter().map(line).collect()
    }

    #[test]
    fn a_text_is_cut_where_a_person_would_cut_it() {
        assert_eq!(cuts("Résultat du dépistage"), ["resultat du depistage"]);
        assert_eq!(cuts("HIVStatus"), ["hivstatus", "hiv status"]);
        assert_eq!(cuts("CD4count"), ["cd4count", "cd4 count"]);
        assert_eq!(cuts("H.I.V. result"), ["h i v result", "hiv result"]);
        assert_eq!(cuts("MMD_VIH-STA"), ["mmd vih sta"]);
        assert!(Text::new("ART no").cuts[0][0].capitals && !Text::new("Art").cuts[0][0].capitals);
    }
}
