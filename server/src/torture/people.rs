//! Invented people, every one unlike the others.

use jiff::civil::Date;
use teranga_core::person::{BirthDate, Demographics, Place, Sex};

const SYLLABLES: [&str; 16] = [
    "ba", "di", "ma", "fa", "ka", "sou", "ley", "ndi", "tou", "ra", "mba", "gue", "sa", "no", "cou", "yo",
];

/// The person of a number. The same number is the same person.
pub(super) fn person(number: u64) -> Demographics {
    // Neighbors in number are far apart in everything (the finisher of SplitMix64).
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let mixed = mixed ^ (mixed >> 31);
    let (month, day) = (1 + (mixed >> 40) % 12, 1 + (mixed >> 44) % 28);
    let date = Date::new(1940 + (mixed >> 32 & 63) as i16, month as i8, day as i8);
    Demographics {
        given: word(mixed & 0xffff),
        family: word(mixed >> 16 & 0xffff),
        birth: date.ok().map(BirthDate::Day),
        sex: if mixed >> 63 == 0 { Sex::Female } else { Sex::Male },
        place: Place {
            country: "SN".into(),
            region: "DKR".into(),
            commune: format!("Commune {}", mixed >> 50 & 63),
            ..Place::default()
        },
        phone: Some(format!("77{:07}", mixed % 10_000_000)),
        ..Demographics::default()
    }
}

fn word(bits: u64) -> String {
    let syllables = (0..4).map(|at| SYLLABLES[(bits >> (4 * at) & 15) as usize]);
    let mut word: String = syllables.collect();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_one_person_and_two_numbers_are_two() {
        assert_eq!(person(7), person(7));
        let names: std::collections::HashSet<_> = (0..2_000)
            .map(|number| (person(number).given, person(number).family))
            .collect();
        assert!(names.len() > 1_990, "{}", names.len());
    }
}
