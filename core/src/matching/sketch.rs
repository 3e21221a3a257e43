//! A person in 62 bits: enough to tell most strangers from a person without fetching their record.
//!
//! A blocking key brings together people who share a frequent name and little else. What tells them apart is mostly the
//! date of birth, the sex and the given name; a [`Sketch`] holds those and stands beside the key, so that a database
//! hands out whole records of the few who remain.
//!
//! ```text
//! bits  0–15  given tokens, a bit each by hash     bits 32–48  first day of birth, days since 1850-01-01
//! bits 16–31  family tokens, likewise              bits 49–57  days of the interval; 0 unknown, 1 a known day
//! bits 58–59  sex                                  bit  60     has identifiers · bit 61  cannot be told
//! ```
//!
//! [`Asked::may_be`] is never false for a pair that would be judged more than two people ([`Model::score`] is at most the
//! bound): tokens whose bits meet count as equal, and what a family shares counts up to the odds of a relative, as it does
//! in the score.

use super::compare::{self, birth};
use super::decide::{Mode, Rules};
use super::levels::{Field, NameLevel};
use super::model::Model;
use super::prepared::{PreparedBirth, PreparedPerson, PreparedToken};
use crate::person::Sex;

/// 1850-01-01 in days since 1970-01-01.
const EPOCH: i32 = -43_829;
const SEXES: [Sex; 4] = [Sex::Female, Sex::Male, Sex::Other, Sex::Unknown];
const HAS_IDENTIFIERS: u64 = 1 << 60;
const UNTOLD: u64 = 1 << 61;

/// A person in 62 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sketch(u64);

impl Sketch {
    /// The sketch of a prepared person.
    pub fn new(person: &PreparedPerson) -> Self {
        let mut bits = bits_of(&person.given) | bits_of(&person.family) << 16 | (person.sex as u64) << 58;
        // One field for the whole name lends it to both parts, which the bits do not show.
        if person.given.is_empty() || person.family.is_empty() {
            bits |= UNTOLD;
        }
        if !person.identifiers.is_empty() {
            bits |= HAS_IDENTIFIERS;
        }
        bits |= match &person.birth {
            None => 0,
            Some(birth) => match (
                birth.first.checked_sub(EPOCH),
                birth.last.checked_sub(birth.first),
            ) {
                (Some(first @ 0..=0x1_ffff), Some(more @ 0..=0x1fe)) => {
                    (first as u64) << 32 | (more as u64 + 1) << 49
                }
                _ => UNTOLD,
            },
        };
        Self(bits)
    }

    /// As a number for a column; never negative.
    pub fn to_stored(self) -> i64 {
        self.0.cast_signed()
    }

    /// From a column.
    pub fn from_stored(number: i64) -> Self {
        Self(number.cast_unsigned())
    }

    fn given(self) -> u64 {
        self.0 & 0xffff
    }

    fn family(self) -> u64 {
        self.0 >> 16 & 0xffff
    }

    fn sex(self) -> Sex {
        SEXES[(self.0 >> 58 & 3) as usize]
    }

    fn birth(self) -> Option<PreparedBirth> {
        let first = (self.0 >> 32 & 0x1_ffff) as i32 + EPOCH;
        match (self.0 >> 49 & 0x1ff) as i32 {
            0 => None,
            1 => Some(PreparedBirth::on(first)),
            days => Some(PreparedBirth::between(first, first + days - 1)),
        }
    }
}

fn bits_of(tokens: &[PreparedToken]) -> u64 {
    tokens
        .iter()
        .fold(0, |bits, token| bits | 1 << (token.hash >> 60))
}

/// A person who is looked for, with what agreement is worth at most.
#[derive(Debug)]
pub struct Asked<'a> {
    model: &'a Model,
    sketch: Sketch,
    birth: Option<PreparedBirth>,
    /// What stands before birth, sex and given names are looked at, less the score that must be reached.
    start: i32,
    given_shared: i32,
    given_apart: i32,
}

