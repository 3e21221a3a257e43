//! Reading an MPI id as a person typed it.

use super::{ALPHABET, MpiId};

/// What is wrong with a typed MPI id. Positions count the characters as typed, from 1, spaces and hyphens included, so
/// that a screen can put the cursor there. The message never repeats what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MpiIdError {
    /// Nothing but spaces and hyphens.
    #[error("the MPI id is empty; type the 15 letters and digits printed at the foot of the card")]
    Empty,
    /// The text ends too early.
    #[error(
        "{missing} characters are missing in the {part} or after it; an MPI id looks like SN-DKR-26-9XQ7LM2A, \
         compare with the card"
    )]
    TooShort {
        /// How many letters and digits are missing.
        missing: usize,
        /// The first part that is not complete.
        part: Part,
    },
    /// Letters or digits follow a complete MPI id.
    #[error(
        "the MPI id is too long: remove what stands from position {position} on, or compare with the card"
    )]
    TooLong {
        /// Where the first character too many stands.
        position: usize,
    },
    /// A sign that no MPI id holds.
    #[error(
        "position {position} holds a sign that no MPI id has; use the letters A–Z and the digits 0–9 only"
    )]
    BadCharacter {
        /// Where it stands.
        position: usize,
    },
    /// A digit where a letter must stand.
    #[error("position {position} must be a letter of the {part} (as in {example}); compare with the card")]
    ExpectedLetter {
        /// Where it stands.
        position: usize,
        /// The part it stands in: country or region.
        part: Part,
        /// A valid part.
        example: &'static str,
    },
    /// A letter where a digit of the year must stand.
    #[error(
        "position {position} must be a digit of the year (as in 26); type zero for the letter O, one for the letter I"
    )]
    ExpectedDigit {
        /// Where it stands.
        position: usize,
    },
}

/// A part of an MPI id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The two letters of the country.
    Country,
    /// The three letters of the region.
    Region,
    /// The two digits of the year.
    Year,
    /// The eight characters at the end.
    Random,
}

impl std::fmt::Display for Part {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Part::Country => "country",
            Part::Region => "region",
            Part::Year => "year",
            Part::Random => "last part",
        })
    }
}

impl Part {
    /// The part that the character with this index, of the 15, belongs to.
    fn of(index: usize) -> Self {
        match index {
            0..2 => Part::Country,
            2..5 => Part::Region,
            5..7 => Part::Year,
            _ => Part::Random,
        }
    }
}

impl MpiId {
    /// Reads an MPI id in capitals or small letters, with any spaces and hyphens or none, and with O for 0 and I for 1
    /// in the random part, where O and I never stand.
    pub fn parse(text: &str) -> Result<Self, MpiIdError> {
        let mut characters = [0; 15];
        let mut count = 0;
        for (index, typed) in text.chars().enumerate() {
            let position = index + 1;
            if is_separator(typed) {
                continue;
            }
            if count == characters.len() {
                return Err(MpiIdError::TooLong { position });
            }
            characters[count] = read(typed, Part::of(count), position)?;
            count += 1;
        }
        match count {
            15 => Ok(Self::join(&characters)),
            0 => Err(MpiIdError::Empty),
            _ => Err(MpiIdError::TooShort {
                missing: 15 - count,
                part: Part::of(count),
            }),
        }
    }
}

/// One character of a part, in its one written form.
fn read(typed: char, part: Part, position: usize) -> Result<u8, MpiIdError> {
    if !typed.is_ascii_alphanumeric() {
        return Err(MpiIdError::BadCharacter { position });
    }
    let character = typed.to_ascii_uppercase() as u8;
    match part {
        Part::Country if !character.is_ascii_uppercase() => Err(MpiIdError::ExpectedLetter {
            position,
            part,
            example: "SN",
        }),
        Part::Region if !character.is_ascii_uppercase() => Err(MpiIdError::ExpectedLetter {
            position,
            part,
            example: "DKR",
        }),
        Part::Year if !character.is_ascii_digit() => Err(MpiIdError::ExpectedDigit { position }),
        Part::Random => Ok(forgive(character)),
        _ => Ok(character),
    }
}

