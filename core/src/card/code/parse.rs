//! Reading a card code as a person typed it.

use super::{CardCode, LENGTH, RANDOM, check_character};

/// What is wrong with a typed code. Positions count the characters as typed, from 1, spaces and hyphens included, so that
/// a screen can put the cursor there. The message never repeats what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Nothing but spaces and hyphens.
    #[error("the card code is empty; type the 13 letters and digits printed on the card")]
    Empty,
    /// The text ends too early.
    #[error("{missing} characters of the card code are missing; compare with the card")]
    TooShort {
        /// How many.
        missing: usize,
    },
    /// Letters or digits follow a complete code.
    #[error("the card code is too long: it ends before position {position}; compare with the card")]
    TooLong {
        /// Where the first character too many stands.
        position: usize,
    },
    /// Not a letter of the alphabet nor a digit.
    #[error("position {position} holds a character that card codes do not have; compare with the card")]
    BadCharacter {
        /// Where it stands.
        position: usize,
    },
    /// The check character does not fit, and exchanging two neighbors would make it fit.
    #[error("the characters at positions {first} and {second} may be exchanged; compare with the card")]
    MaybeSwapped {
        /// Where the first of the two stands.
        first: usize,
        /// Where the second stands.
        second: usize,
    },
    /// The check character does not fit.
    #[error("a character of the card code is wrong; compare each with the card")]
    WrongCharacter,
}

impl CardCode {
    /// Reads a code, forgiving case, spaces, hyphens, O for 0 and I for 1.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let mut characters = [0; LENGTH];
        let mut positions = [0; LENGTH];
        let mut count = 0;
        let typed = text
            .chars()
            .enumerate()
            .filter(|(_, character)| !is_separator(*character));
        for (index, character) in typed {
            let position = index + 1;
            let character = fold(character).ok_or(CodeError::BadCharacter { position })?;
            if count == LENGTH {
                return Err(CodeError::TooLong { position });
            }
            (characters[count], positions[count]) = (character, position);
            count += 1;
        }
        match count {
            0 => Err(CodeError::Empty),
            LENGTH if fits(&characters) => Ok(Self(characters)),
            LENGTH => Err(explain(characters, &positions)),
            _ => Err(CodeError::TooShort {
                missing: LENGTH - count,
            }),
        }
    }
}

fn is_separator(character: char) -> bool {
    character.is_whitespace() || matches!(character, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn fold(character: char) -> Option<u8> {
    match character.to_ascii_uppercase() {
        'O' => Some(b'0'),
        'I' => Some(b'1'),
        other if other.is_ascii_alphanumeric() => u8::try_from(other).ok(),
        _ => None,
    }
}

fn fits(characters: &[u8; LENGTH]) -> bool {
    check_character(&characters[..RANDOM]) == characters[RANDOM]
}

/// The likeliest slip: two neighbors exchanged, if that makes the check fit; otherwise some character.
fn explain(characters: [u8; LENGTH], positions: &[usize; LENGTH]) -> CodeError {
    let swapped = (1..LENGTH).find(|&at| {
        let mut tried = characters;
        tried.swap(at - 1, at);
        fits(&tried)
    });
    match swapped {
        Some(at) => CodeError::MaybeSwapped {
            first: positions[at - 1],
            second: positions[at],
        },
        None => CodeError::WrongCharacter,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::ids::{Random, RandomError};

    /// A source that continues from the bytes of a test.
    struct Stream(u64);
    impl Random for Stream {
        fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomError> {
            for byte in buffer {
                self.0 = self
                    .0
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                *byte = (self.0 >> 56) as u8;
            }
            Ok(())
        }
    }

    fn code(seed: u64) -> CardCode {
        CardCode::generate(&mut Stream(seed)).unwrap()
    }

    #[test]
    fn each_kind_of_slip_is_told_apart() {
        let shown = code(1).to_string();
        let parse = |text: &str| CardCode::parse(text).map(|_| ());
        assert_eq!(parse(" - "), Err(CodeError::Empty));
        assert_eq!(parse(&shown[..13]), Err(CodeError::TooShort { missing: 2 }));
        assert_eq!(
            parse(&format!("{shown} 7")),
            Err(CodeError::TooLong { position: 18 })
        );
        assert_eq!(
            parse(&shown.replacen('-', "*", 1)),
            Err(CodeError::BadCharacter { position: 5 })
        );
        let codes: Vec<String> = (0..200).map(|seed| code(seed).to_string()).collect();
        let swapped = codes.iter().filter(|code| code[..1] != code[1..2]).map(|code| {
            let (first, rest) = code.split_at(1);
            parse(&format!("{}{first}{}", &rest[..1], &rest[1..]))
        });
        assert!(
            swapped.clone().all(|result| result.is_err()),
            "at this place every swap is noticed"
        );
        assert!(
            swapped
                .clone()
                .any(|result| result == Err(CodeError::MaybeSwapped { first: 1, second: 2 }))
        );
    }

    proptest! {
        #[test]
        fn forgiving_typing_reads_the_same_code(seed: u64) {
            let code = code(seed);
            let sloppy = code.to_string().to_lowercase().replace('-', " ").replace('0', "o").replace('1', "i");
            prop_assert_eq!(CardCode::parse(&sloppy), Ok(code));
            prop_assert_eq!(CardCode::parse(code.as_str()), Ok(code));
        }

        #[test]
        fn every_single_wrong_character_is_noticed(seed: u64, at in 0_usize..13, other in "[A-HJ-NP-Z0-9]") {
            let code = code(seed);
            let mut typed = code.as_str().to_owned();
            typed.replace_range(at..=at, &other);
            prop_assert_eq!(CardCode::parse(&typed).is_ok(), typed == code.as_str());
        }

        #[test]
        fn any_text_ends_in_a_result(text in ".{0,40}") {
            let _ = CardCode::parse(&text);
        }
    }
}