impl<'a> Asked<'a> {
    /// Prepares the question. `None` where another number than the score decides: then everyone may be.
    pub fn new(person: &PreparedPerson, model: &'a Model, rules: &Rules) -> Option<Self> {
        let bands = &rules.bands;
        let threshold = bands.alert.min(bands.review).min(bands.link).0;
        let rarity_of = |tokens: &[PreparedToken]| {
            let known = tokens.iter().filter_map(|token| token.rarity);
            known.fold(None, |sum: Option<i32>, rarity| Some(sum.unwrap_or(0) + rarity))
        };
        // Exchanged, the given names are the family's.
        let names = rarity_of(&person.given).max(rarity_of(&person.family));
        let place = person.place.commune.rarity.max(person.place.village.rarity);
        let apart = model.prior
            + model.ceiling(Field::Family, names)
            + model.ceiling(Field::Order, None)
            + model.ceiling(Field::Place, place);
        let unshared = [
            NameLevel::Missing,
            NameLevel::Differ,
            NameLevel::Faint,
            NameLevel::Similar,
            NameLevel::Near,
        ];
        let given_apart = unshared.map(|level| model.level_weight(Field::Given, level as u8, None));
        (rules.mode == Mode::Probability).then(|| Self {
            model,
            sketch: Sketch::new(person),
            birth: person.birth,
            start: model.most_of_a_relative(apart) - threshold,
            given_shared: model.ceiling(Field::Given, names),
            given_apart: given_apart.into_iter().max().unwrap_or(0),
        })
    }

    /// Whether the pair may be more than two people.
    pub fn may_be(&self, other: Sketch) -> bool {
        let either = self.sketch.0 | other.0;
        let both = self.sketch.0 & other.0;
        if either & UNTOLD != 0 || both & HAS_IDENTIFIERS != 0 {
            return true;
        }
        let births = birth::compare(self.birth.as_ref(), other.birth().as_ref());
        let (one, family) = (self.sketch.given(), self.sketch.family());
        let shared = one & (other.given() | other.family()) | family & other.given();
        let given = if shared == 0 {
            self.given_apart
        } else {
            self.given_shared
        };
        let sex = compare::sex(self.sketch.sex(), other.sex());
        let weight = |field, level, rarity| self.model.level_weight(field, level, rarity);
        self.start
            + given
            + weight(Field::Birth, births.level as u8, births.rarity)
            + weight(Field::Sex, sex as u8, None)
            >= 0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::matching::tests::properties::{alike, person};
    use crate::matching::{Decision, compare, count_all, judge};
    use crate::person::{BirthDate, Demographics};

    proptest! {
        #[test]
        fn nobody_who_would_be_found_is_left_out(one in person(), other in alike(), third in alike(), people in 100u64..2_000_000) {
            let prepared = [&one, &other, &third].map(PreparedPerson::new);
            let counted = count_all((0..40).flat_map(|_| &prepared));
            let weighed = prepared.clone().map(|person| person.weighed(&counted));
            let (model, rules) = (Model::default_for(people), Rules::default());
            for list in [prepared, weighed] {
                for (left, right) in [(0, 1), (1, 0), (1, 2), (2, 1), (0, 0), (1, 1)] {
                    let judgement = judge(&compare(&list[left], &list[right]), &model, &rules, false);
                    let asked = Asked::new(&list[left], &model, &rules).unwrap();
                    let may_be = asked.may_be(Sketch::new(&list[right]));
                    prop_assert!(may_be || judgement.decision == Decision::New);
                }
            }
        }

        #[test]
        fn a_sketch_keeps_the_birth_and_is_a_number_of_any_database(person in person()) {
            let prepared = PreparedPerson::new(&person);
            let sketch = Sketch::new(&prepared);
            prop_assert!(sketch.to_stored() >= 0);
            prop_assert_eq!(Sketch::from_stored(sketch.to_stored()), sketch);
            if sketch.0 & UNTOLD == 0 {
                prop_assert_eq!(sketch.birth(), prepared.birth);
            }
        }
    }

    #[test]
    fn a_namesake_of_another_age_is_left_out() {
        let born = |year| {
            let person = Demographics {
                given: "Fatou".into(),
                family: "Diallo".into(),
                birth: Some(BirthDate::Year(year)),
                sex: Sex::Female,
                ..Demographics::default()
            };
            PreparedPerson::new(&person)
        };
        let model = Model::default_for(1_000_000);
        let rules = Rules::default();
        let one = born(1990);
        let asked = Asked::new(&one, &model, &rules).unwrap();
        assert!(!asked.may_be(Sketch::new(&born(1971))));
        assert!(asked.may_be(Sketch::new(&born(1990))));
    }
}