/// O and I are never generated, so they can only be misread digits.
fn forgive(character: u8) -> u8 {
    match character {
        b'O' => b'0',
        b'I' => b'1',
        other => {
            debug_assert!(ALPHABET.contains(&other));
            other
        }
    }
}

/// Spaces, hyphens and dashes of any width, and the invisible direction marks that come along when an id is copied out
/// of a text in Arabic.
fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}')
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fault(text: &str) -> MpiIdError {
        MpiId::parse(text).unwrap_err()
    }

    #[test]
    fn case_spaces_hyphens_and_misread_digits_are_forgiven() {
        let id = MpiId::parse("SN-DKR-26-01Q7LM2A").unwrap();
        for typed in [
            "sn-dkr-26-01q7lm2a",
            "SNDKR2601Q7LM2A",
            "  SN DKR 26 01Q7 LM2A ",
            "SN–DKR–26–OIQ7LM2A",
            "sn_dkr_26_oiq7lm2a",
            "\u{200F}SN-DKR-26-01Q7LM2A\u{200E}",
        ] {
            assert_eq!(MpiId::parse(typed), Ok(id), "{typed:?}");
        }
    }

    #[test]
    fn o_and_i_are_forgiven_in_the_random_part_only() {
        assert_eq!(
            fault("SN-DKR-2O-9XQ7LM2A"),
            MpiIdError::ExpectedDigit { position: 9 }
        );
        assert!(
            MpiId::parse("IO-OII-26-9XQ7LM2A").is_ok_and(|id| id.country() == "IO" && id.region() == "OII")
        );
    }

    #[test]
    fn each_fault_names_its_position() {
        assert_eq!(fault(" - "), MpiIdError::Empty);
        assert_eq!(
            fault("SN-DKR-26-9XQ7LM2"),
            MpiIdError::TooShort {
                missing: 1,
                part: Part::Random
            }
        );
        assert_eq!(
            fault("SN-DK"),
            MpiIdError::TooShort {
                missing: 11,
                part: Part::Region
            }
        );
        assert_eq!(fault("SN-DKR-26-9XQ7LM2A7"), MpiIdError::TooLong { position: 19 });
        assert_eq!(
            fault("SN-DKR-26-9XQ7LM2é"),
            MpiIdError::BadCharacter { position: 18 }
        );
        assert_eq!(fault("SN-DKR\0"), MpiIdError::BadCharacter { position: 7 });
        let letter = MpiIdError::ExpectedLetter {
            position: 2,
            part: Part::Country,
            example: "SN",
        };
        assert_eq!(fault("S1-DKR-26-9XQ7LM2A"), letter);
        let letter = MpiIdError::ExpectedLetter {
            position: 4,
            part: Part::Region,
            example: "DKR",
        };
        assert_eq!(fault("SN-0KR-26-9XQ7LM2A"), letter);
    }

    #[test]
    fn the_message_says_what_to_do_and_does_not_repeat_the_id() {
        let message = fault("SN-DKR-2X-9XQ7LM2A").to_string();
        assert!(
            message.starts_with("position 9 must be a digit of the year"),
            "{message}"
        );
        assert!(!message.contains("9XQ7LM2A"));
    }

    proptest! {
        #[test]
        fn no_string_panics_and_what_is_read_is_written_the_same(text in "\\PC{0,40}") {
            if let Ok(id) = MpiId::parse(&text) {
                prop_assert_eq!(MpiId::parse(id.as_str()), Ok(id));
            }
        }

        #[test]
        fn every_well_formed_id_survives_a_round_trip(text in "[A-Z]{2}-[A-Z]{3}-[0-9]{2}-[0-9A-HJ-NP-Z]{8}") {
            let id = MpiId::parse(&text).unwrap();
            prop_assert_eq!(id.to_string(), &text[..]);
            prop_assert_eq!(MpiId::parse(&text.to_lowercase().replace('-', "")), Ok(id));
        }
    }
}
