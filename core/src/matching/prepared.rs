//! A person made ready to be compared many times: normalized once, with every value's rarity beside it.

use super::frequency::{Counted, Frequencies};
use super::{bits, fold};
use crate::names::{self, NormalizedName};
use crate::person::{BirthDate, Demographics, Sex, phone_digits};

mod birth;

pub use birth::PreparedBirth;

/// At most this many tokens of a name part take part; a name with more is cut. Keeps the assignment bounded.
pub const MOST_TOKENS: usize = 6;

/// Two people who share an initial share at most this, however rarely initials are written in the register.
const INITIAL: i32 = 3 * bits::BIT;

/// A person made ready to be compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PreparedPerson {
    /// Tokens of the given names.
    pub given: Vec<PreparedToken>,
    /// Tokens of the family names.
    pub family: Vec<PreparedToken>,
    /// Date of birth.
    pub birth: Option<PreparedBirth>,
    /// Administrative sex.
    pub sex: Sex,
    /// Place of residence.
    pub place: PreparedPlace,
    /// External identifiers.
    pub identifiers: Vec<PreparedIdentifier>,
    /// Last digits of the phone number.
    pub phone: PreparedValue,
    /// Tokens of the mother's name.
    pub mother: Vec<PreparedToken>,
    /// Household.
    pub household: PreparedValue,
}

/// One word of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedToken {
    /// Canonical form, at most 64 bytes; the one letter of an initial.
    pub text: Box<str>,
    /// Stable hash of `text`.
    pub hash: u64,
    /// Group of related names.
    pub related: Option<u16>,
    /// First letter as written, which an initial stands for; 0 when there is none.
    pub letter: u8,
    /// A single letter that stands for any token beginning with it.
    pub initial: bool,
    /// `log2(people / people who have it)` in 1/1024 bits; `None` where nothing was counted.
    pub rarity: Option<i32>,
}

/// A folded text; empty when unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PreparedValue {
    /// Letters and digits.
    pub text: Box<str>,
    /// Stable hash of `text`; 0 when empty.
    pub hash: u64,
    /// As in [`PreparedToken::rarity`].
    pub rarity: Option<i32>,
}

/// Levels of a place of residence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PreparedPlace {
    /// Country and region code.
    pub region: PreparedValue,
    /// District.
    pub district: PreparedValue,
    /// Commune.
    pub commune: PreparedValue,
    /// Village or quarter.
    pub village: PreparedValue,
}

/// An identifier of another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedIdentifier {
    /// Stable hash of the system's folded name.
    pub system: u64,
    /// The folded value.
    pub value: PreparedValue,
    /// Vouched for by an integration or a reviewer.
    pub verified: bool,
}

impl PreparedPerson {
    /// Prepares a person without rarities, as for a first count of the register.
    pub fn new(person: &Demographics) -> Self {
        let place = &person.place;
        Self {
            given: tokens(&names::normalize(&person.given)),
            family: tokens(&names::normalize(&person.family)),
            birth: person
                .birth
                .as_ref()
                .and_then(|birth: &BirthDate| PreparedBirth::new(birth)),
            sex: person.sex,
            place: PreparedPlace {
                region: PreparedValue::new(&place.region),
                district: PreparedValue::new(&place.district),
                commune: PreparedValue::new(&place.commune),
                village: PreparedValue::new(&place.village),
            },
            identifiers: person.identifiers.iter().filter_map(identifier).collect(),
            phone: PreparedValue::folded(phone(person)),
            mother: tokens(&names::normalize(person.mother.as_deref().unwrap_or_default())),
            household: PreparedValue::new(person.household.as_deref().unwrap_or_default()),
        }
    }

    /// Looks up the rarity of every value. The weights of a pair are right when both sides were weighed by the same
    /// frequencies.
    pub fn weighed(mut self, frequencies: &Frequencies) -> Self {
        let tokens = [&mut self.given, &mut self.family, &mut self.mother];
        for token in tokens.into_iter().flatten() {
            let rarity = frequencies.rarity(Counted::Token, token.hash);
            token.rarity = rarity.map(|rarity| {
                if token.initial {
                    rarity.min(INITIAL)
                } else {
                    rarity
                }
            });
        }
        if let Some(birth) = &mut self.birth {
            birth.rarity = frequencies.rarity(Counted::Birth, birth.key());
        }
        for value in [&mut self.place.commune, &mut self.place.village] {
            value.rarity = frequencies.rarity(Counted::Place, value.hash);
        }
        for identifier in &mut self.identifiers {
            identifier.value.rarity = frequencies.rarity(Counted::Identifier, identifier.key());
        }
        self.phone.rarity = frequencies.rarity(Counted::Phone, self.phone.hash);
        self.household.rarity = frequencies.rarity(Counted::Household, self.household.hash);
        self
    }

    /// Adds the person's values to the counts of a register.
    pub fn count(&self, frequencies: &mut Frequencies) {
        frequencies.begin_person();
        for token in self.given.iter().chain(&self.family).chain(&self.mother) {
            frequencies.count(Counted::Token, token.hash);
        }
        if let Some(birth) = &self.birth {
            frequencies.count(Counted::Birth, birth.key());
        }
        frequencies.count(Counted::Place, self.place.commune.hash);
        frequencies.count(Counted::Place, self.place.village.hash);
        for identifier in &self.identifiers {
            frequencies.count(Counted::Identifier, identifier.key());
        }
        frequencies.count(Counted::Phone, self.phone.hash);
        frequencies.count(Counted::Household, self.household.hash);
    }
}

fn phone(person: &Demographics) -> Box<str> {
    let digits = person
        .phone
        .as_deref()
        .and_then(|raw| phone_digits(raw, &person.place.country));
    digits.unwrap_or_default().into()
}

/// Counts the values of all people.
pub fn count_all<'people>(people: impl IntoIterator<Item = &'people PreparedPerson>) -> Frequencies {
    let mut frequencies = Frequencies::default();
    for person in people {
        person.count(&mut frequencies);
    }
    frequencies
}

impl PreparedValue {
    fn new(raw: &str) -> Self {
        Self::folded(fold::letters_and_digits(raw))
    }

    pub(super) fn folded(text: Box<str>) -> Self {
        let hash = if text.is_empty() { 0 } else { fold::hash(&text) };
        Self {
            text,
            hash,
            rarity: None,
        }
    }

    /// Nothing is known.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

impl PreparedIdentifier {
    /// One number for system and value, by which equal identifiers are found and counted.
    pub fn key(&self) -> u64 {
        self.system.rotate_left(17) ^ self.value.hash
    }
}

fn tokens(name: &NormalizedName) -> Vec<PreparedToken> {
    let prepared = |token: &names::Token| PreparedToken {
        text: token.canonical.clone(),
        hash: fold::hash(&token.canonical),
        related: token.related,
        letter: token.folded.bytes().next().unwrap_or_default(),
        initial: token.initial,
        rarity: None,
    };
    name.tokens.iter().take(MOST_TOKENS).map(prepared).collect()
}

fn identifier(id: &crate::person::ExternalId) -> Option<PreparedIdentifier> {
    let value = PreparedValue::new(&id.value);
    let system = fold::hash(&fold::letters_and_digits(&id.system));
    (!value.is_empty()).then_some(PreparedIdentifier {
        system,
        value,
        verified: id.verified,
    })
}
