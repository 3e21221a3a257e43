//! Keys by which people who might be the same are found without comparing everyone with everyone.
//!
//! Two people become candidates when they share one key of 64 bits:
//!
//! | key | finds |
//! |---|---|
//! | sound of two name tokens, in either order | dates and places wrong or missing |
//! | sound of one token + date of birth (day and month in either order) | one name misspelt or changed |
//! | one token + year of birth, or the year after + sex | date imprecise |
//! | one token + commune | date unknown |
//! | each identifier, phone number, household | everything else changed |
//!
//! The *sound* of a token is its first letter and the consonants that follow, so that a vowel heard differently does not
//! separate. Keys are the same on every platform: they may be stored.

use super::prepared::{PreparedPerson, PreparedToken};

/// A blocking key.
pub type Key = u64;

/// Longest sound, in letters.
const SOUND: usize = 5;

/// Which rule a key comes from; keys of different rules never meet.
#[derive(Clone, Copy)]
#[repr(u64)]
enum Rule {
    TwoTokens = 1,
    TokenDate,
    TokenYearSex,
    TokenCommune,
    Identifier,
    Phone,
    Household,
    Refined,
}

fn key(rule: Rule, one: u64, other: u64) -> Key {
    mix(mix(rule as u64 ^ one).wrapping_add(other))
}

/// Spreads a number over 64 bits (the finisher of SplitMix64, Steele et al. 2014).
const fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// On which side of a look-up the keys of a person are wanted. What is stored takes room and writing, so that in a
/// database the person who is looked for has the keys of the years around, and who is stored has their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The same keys on both sides: two people born at most a year apart share one.
    Either,
    /// Keys under which a person is stored, for others to ask with [`Side::Asked`].
    Stored,
    /// Keys to ask with.
    Asked,
}

/// Puts the keys of a person into `keys`, sorted and each once.
pub fn keys(person: &PreparedPerson, keys: &mut Vec<Key>) {
    keys_on(Side::Either, person, keys);
}

/// [`keys`] for one side of a look-up.
pub fn keys_on(side: Side, person: &PreparedPerson, keys: &mut Vec<Key>) {
    keys.clear();
    let tokens: Vec<&PreparedToken> = person
        .given
        .iter()
        .chain(&person.family)
        .filter(|token| !token.initial)
        .collect();
    let sounds: Vec<u64> = tokens.iter().map(|token| sound(&token.text)).collect();
    two_tokens(&sounds, keys);
    with_birth(side, person, &tokens, &sounds, keys);
    if !person.place.commune.is_empty() {
        keys.extend(
            tokens
                .iter()
                .map(|token| key(Rule::TokenCommune, token.hash, person.place.commune.hash)),
        );
    }
    keys.extend(
        person
            .identifiers
            .iter()
            .map(|id| key(Rule::Identifier, id.key(), 0)),
    );
    for (rule, value) in [(Rule::Phone, &person.phone), (Rule::Household, &person.household)] {
        if !value.is_empty() {
            keys.push(key(rule, value.hash, 0));
        }
    }
    keys.sort_unstable();
    keys.dedup();
}

fn two_tokens(sounds: &[u64], keys: &mut Vec<Key>) {
    for (at, &one) in sounds.iter().enumerate() {
        for &other in &sounds[at + 1..] {
            keys.push(key(Rule::TwoTokens, one.min(other), one.max(other)));
        }
    }
}

fn with_birth(
    side: Side,
    person: &PreparedPerson,
    tokens: &[&PreparedToken],
    sounds: &[u64],
    keys: &mut Vec<Key>,
) {
    let Some(birth) = &person.birth else { return };
    if let Some((year, month, day)) = birth.day {
        let (low, high) = (month.min(day), month.max(day));
        let date = u64::from(year.unsigned_abs()) << 16 | u64::from(low) << 8 | u64::from(high);
        keys.extend(sounds.iter().map(|&sound| key(Rule::TokenDate, sound, date)));
    }
    for year in years(side, person) {
        let year_and_sex = year << 4 | person.sex as u64;
        keys.extend(
            tokens
                .iter()
                .map(|token| key(Rule::TokenYearSex, token.hash, year_and_sex)),
        );
    }
}

