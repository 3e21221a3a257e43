//! One row of numbers a person, and the distinct values that they stand for.

use std::collections::HashMap;

use super::place::PlaceNumbers;
use crate::matching::prepared::{PreparedBirth, PreparedPerson, PreparedPlace, PreparedToken};
use crate::person::Sex;

/// Longest phone number of a row, in digits; E.164 allows fifteen.
const PHONE: usize = 15;

/// A person as numbers: one line of a processor's cache.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Row {
    pub(super) given: u32,
    pub(super) family: u32,
    pub(super) mother: u32,
    pub(super) birth: u32,
    pub(super) place: u32,
    /// 0 where none is known.
    pub(super) household: u32,
    /// A bit for each identifier: two people who share one share a bit, most who do not share none.
    pub(super) identifiers: u64,
    phone: [u8; PHONE],
    phone_length: u8,
    pub(super) sex: Sex,
    /// Compared in full with anyone.
    pub(super) odd: bool,
}

pub(super) type Rows = Vec<Row>;

impl Row {
    /// Digits of the phone number.
    pub(super) fn phone(&self) -> &[u8] {
        &self.phone[..usize::from(self.phone_length)]
    }
}

/// Which tokens of two name parts are equal, with their summed rarity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shared {
    /// A side has no tokens.
    Missing,
    /// No token.
    Nothing,
    /// Some, and others stand on both sides.
    Some(Option<i32>),
    /// All of one side; the other has more.
    OneSide(Option<i32>),
    /// All of both.
    All(Option<i32>),
}

/// The distinct values of all rows.
#[derive(Debug, Default)]
pub(super) struct Table {
    texts: HashMap<Box<str>, u32>,
    part_numbers: HashMap<Box<[u32]>, u32>,
    /// Where the tokens of a part begin; they end where those of the next begin.
    parts: Vec<u32>,
    tokens: Vec<(u32, Option<i32>)>,
    birth_numbers: HashMap<(i32, i32, bool), u32>,
    births: Vec<Option<PreparedBirth>>,
    place_numbers: HashMap<[u32; 4], u32>,
    places: Vec<PlaceNumbers>,
}

impl Table {
    /// The rows of a list.
    pub(super) fn rows(&mut self, people: &[PreparedPerson]) -> Rows {
        people.iter().map(|person| self.row(person)).collect()
    }

    fn row(&mut self, person: &PreparedPerson) -> Row {
        let digits = person.phone.text.as_bytes();
        let mut phone = [0; PHONE];
        let kept = digits.len().min(PHONE);
        phone[..kept].copy_from_slice(&digits[..kept]);
        Row {
            given: self.part(&person.given),
            family: self.part(&person.family),
            mother: self.part(&person.mother),
            birth: self.birth_number(person.birth),
            place: self.place_number(&person.place),
            household: self.text(&person.household.text),
            identifiers: person
                .identifiers
                .iter()
                .fold(0, |bits, identifier| bits | 1 << (identifier.key() >> 58)),
            phone,
            phone_length: kept as u8,
            sex: person.sex,
            odd: person.given.is_empty() || person.family.is_empty() || digits.len() > PHONE,
        }
    }

    /// A number for a text; 0 for none.
    fn text(&mut self, text: &str) -> u32 {
        if text.is_empty() {
            return 0;
        }
        let next = self.texts.len() as u32 + 1;
        match self.texts.get(text) {
            Some(&number) => number,
            None => *self.texts.entry(text.into()).or_insert(next),
        }
    }

    fn part(&mut self, tokens: &[PreparedToken]) -> u32 {
        let numbers: Vec<u32> = tokens.iter().map(|token| self.text(&token.text)).collect();
        // An initial is rarer than its letter as a name: the two are the same text with another rarity.
        let initials = tokens.iter().map(|token| u32::from(token.initial));
        let key = numbers
            .iter()
            .zip(initials)
            .map(|(number, initial)| number << 1 | initial);
        let key: Box<[u32]> = key.collect();
        if let Some(&number) = self.part_numbers.get(&key) {
            return number;
        }
        if self.parts.is_empty() {
            self.parts.push(0);
        }
        let number = self.parts.len() as u32 - 1;
        let rarities = tokens.iter().map(|token| token.rarity);
        self.tokens.extend(numbers.into_iter().zip(rarities));
        self.parts.push(self.tokens.len() as u32);
        self.part_numbers.insert(key, number);
        number
    }

    fn birth_number(&mut self, birth: Option<PreparedBirth>) -> u32 {
        let key = birth.map_or((i32::MAX, i32::MIN, false), |birth| {
            (birth.first, birth.last, birth.day.is_some())
        });
        *self.birth_numbers.entry(key).or_insert_with(|| {
            self.births.push(birth);
            self.births.len() as u32 - 1
        })
    }

    fn place_number(&mut self, place: &PreparedPlace) -> u32 {
        let steps = [&place.region, &place.district, &place.commune, &place.village];
        let key = steps.map(|step| self.text(&step.text));
        let [region, district, commune, village] = key;
        *self.place_numbers.entry(key).or_insert_with(|| {
            self.places.push(PlaceNumbers {
                region,
                district,
                commune,
                village,
                commune_rarity: place.commune.rarity,
                village_rarity: place.village.rarity,
            });
            self.places.len() as u32 - 1
        })
    }

    pub(super) fn birth(&self, number: u32) -> Option<&PreparedBirth> {
        self.births[number as usize].as_ref()
    }

    pub(super) fn place(&self, number: u32) -> &PlaceNumbers {
        &self.places[number as usize]
    }

    fn tokens(&self, part: u32) -> &[(u32, Option<i32>)] {
        let part = part as usize;
        &self.tokens[self.parts[part] as usize..self.parts[part + 1] as usize]
    }

    /// Which tokens of two parts are equal, paired as the full comparison pairs them.
    pub(super) fn shared(&self, left: u32, right: u32) -> Shared {
        let (left, right) = (self.tokens(left), self.tokens(right));
        if left.is_empty() || right.is_empty() {
            return Shared::Missing;
        }
        let (mut taken, mut count, mut rarity) = (0u16, 0, None);
        for (token, own) in left {
            let free = |at: &usize| taken >> at & 1 == 0 && right[*at].0 == *token;
            if let Some(at) = (0..right.len()).find(free) {
                taken |= 1 << at;
                count += 1;
                rarity = own.map_or(rarity, |own| Some(rarity.unwrap_or(0) + own));
            }
        }
        match count {
            0 => Shared::Nothing,
            _ if count == left.len() && count == right.len() => Shared::All(rarity),
            _ if count == left.len().min(right.len()) => Shared::OneSide(rarity),
            _ => Shared::Some(rarity),
        }
    }
}
