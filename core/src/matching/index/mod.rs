//! Everyone who could be this person, exactly, in a few nanoseconds a record.
//!
//! A register holds few distinct values: a million people share some ten thousand dates of birth, some hundred communes
//! and far fewer name parts than people. So a query weighs each distinct value once, and then walks over columns of
//! numbers that say who has which value:
//!
//! ```text
//! bound(record) = prior + names[given, family] + birth[…] + place[…] + sex + mother[…] + what else could add at most
//! ```
//!
//! The bound is never below the true score: names count in whichever order is worth more, and identifiers, phone and
//! household count as much as values that are not shared can. Who shares one of those with the query is found by its
//! hash instead. Whoever's bound reaches the threshold is compared in full, so the answer is that of comparing everyone,
//! and no key can miss a pair. A record whose name stands in one field alone is always compared in full.

mod column;
mod names;

use std::collections::{HashMap, HashSet};

use column::Column;
use names::{NameParts, Role};

use super::compare::{self, birth, compare, place};
use super::levels::{Field, OrderLevel};
use super::model::{Model, Score};
use super::prepared::{PreparedBirth, PreparedPerson, PreparedPlace};
use crate::person::Sex;

/// Someone who reaches the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Number of the person, in the order of insertion.
    pub at: u32,
    /// Log-odds of being the person asked for.
    pub score: Score,
}

/// An exhaustive index of people who were weighed by the same frequencies.
#[derive(Debug, Default)]
pub struct Index {
    people: Vec<PreparedPerson>,
    /// Numbers of people who were removed.
    removed: HashSet<u32>,
    parts: NameParts,
    births: Column<Option<PreparedBirth>>,
    places: Column<PreparedPlace>,
    rows: Vec<Row>,
    /// Who has an identifier, a phone number or a household, by hash.
    numbers: HashMap<u64, Vec<u32>>,
    /// Whose name stands in one field alone.
    one_field: Vec<u32>,
}

/// Which distinct values a person has.
#[derive(Debug, Clone, Copy)]
struct Row {
    given: u32,
    family: u32,
    mother: u32,
    birth: u32,
    place: u32,
    sex: Sex,
}

impl Index {
    /// An index of people, numbered in their order.
    pub fn new(people: impl IntoIterator<Item = PreparedPerson>) -> Self {
        let mut index = Self::default();
        for person in people {
            index.insert(person);
        }
        index
    }

    /// Adds a person and returns their number.
    pub fn insert(&mut self, person: PreparedPerson) -> u32 {
        let at = self.people.len() as u32;
        self.rows.push(Row {
            given: self.parts.intern(&person.given, Role::Given),
            family: self.parts.intern(&person.family, Role::Family),
            mother: self.parts.intern(&person.mother, Role::Mother),
            birth: self
                .births
                .intern(birth_key(person.birth.as_ref()), || person.birth),
            place: self
                .places
                .intern(place_key(&person.place), || person.place.clone()),
            sex: person.sex,
        });
        for number in numbers(&person) {
            self.numbers.entry(number).or_default().push(at);
        }
        if person.given.is_empty() || person.family.is_empty() {
            self.one_field.push(at);
        }
        self.people.push(person);
        at
    }

    /// Removes a person; the numbers of the others stay. False when nobody has the number.
    pub fn remove(&mut self, at: u32) -> bool {
        let Some(person) = self.people.get_mut(at as usize) else {
            return false;
        };
        // What was known of a removed person is not kept in memory.
        *person = PreparedPerson::default();
        self.removed.insert(at)
    }

    /// Everyone, by number; a removed person is empty.
    pub fn people(&self) -> &[PreparedPerson] {
        &self.people
    }