/// The years in which a person may have been born and, by side, the ones beside: two people at most a year apart share
/// one.
fn years(side: Side, person: &PreparedPerson) -> impl Iterator<Item = u64> {
    /// A vaguer birth than this is found by the keys that need none.
    const MOST: i32 = 4;
    let years = person.birth.as_ref().map(|birth| {
        (
            year_of(birth.first + 15),
            year_of(birth.last.max(birth.first + 30) - 15) + 1,
        )
    });
    let (first, last) = years
        .filter(|(first, last)| last - first <= MOST)
        .unwrap_or((1, 0));
    let (first, last) = match side {
        _ if first > last => (first, last),
        Side::Either => (first, last),
        Side::Stored => (first, last - 1),
        Side::Asked => (first - 1, last),
    };
    (first..=last).map(|year| u64::from(year.unsigned_abs()))
}

/// The year of a day, give or take the two weeks that the caller keeps from its ends.
fn year_of(days: i32) -> i32 {
    ((i64::from(days) * 10_000).div_euclid(3_652_425) + 1970) as i32
}

/// Splits a key that too many people share: by year of birth, and by commune.
pub fn refined(key_to_split: Key, person: &PreparedPerson, keys: &mut Vec<Key>) {
    refined_on(Side::Either, key_to_split, person, keys);
}

/// [`refined`] for one side of a look-up.
pub fn refined_on(side: Side, key_to_split: Key, person: &PreparedPerson, keys: &mut Vec<Key>) {
    keys.extend(years(side, person).map(|year| key(Rule::Refined, key_to_split, year)));
    if !person.place.commune.is_empty() {
        keys.push(key(Rule::Refined, key_to_split, person.place.commune.hash));
    }
}

/// First letter and the consonants after it, packed; at most [`SOUND`] letters.
fn sound(token: &str) -> u64 {
    let is_kept = |(at, letter): &(usize, u8)| {
        *at == 0 || !matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'h' | b'y' | b'w')
    };
    let letters = token
        .bytes()
        .enumerate()
        .filter(is_kept)
        .map(|(_, letter)| letter);
    letters
        .take(SOUND)
        .fold(0, |packed, letter| packed << 8 | u64::from(letter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::{BirthDate, Demographics, Sex};

    fn person(given: &str, family: &str, year: i16) -> PreparedPerson {
        PreparedPerson::new(&Demographics {
            given: given.into(),
            family: family.into(),
            birth: Some(BirthDate::Year(year)),
            sex: Sex::Female,
            ..Demographics::default()
        })
    }

    fn share_a_key(one: &PreparedPerson, other: &PreparedPerson) -> bool {
        let (mut first, mut second) = (Vec::new(), Vec::new());
        keys(one, &mut first);
        keys(other, &mut second);
        first.iter().any(|key| second.contains(key))
    }

    #[test]
    fn spelling_and_order_do_not_separate() {
        assert!(share_a_key(
            &person("Fatoumata", "Jallow", 1990),
            &person("Diallo", "Fatimata", 1950)
        ));
    }

    #[test]
    fn one_shared_name_and_a_year_apart_are_enough() {
        assert!(share_a_key(
            &person("Awa", "Sonko", 1990),
            &person("Awa", "Sagna", 1991)
        ));
        assert!(!share_a_key(
            &person("Awa", "Sonko", 1990),
            &person("Awa", "Sagna", 1995)
        ));
    }

    #[test]
    fn a_person_without_anything_has_no_keys() {
        let mut none = vec![1];
        keys(&PreparedPerson::default(), &mut none);
        assert!(none.is_empty());
    }
}
