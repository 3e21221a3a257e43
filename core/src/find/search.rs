//! Finding a person of the area by what somebody remembers of them.

use std::collections::HashMap;

use super::area::{Area, Shown};
use crate::matching::{PreparedBirth, PreparedPerson, PreparedPlace};
use crate::person::{BirthDate, Demographics, Place};
use crate::store::{Store, StoreError};

/// What is remembered of a person. What is left empty is not asked.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Words of the name, or how they begin, in any order and spelling.
    pub name: String,
    /// The year of birth; a year more or less is found too, after the others.
    pub birth_year: Option<i16>,
    /// Village, commune or district, or how it begins.
    pub place: String,
}

/// A person who was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Who.
    pub person: Shown,
    /// How well they answer the question, 0 to 1,000.
    pub fit: u16,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The best first.
    pub people: Vec<Found>,
    /// There are more than were asked for: ask for more words.
    pub more: bool,
}

/// A year of birth that is one off.
const A_YEAR_OFF: u32 = 150;

impl Area {
    /// The people who answer a question, the best first, at most `most`. An empty question finds nobody.
    pub fn search(
        &self,
        question: &Question,
        most: usize,
        store: &(impl Store + ?Sized),
    ) -> Result<Answer, StoreError> {
        let asked = Asked::new(question);
        let mut ranked = if asked.names.is_empty() {
            self.of_birth_and_place(&asked)
        } else {
            self.of_name(&asked)
        };
        ranked.sort_unstable_by_key(|(at, fit)| (std::cmp::Reverse(*fit), *at));
        let more = ranked.len() > most;
        ranked.truncate(most);
        let found = ranked.into_iter().map(|(at, fit)| {
            let person = self.shown(at, store)?;
            Ok(Found { person, fit })
        });
        Ok(Answer {
            people: found.collect::<Result<_, StoreError>>()?,
            more,
        })
    }

    fn of_name(&self, asked: &Asked) -> Vec<(u32, u16)> {
        let mut fits: HashMap<u32, (u32, u32)> = HashMap::new();
        for (word, token) in (0u32..).zip(&asked.names) {
            let mut best: HashMap<u32, u16> = HashMap::new();
            self.words.bearers(token, |at, strength| {
                let held = best.entry(at).or_default();
                *held = strength.max(*held);
            });
            for (at, strength) in best {
                if word == 0 {
                    fits.insert(at, (1, strength.into()));
                } else if let Some((words, sum)) = fits.get_mut(&at) {
                    (*words, *sum) = (*words + 1, *sum + u32::from(strength));
                }
            }
        }
        let all = asked.names.len() as u32;
        let complete = fits.into_iter().filter(|(_, (words, _))| *words == all);
        complete
            .filter_map(|(at, (_, sum))| self.fit(asked, at, sum / all))
            .collect()
    }

    fn of_birth_and_place(&self, asked: &Asked) -> Vec<(u32, u16)> {
        if asked.birth.is_none() && asked.place.village.is_empty() {
            return Vec::new();
        }
        let everyone = 0..self.index.people().len() as u32;
        everyone.filter_map(|at| self.fit(asked, at, 1_000)).collect()
    }

    /// How well someone answers whose name does; none when their birth or place contradicts, or they were removed.
    fn fit(&self, asked: &Asked, at: u32, name: u32) -> Option<(u32, u16)> {
        if self.is_gone(at) {
            return None;
        }
        let person = self.index.people().get(at as usize)?;
        let off = asked.years_off(person.birth.as_ref())?;
        let fits = asked.is_of_place(&person.place);
        fits.then(|| (at, name.saturating_sub(off * A_YEAR_OFF) as u16))
    }
}

/// A question, normalized as people are.
struct Asked {
    names: Vec<crate::matching::PreparedToken>,
    birth: Option<PreparedBirth>,
    place: PreparedPlace,
}

impl Asked {
    fn new(question: &Question) -> Self {
        let person = PreparedPerson::new(&Demographics {
            given: question.name.clone(),
            birth: question.birth_year.map(BirthDate::Year),
            place: Place {
                village: question.place.clone(),
                ..Place::default()
            },
            ..Demographics::default()
        });
        Self {
            names: person.given,
            birth: person.birth,
            place: person.place,
        }
    }

    /// 0 for the year asked for (or none asked), 1 for the year before or after; none for another. Who has no date of
    /// birth may be anyone.
    fn years_off(&self, birth: Option<&PreparedBirth>) -> Option<u32> {
        let (Some(asked), Some(birth)) = (&self.birth, birth) else {
            return Some(u32::from(self.birth.is_some()));
        };
        let overlaps = |by: i32| birth.first <= asked.last + by && birth.last >= asked.first - by;
        if overlaps(0) {
            Some(0)
        } else {
            overlaps(366).then_some(1)
        }
    }

    fn is_of_place(&self, place: &PreparedPlace) -> bool {
        let asked = &*self.place.village.text;
        let steps = [&place.village, &place.commune, &place.district];
        asked.is_empty() || steps.into_iter().any(|step| step.text.starts_with(asked))
    }
}