    /// Everyone whose score against the person is at least the threshold, by number.
    pub fn query(&self, person: &PreparedPerson, model: &Model, threshold: Score) -> Vec<Hit> {
        let mut candidates = if person.given.is_empty() || person.family.is_empty() {
            (0..self.people.len() as u32).collect()
        } else {
            self.reaching(person, model, threshold)
        };
        candidates.sort_unstable();
        candidates.dedup();
        let hit = |at: u32| {
            let score = model.score(&compare(person, &self.people[at as usize]));
            (score >= threshold && !self.removed.contains(&at)).then_some(Hit { at, score })
        };
        candidates.into_iter().filter_map(hit).collect()
    }

    /// Everyone who may reach the threshold.
    fn reaching(&self, person: &PreparedPerson, model: &Model, threshold: Score) -> Vec<u32> {
        let weights = self.parts.weigh(person, model);
        let births = self.births.weigh(|other| {
            let births = birth::compare(person.birth.as_ref(), other.as_ref());
            model.level_weight(Field::Birth, births.level as u8, births.rarity)
        });
        let places = self.places.weigh(|other| {
            let (level, rarity) = place::compare(&person.place, other);
            model.level_weight(Field::Place, level as u8, rarity)
        });
        let fixed = model.prior + unshared(model) + order(model, OrderLevel::Straight).max(0);
        let needed = threshold.0.saturating_sub(fixed);
        let most_besides = places.iter().max().copied().unwrap_or(0).max(0)
            + weights.most_mother()
            + sex_weight(model, person.sex, person.sex).max(0);
        let mut found: Vec<u32> = self.one_field.clone();
        for number in numbers(person) {
            found.extend(self.numbers.get(&number).into_iter().flatten());
        }
        for (at, row) in (0u32..).zip(&self.rows) {
            let names_and_birth = weights.names(row.given, row.family) + births[row.birth as usize];
            if names_and_birth + most_besides < needed {
                continue;
            }
            let besides = places[row.place as usize]
                + weights.mother(row.mother)
                + sex_weight(model, person.sex, row.sex);
            if names_and_birth + besides >= needed {
                found.push(at);
            }
        }
        found
    }
}

/// The most that identifiers, phone and household add to a pair that shares none of them.
fn unshared(model: &Model) -> i32 {
    let most = |field: Field| {
        let shared = field.shares_from().unwrap_or(u8::MAX);
        (0..shared)
            .map(|level| model.level_weight(field, level, None))
            .max()
            .unwrap_or(0)
            .max(0)
    };
    [Field::Identifier, Field::Phone, Field::Household]
        .into_iter()
        .map(most)
        .sum()
}

fn order(model: &Model, level: OrderLevel) -> i32 {
    model.level_weight(Field::Order, level as u8, None)
}

fn sex_weight(model: &Model, one: Sex, other: Sex) -> i32 {
    model.level_weight(Field::Sex, compare::sex(one, other) as u8, None)
}

/// Hashes of the values by which strangers are told apart.
fn numbers(person: &PreparedPerson) -> impl Iterator<Item = u64> {
    let identifiers = person.identifiers.iter().map(|identifier| identifier.key());
    let phone = (!person.phone.is_empty()).then(|| person.phone.hash.rotate_left(1));
    let household = (!person.household.is_empty()).then(|| person.household.hash.rotate_left(2));
    identifiers.chain(phone).chain(household)
}

fn birth_key(birth: Option<&PreparedBirth>) -> (u64, u64) {
    birth.map_or((0, 0), |birth| {
        let interval = u64::from(birth.first.cast_unsigned()) << 32 | u64::from(birth.last.cast_unsigned());
        (interval, 1 + u64::from(birth.day.is_some()))
    })
}

fn place_key(place: &PreparedPlace) -> (u64, u64) {
    let steps = [&place.region, &place.district, &place.commune, &place.village];
    let fold = |seed: u64| {
        steps.iter().fold(seed, |state, step| {
            (state ^ step.hash)
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .rotate_left(29)
        })
    };
    (fold(1), fold(2))
}

#[cfg(test)]
mod tests;
