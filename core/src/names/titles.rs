//! Titles are no names: a pilgrim, a teacher and a doctor are registered with their title one year and without it the
//! next.

/// Titles of two words, as folded.
const PAIRS: &[(&str, &str)] = &[
    ("el", "hadj"),
    ("el", "hadji"),
    ("el", "haji"),
    ("el", "haj"),
    ("al", "hadji"),
    ("al", "haji"),
    ("al", "hadj"),
];

/// Titles that are never names.
const ALWAYS: &[&str] = &[
    "elhadj",
    "elhadji",
    "elhaji",
    "elhaj",
    "alhaji",
    "alhadji",
    "alhaj",
    "alhadj",
    "alhajji",
    "hadj",
    "hadji",
    "haji",
    "hajj",
    "hadja",
    "hadjia",
    "hajia",
    "hajja",
    "hajiya",
    "adja",
    "adji",
    "ajaratou",
    "adiaratou",
    "serigne",
    "serin",
    "sokhna",
    "soxna",
    "imam",
    "imame",
    "oustaz",
    "oustass",
    "oustadh",
    "ustaz",
    "mallam",
    "malam",
    "marabout",
    "mme",
    "mr",
    "mrs",
    "ms",
    "miss",
    "mlle",
    "monsieur",
    "madame",
    "mademoiselle",
    "senhor",
    "senhora",
    "sr",
    "sra",
    "dr",
    "dra",
    "docteur",
    "doctor",
    "pr",
    "prof",
    "professeur",
    "professor",
    "me",
    "maitre",
    "hon",
    "rev",
    "pasteur",
    "pastor",
    "abbe",
    "fr",
    "soeur",
    "frere",
];

/// Titles that are given names as well: dropped only in front of another two words, of which one is then the given
/// name.
const BEFORE_A_GIVEN_NAME: &[&str] = &[
    "cheikh", "cheik", "cheick", "sheikh", "sheik", "shaykh", "sheriff", "cherif", "sharif", "thierno",
    "tierno", "cerno", "cherno", "modibo",
];

/// Splits titles from the words of a name. At least one word always remains.
pub fn set_aside(words: Vec<String>) -> (Vec<String>, Vec<Box<str>>) {
    let mut kept = Vec::with_capacity(words.len());
    let mut titles: Vec<Box<str>> = Vec::new();
    let mut rest = words.as_slice();
    while let Some((first, after)) = rest.split_first() {
        if let Some(second) = after
            .first()
            .filter(|second| PAIRS.contains(&(first.as_str(), second.as_str())))
        {
            titles.push(format!("{first} {second}").into());
            rest = &after[1..];
        } else {
            match is_title(first, kept.len(), after.len()) {
                true => titles.push(first.as_str().into()),
                false => kept.push(first.clone()),
            }
            rest = after;
        }
    }
    if kept.is_empty() {
        (words, Vec::new())
    } else {
        (kept, titles)
    }
}

fn is_title(word: &str, words_before: usize, words_after: usize) -> bool {
    ALWAYS.contains(&word) || (BEFORE_A_GIVEN_NAME.contains(&word) && words_before == 0 && words_after >= 2)
}
