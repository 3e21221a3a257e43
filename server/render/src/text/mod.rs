//! From a text to placed glyphs.
//!
//! 1. [`clean`] makes a text printable: one line, NFC, no control characters and no hidden reordering, bounded in length.
//! 2. [`shape`](shape::shape) orders it (Unicode bidirectional algorithm), finds a font for each stretch and shapes it.
//!    The result is in ems, so that one shaping serves every size, and is [remembered].
//! 3. [`fit`](fit::fit) finds size and lines for a box: as it is, else smaller, else on more lines, else cut with an
//!    ellipsis. The ink of what comes out lies inside the box, for any text: a test holds that.

pub mod fit;
mod remembered;
pub mod shape;

use unicode_normalization::UnicodeNormalization as _;

/// Letters of a text that are looked at: what follows would be cut anyway.
pub const MAX_LETTERS: usize = 240;

/// A text as it can be printed: one line, NFC, without control characters and without characters that reorder others.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::new();
    let mut letters = 0;
    for letter in text.chars().map(|c| if is_space(c) { ' ' } else { c }) {
        let doubled = letter == ' ' && (cleaned.is_empty() || cleaned.ends_with(' '));
        if doubled || is_hidden(letter) {
            continue;
        }
        if letters == MAX_LETTERS {
            // What stands here is cut for lack of room, and says so.
            cleaned.push('…');
            break;
        }
        letters += 1;
        cleaned.push(letter);
    }
    cleaned.trim_end().nfc().collect()
}

/// White space, line ends and tabs among them.
fn is_space(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{200b}' | '\u{feff}')
}

/// Control characters, bidirectional overrides and isolates (a name must not reorder its neighbors), and private use.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(
            letter,
            '\u{ad}' | '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_printed_goes_and_the_name_stays() {
        assert_eq!(clean("  Awa\n\tNdiaye\u{0}\u{7} "), "Awa Ndiaye");
        assert_eq!(clean("Awa\u{202e}eyaidN"), "AwaeyaidN");
        assert_eq!(clean("Aïssatou"), clean("Ai\u{308}ssatou"));
        assert_eq!(clean("\u{200f}\u{1b}"), "");
    }

    #[test]
    fn a_text_without_end_is_bounded_and_says_so() {
        let cleaned = clean(&"ŋ".repeat(10_000));
        assert_eq!(cleaned.chars().count(), MAX_LETTERS + 1);
        assert!(cleaned.ends_with('…'));
    }
}
