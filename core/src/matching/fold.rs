//! Text that is not a name, brought to one form: places and identifiers.

use unicode_normalization::UnicodeNormalization;

/// The longest folded text that is kept, in bytes; what follows is ignored.
const LONGEST: usize = 64;

/// Lower-case letters and digits without diacritics, everything else dropped: "Guédiawaye-Est" is "guediawayeest".
pub(super) fn letters_and_digits(raw: &str) -> Box<str> {
    let mut folded = String::new();
    let letters = raw
        .chars()
        .take(4 * LONGEST)
        .nfkd()
        .filter(|letter| letter.is_alphanumeric());
    for letter in letters
        .flat_map(char::to_lowercase)
        .filter(|letter| letter.is_alphanumeric())
    {
        if folded.len() + letter.len_utf8() > LONGEST {
            break;
        }
        folded.push(letter);
    }
    folded.into()
}

/// A 64-bit hash that is the same in every build and on every platform (FNV-1a with a finishing mix).
pub(super) fn hash(text: &str) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325u64;
    for byte in text.bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    state ^= state >> 32;
    state = state.wrapping_mul(0xd6e8_feb8_6659_fd93);
    state ^ state >> 32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn accents_spaces_and_case_do_not_distinguish_places() {
        assert_eq!(
            letters_and_digits(" Guédiawaye - EST"),
            letters_and_digits("guediawaye est")
        );
    }

    proptest! {
        #[test]
        fn any_text_folds_to_a_short_fixed_point(raw in ".{0,300}") {
            let folded = letters_and_digits(&raw);
            prop_assert!(folded.len() <= LONGEST);
            prop_assert_eq!(letters_and_digits(&folded), folded);
        }
    }
}
