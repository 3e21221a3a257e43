//! Any script to lower-case ASCII words.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::transliterate;
use super::{MAX_TOKEN_BYTES, MAX_TOKENS};

/// How much of a text is read at most: no name is longer, and a text of any length costs the same.
const MAX_CHARACTERS: usize = 1024;

/// Over an n it makes the ñ of Wolof and Pulaar, which French writes gn; over a vowel it is an accent like others.
const TILDE: char = '\u{303}';

/// The words of a name in lower-case ASCII, in the order written.
///
/// Apostrophes join (`N'Diaye` is one word), and so do marks that print nothing (direction marks, joiners); hyphens,
/// blanks, digits and everything else that is no letter separate.
pub fn words(raw: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for character in raw.nfkd().take(MAX_CHARACTERS) {
        if is_silent(character) {
            if character == TILDE && word.ends_with('n') {
                push(&mut word, Letters::One(b'y'));
            }
            continue;
        }
        match letter(character, word.is_empty()) {
            Some(letters) => push(&mut word, letters),
            None => finish(&mut word, &mut words),
        }
    }
    finish(&mut word, &mut words);
    words.truncate(MAX_TOKENS);
    words
}

fn push(word: &mut String, letters: Letters) {
    for letter in letters.bytes().take(MAX_TOKEN_BYTES - word.len()) {
        word.push(char::from(letter));
    }
}

fn finish(word: &mut String, words: &mut Vec<String>) {
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

/// The ASCII letters that a character becomes.
pub enum Letters {
    /// One letter that was ASCII already.
    One(u8),
    /// Letters of a table.
    Table(&'static str),
}

impl Letters {
    fn bytes(&self) -> impl Iterator<Item = u8> {
        match self {
            Self::One(letter) => std::slice::from_ref(letter).iter().copied(),
            Self::Table(letters) => letters.as_bytes().iter().copied(),
        }
    }
}

fn letter(character: char, at_start: bool) -> Option<Letters> {
    if character.is_ascii_alphabetic() {
        return u8::try_from(character.to_ascii_lowercase())
            .ok()
            .map(Letters::One);
    }
    if character.is_ascii() {
        return None;
    }
    latin(character)
        .or_else(|| transliterate::letters(character, at_start))
        .map(Letters::Table)
}

/// Characters that print nothing of their own: combining marks, apostrophes in all their forms, direction marks,
/// joiners, the Arabic elongation, NUL and the soft hyphen.
fn is_silent(character: char) -> bool {
    is_combining_mark(character) && !transliterate::is_vowel_mark(character)
        || matches!(
            character,
            '\'' | '`' | '´' | '‘' | '’' | '‛' | 'ʼ' | 'ʻ' | 'ʿ' | 'ʾ' | 'ˈ' | '′' | '＇' | 'ꞌ' | 'Ꞌ' | '\u{0}'
                | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
                | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{640}'
        )
}

/// Latin letters that do not decompose: hooked and open letters of African orthographies, and European ligatures.
fn latin(character: char) -> Option<&'static str> {
    Some(match character {
        'ŋ' | 'Ŋ' => "ng",
        'ɲ' | 'Ɲ' => "ny",
        'ɓ' | 'Ɓ' => "b",
        'ɗ' | 'Ɗ' | 'ɖ' | 'Ɖ' | 'đ' | 'Đ' | 'ð' | 'Ð' => "d",
        'ɛ' | 'Ɛ' | 'ǝ' | 'Ǝ' | 'ə' | 'Ə' => "e",
        'ɔ' | 'Ɔ' | 'ø' | 'Ø' => "o",
        'ƙ' | 'Ƙ' => "k",
        'ƴ' | 'Ƴ' | 'ȳ' => "y",
        'ɣ' | 'Ɣ' => "g",
        'ʋ' | 'Ʋ' => "v",
        'ƒ' | 'Ƒ' => "f",
        'ɩ' | 'Ɩ' | 'ı' => "i",
        'ʊ' | 'Ʊ' => "u",
        'ɦ' | 'ħ' | 'Ħ' => "h",
        'ł' | 'Ł' => "l",
        'ŧ' | 'Ŧ' => "t",
        'ß' | 'ẞ' => "ss",
        'æ' | 'Æ' => "ae",
        'œ' | 'Œ' => "oe",
        'þ' | 'Þ' => "th",
        _ => return None,
    })
}
