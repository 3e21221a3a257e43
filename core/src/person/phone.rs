//! The digits of a phone number that tell subscribers apart, however the number is written.

use crate::places::{Country, Places};

/// Digits that are kept: enough to tell subscribers apart in every African numbering plan, and the same before and after
/// the plans that put two digits in front (Côte d'Ivoire in 2021, Benin in 2024).
const KEPT: usize = 8;

/// Fewer digits than this are a short code or a fragment.
const FEWEST: usize = 6;

/// The most digits that a number may have with all its prefixes; E.164 allows 15.
const MOST: usize = 20;

/// The last 8 digits of a phone number without its calling code and the leading 0 of calls within a country, or `None`
/// if no number can be read. `country` is where the person lives (alpha-2), for numbers that carry its calling code
/// without a `+`; it may be empty.
pub fn phone_digits(raw: &str, country: &str) -> Option<String> {
    let digits: String = raw.chars().filter_map(digit).take(MOST + 1).collect();
    if digits.len() > MOST {
        return None;
    }
    let countries = Places::builtin().countries();
    let international = match digits.strip_prefix("00") {
        Some(rest) => Some(rest),
        None => raw.trim_start().starts_with('+').then_some(digits.as_str()),
    };
    let national = match international {
        Some(digits) => countries
            .iter()
            .find_map(|country| digits.strip_prefix(&country.calling_code))
            .unwrap_or(digits),
        None => {
            let home = countries.iter().find(|known| known.alpha2 == country);
            home.and_then(|home| without_code(&digits, home))
                .unwrap_or(&digits)
        }
    };
    let subscriber = national.trim_start_matches('0');
    let from = subscriber.len().saturating_sub(KEPT);
    (subscriber.len() >= FEWEST).then(|| subscriber[from..].to_owned())
}

/// A number that begins like the country's code may be a national one: only the length tells.
fn without_code<'digits>(digits: &'digits str, home: &Country) -> Option<&'digits str> {
    let rest = digits.strip_prefix(&home.calling_code)?;
    (rest.len() == usize::from(home.phone_digits)).then_some(rest)
}

fn digit(character: char) -> Option<char> {
    let value = match character {
        '0'..='9' => return Some(character),
        '٠'..='٩' => character as u32 - '٠' as u32,
        '۰'..='۹' => character as u32 - '۰' as u32,
        _ => return None,
    };
    char::from_digit(value, 10)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all_equal(country: &str, spellings: &[&str]) {
        for spelling in spellings {
            let (read, first) = (
                phone_digits(spelling, country),
                phone_digits(spellings[0], country),
            );
            assert!(read.is_some() && read == first, "{spelling} {read:?} {first:?}");
        }
    }

    #[test]
    fn one_number_is_one_number_in_every_spelling() {
        all_equal(
            "SN",
            &[
                "77 123 45 67",
                "+221 77 123 45 67",
                "00221771234567",
                "221-77-123-45-67",
                "٧٧١٢٣٤٥٦٧",
            ],
        );
        all_equal("ML", &["76 12 34 56", "+223 76123456", "22376123456"]);
        all_equal(
            "GM",
            &["712 3456", "+220 7123456", "2207123456", "00 220 712 34 56"],
        );
        all_equal(
            "GH",
            &[
                "024 123 4567",
                "+233 24 123 4567",
                "+233 (0)24 123 4567",
                "233241234567",
            ],
        );
        all_equal("CI", &["07 12 34 56 78", "12 34 56 78", "+225 07 12 34 56 78"]);
        all_equal("BJ", &["97 12 34 56", "01 97 12 34 56", "+229 0197123456"]);
        all_equal("", &["77 123 45 67", "+221771234567"]);
    }

    #[test]
    fn a_national_number_that_begins_like_the_code_is_left_whole() {
        assert_eq!(phone_digits("2207123", "GM").as_deref(), Some("2207123"));
        assert_eq!(phone_digits("22112345", "ML").as_deref(), Some("22112345"));
    }

    #[test]
    fn what_is_no_number_gives_nothing() {
        for text in ["", "12", "no phone", "000000000", "+221", &"7".repeat(10_000)] {
            assert_eq!(phone_digits(text, "SN"), None, "{text:.20}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_at_most_eight_digits(text in "\\PC{0,40}", country in "[A-Z]{0,2}") {
            if let Some(digits) = phone_digits(&text, &country) {
                prop_assert!((FEWEST..=KEPT).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
            }
        }
    }
}
