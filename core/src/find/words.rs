//! The words of everyone's names, each once, with those who bear it.

use std::collections::HashMap;

use crate::matching::jaro_winkler::Batch;
use crate::matching::{PreparedPerson, PreparedToken};

/// How well a word answers one that was asked for, 0 to 1,000.
pub(super) type Strength = u16;

const SAME: Strength = 1_000;
const BEGINNING: Strength = 920;
const RELATED: Strength = 880;
/// From this similarity on a word counts as misspelt.
const MISSPELT: f64 = 0.88;

/// A dictionary from words to people.
pub(super) struct Words {
    places: HashMap<Box<str>, u32>,
    texts: Vec<Box<str>>,
    related: Vec<Option<u16>>,
    people: Vec<Vec<u32>>,
    batch: Batch,
}

impl Words {
    /// An empty dictionary.
    pub fn new() -> Self {
        Self {
            places: HashMap::new(),
            texts: Vec::new(),
            related: Vec::new(),
            people: Vec::new(),
            batch: Batch::new([]),
        }
    }

    /// Adds the words of a person's names.
    pub fn add(&mut self, at: u32, person: &PreparedPerson) {
        for token in person.given.iter().chain(&person.family) {
            let place = match self.places.get(&token.text) {
                Some(place) => *place,
                None => self.insert(token),
            };
            let bearers = &mut self.people[place as usize];
            if bearers.last() != Some(&at) {
                bearers.push(at);
            }
        }
    }

    fn insert(&mut self, token: &PreparedToken) -> u32 {
        let place = self.texts.len() as u32;
        self.places.insert(token.text.clone(), place);
        self.texts.push(token.text.clone());
        self.related.push(token.related);
        self.people.push(Vec::new());
        self.batch.push(token.text.as_bytes());
        place
    }

    /// Calls `each` for everyone who bears a word like the one asked for; for a bearer of several, several times.
    pub fn bearers(&self, asked: &PreparedToken, mut each: impl FnMut(u32, Strength)) {
        let mut found: Vec<(u32, Strength)> = Vec::new();
        self.batch
            .similarities(asked.text.as_bytes(), |place, similarity| {
                let strength = self.strength(asked, place as usize, similarity);
                if strength > 0 {
                    found.push((place, strength));
                }
            });
        for (place, strength) in found {
            for &at in &self.people[place as usize] {
                each(at, strength);
            }
        }
    }

    fn strength(&self, asked: &PreparedToken, place: usize, similarity: f64) -> Strength {
        let text = &self.texts[place];
        if *text == asked.text {
            SAME
        } else if text.starts_with(&*asked.text) {
            BEGINNING
        } else if asked.related.is_some() && asked.related == self.related[place] {
            RELATED
        } else if similarity >= MISSPELT {
            (similarity * 850.0) as Strength
        } else {
            0
        }
    }
}
