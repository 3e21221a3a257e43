//! The same person written down by another clerk.

use jiff::civil::Date;
use teranga_core::person::{BirthDate, Demographics, Sex};

use super::{Rng, lists};

/// Pairs of spellings between which clerks choose; not the product's rules.
const SPELLINGS: &[(&str, &str)] = &[
    ("ou", "u"),
    ("dia", "ja"),
    ("ss", "s"),
    ("y", "i"),
    ("é", "e"),
    ("é", "eh"),
    ("dj", "j"),
    ("th", "t"),
    ("kh", "k"),
    ("c", "k"),
    ("ah", "a"),
    ("gn", "ny"),
    ("ï", "i"),
    ("e", "é"),
    ("ll", "l"),
    ("ane", "an"),
    ("ia", "iya"),
];

/// A second record of a person.
pub fn written_again(person: &Demographics, rng: &mut Rng) -> Demographics {
    let mut again = person.clone();
    if rng.chance(45) {
        again.given = respelled(&again.given, rng);
    }
    if rng.chance(40) {
        again.family = respelled(&again.family, rng);
    }
    change_names(&mut again, rng);
    again.birth = again.birth.map(|birth| redated(birth, rng));
    lose(&mut again, rng);
    if rng.chance(6) {
        let communes = lists::PLACES[rng.below(lists::PLACES.len() as u64) as usize].1;
        again.place.commune = rng.zipf(communes).to_owned();
    }
    again
}

fn change_names(person: &mut Demographics, rng: &mut Rng) {
    if rng.chance(6) {
        std::mem::swap(&mut person.given, &mut person.family);
    }
    if rng.chance(8) {
        person.given = slip(&person.given, rng);
    }
    if rng.chance(8) {
        person.family = slip(&person.family, rng);
    }
    if rng.chance(40)
        && let Some((first, rest)) = person.given.split_once(' ')
    {
        person.given = if rng.chance(50) {
            format!("{rest} {first}")
        } else {
            first.to_owned()
        };
    }
}

/// One or two places spelt the other way.
fn respelled(name: &str, rng: &mut Rng) -> String {
    let mut name = name.to_lowercase();
    for _ in 0..2 {
        let (one, other) = SPELLINGS[rng.below(SPELLINGS.len() as u64) as usize];
        let (from, to) = if rng.chance(50) {
            (one, other)
        } else {
            (other, one)
        };
        name = name.replacen(from, to, 1);
    }
    name
}

/// A letter lost, doubled or exchanged with the next.
fn slip(name: &str, rng: &mut Rng) -> String {
    let mut letters: Vec<char> = name.chars().collect();
    if letters.len() < 3 {
        return name.to_owned();
    }
    let at = 1 + rng.below(letters.len() as u64 - 2) as usize;
    match rng.below(3) {
        0 => drop(letters.remove(at)),
        1 => letters.insert(at, letters[at]),
        _ => letters.swap(at, at + 1),
    }
    letters.into_iter().collect()
}

fn redated(birth: BirthDate, rng: &mut Rng) -> BirthDate {
    let BirthDate::Day(date) = birth else {
        return birth;
    };
    match rng.below(100) {
        0..8 => BirthDate::Year(date.year()),
        8..12 => Date::new(date.year(), date.day(), date.month()).map_or(birth, BirthDate::Day),
        12..16 => BirthDate::Day(Date::constant(
            date.year() + 1 - 2 * rng.below(2) as i16,
            date.month(),
            date.day(),
        )),
        16..20 => BirthDate::Day(Date::constant(date.year(), date.month(), 1 + rng.below(28) as i8)),
        20..24 => BirthDate::Day(Date::constant(date.year(), 1, 1)),
        _ => birth,
    }
}

fn lose(person: &mut Demographics, rng: &mut Rng) {
    if rng.chance(35) {
        person.phone = None;
    }
    if rng.chance(40) {
        person.mother = None;
    }
    if rng.chance(50) {
        person.household = None;
    }
    if rng.chance(5) {
        person.place.commune.clear();
    }
    if rng.chance(3) {
        person.birth = None;
    }
    if rng.chance(2) {
        person.sex = Sex::Unknown;
    }
}
