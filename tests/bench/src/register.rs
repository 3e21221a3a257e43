//! A synthetic register of West African people, with known duplicates, twins and siblings. Everyone in it is invented.
//!
//! Names follow Zipf's law, as they do in any register; dates heap on the first of January; half of the phones are
//! shared in the household. A duplicate is written down a second time by another clerk: another orthography (by rules of
//! its own, not by the tables of the product), exchanged names, lost fields, slips, a day and month exchanged, a year
//! guessed, a move.

mod corrupt;
mod csv;
mod lists;
mod rng;

pub use csv::write;
pub use rng::Rng;

use jiff::civil::Date;
use teranga_core::names::{self, Token};
use teranga_core::person::{BirthDate, Demographics, Place, Sex};

/// A register with what is true of it.
pub struct Register {
    /// The people, in the order of the file.
    pub people: Vec<Demographics>,
    /// Pairs of positions that are one person, the smaller first.
    pub truth: Vec<(u32, u32)>,
}

/// Makes a register of `size` records with `duplicates` true pairs among them.
pub fn generate(size: usize, duplicates: usize, seed: u64) -> Register {
    let mut rng = Rng::new(seed);
    let mut people = Vec::with_capacity(size);
    while people.len() < size.saturating_sub(duplicates) {
        family(&mut rng, &mut people, size - duplicates);
    }
    let originals = people.len();
    let mut truth = Vec::with_capacity(duplicates);
    let mut order: Vec<usize> = (0..originals).collect();
    rng.shuffle(&mut order);
    for &original in order.iter().take(duplicates) {
        let again = corrupt::written_again(&people[original], &mut rng);
        truth.push((original as u32, people.len() as u32));
        people.push(again);
    }
    scatter(people, truth, &mut rng)
}

/// Mixes the duplicates among the others, so that position says nothing.
fn scatter(people: Vec<Demographics>, truth: Vec<(u32, u32)>, rng: &mut Rng) -> Register {
    let mut order: Vec<usize> = (0..people.len()).collect();
    rng.shuffle(&mut order);
    let mut place = vec![0u32; people.len()];
    for (new, &old) in order.iter().enumerate() {
        place[old] = new as u32;
    }
    let mut slots: Vec<Option<Demographics>> = people.into_iter().map(Some).collect();
    let people = order.iter().filter_map(|&old| slots[old].take()).collect();
    let ordered = |(one, other): (u32, u32)| {
        let (one, other) = (place[one as usize], place[other as usize]);
        (one.min(other), one.max(other))
    };
    Register {
        people,
        truth: truth.into_iter().map(ordered).collect(),
    }
}

/// A household: parents, children, now and then twins.
fn family(rng: &mut Rng, people: &mut Vec<Demographics>, most: usize) {
    let surname = rng.zipf(lists::FAMILIES).to_owned();
    let mother = format!("{} {}", rng.zipf(lists::WOMEN), rng.zipf(lists::FAMILIES));
    let place = place(rng);
    let phone = format!("7{}{:07}", rng.below(9), rng.below(10_000_000));
    let household = format!("M{:06}", rng.below(1_000_000));
    let eldest = 1950 + rng.below(66) as i16;
    let mut born = birth(rng, eldest);
    let mut names: Vec<String> = Vec::new();
    for child in 0..1 + rng.below(5) as i16 {
        if people.len() >= most {
            return;
        }
        // Now and then a child is the twin of the one before.
        if child == 0 || !rng.chance(2) {
            born = birth(rng, eldest + 2 * child);
        }
        let sex = if rng.chance(51) { Sex::Female } else { Sex::Male };
        let given = other_than(&names, || given(rng, sex));
        names.push(given.clone());
        people.push(Demographics {
            given,
            family: surname.clone(),
            birth: Some(born),
            sex,
            place: place.clone(),
            phone: rng.chance(50).then(|| phone.clone()),
            mother: rng.chance(60).then(|| mother.clone()),
            household: rng.chance(50).then(|| household.clone()),
            ..Demographics::default()
        });
    }
}

/// Two names that no parents give to two children: they share a word, or one is a form of the other.
fn are_alike(one: &str, other: &str) -> bool {
    let (one, other) = (names::normalize(one).tokens, names::normalize(other).tokens);
    let alike =
        |a: &Token, b: &Token| a.canonical == b.canonical || (a.related.is_some() && a.related == b.related);
    one.iter().any(|a| other.iter().any(|b| alike(a, b)))
}

/// A name that no brother or sister has.
fn other_than(taken: &[String], mut draw: impl FnMut() -> String) -> String {
    loop {
        let name = draw();
        if !taken.iter().any(|other| are_alike(&name, other)) {
            return name;
        }
    }
}

fn given(rng: &mut Rng, sex: Sex) -> String {
    let list = if sex == Sex::Female {
        lists::WOMEN
    } else {
        lists::MEN
    };
    let first = rng.zipf(list);
    if rng.chance(25) {
        format!("{first} {}", rng.zipf(list))
    } else {
        first.to_owned()
    }
}

fn birth(rng: &mut Rng, year: i16) -> BirthDate {
    match rng.below(100) {
        0..20 => BirthDate::Year(year),
        20..32 => BirthDate::Day(Date::constant(year, 1, 1)),
        _ => BirthDate::Day(Date::constant(
            year,
            1 + rng.below(12) as i8,
            1 + rng.below(28) as i8,
        )),
    }
}

fn place(rng: &mut Rng) -> Place {
    let (region, communes) = lists::PLACES[rng.below(lists::PLACES.len() as u64) as usize];
    Place {
        country: "SN".into(),
        region: region.into(),
        commune: rng.zipf(communes).to_owned(),
        ..Place::default()
    }
}

/// One word of a name, folded: a frequent name, or one of many rare ones.
pub fn name(rng: &mut Rng) -> String {
    let syllables = [
        "ba", "di", "ma", "fa", "ka", "sou", "ley", "ndi", "tou", "ra", "mba", "gue", "sa", "no", "cou", "yo",
    ];
    let mut word = String::new();
    for _ in 0..2 + rng.below(3) {
        word.push_str(syllables[rng.below(syllables.len() as u64) as usize]);
    }
    if rng.chance(40) {
        word.push(char::from(b'a' + rng.below(26) as u8));
    }
    word
}
