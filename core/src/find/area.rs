//! Everyone whom the phone knows, in memory while the vault is open.

use std::collections::{HashMap, HashSet};

use super::rows;
use super::words::Words;
use crate::matching::index::Index;
use crate::matching::{Frequencies, Model, PreparedPerson, count_all};
use crate::person::{BirthDate, Demographics, MpiId, Place, Sex};
use crate::sensitive::Secret;
use crate::store::{Store, StoreError, Table};
use crate::wire::PacketId;

/// Under which name the phone knows a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    /// By number.
    Mpi(MpiId),
    /// By the packet that registered them here, while they have no number.
    Registration(PacketId),
}

/// A person as the screen shows them. Names of people who came with a bundle are folded: lower case, without accents.
#[derive(Clone, PartialEq, Eq)]
pub struct Shown {
    /// Under which name the phone knows them.
    pub who: Who,
    /// Given names.
    pub given: String,
    /// Family names.
    pub family: String,
    /// Date of birth.
    pub birth: Option<BirthDate>,
    /// Administrative sex.
    pub sex: Sex,
    /// Where they live.
    pub place: Place,
    /// Registered on this phone, and not yet in a bundle.
    pub here: bool,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Shown([withheld])")
    }
}

/// Everyone whom the phone knows. Numbered as they were added.
pub struct Area {
    pub(super) index: Index,
    pub(super) words: Words,
    pub(super) model: Model,
    frequencies: Frequencies,
    everyone: Vec<Who>,
    numbers: HashMap<Who, u32>,
    own: HashMap<u32, Demographics>,
    gone: HashSet<u32>,
    key: Option<Secret<32>>,
}

impl Area {
    /// Loads the people of the vault.
    pub fn load(store: &(impl Store + ?Sized)) -> Result<Self, StoreError> {
        let key = store.get(Table::Settings, rows::HASH_KEY.as_bytes())?;
        let key = key.and_then(|bytes| Secret::from_slice(&bytes));
        let (mut everyone, mut people) = (Vec::new(), Vec::new());
        store.each(Table::People, &mut |number, row| {
            let number = std::str::from_utf8(number).ok();
            let number = number.and_then(|text| MpiId::parse(text).ok());
            everyone.push(Who::Mpi(number.ok_or(StoreError::Damaged)?));
            people.push(rows::read_prepared(row)?);
            Ok(())
        })?;
        Ok(Self::of(everyone, people, key))
    }

    fn of(everyone: Vec<Who>, people: Vec<PreparedPerson>, key: Option<Secret<32>>) -> Self {
        let frequencies = count_all(&people);
        let mut words = Words::new();
        for (at, person) in (0u32..).zip(&people) {
            words.add(at, person);
        }
        let weighed = people.into_iter().map(|person| person.weighed(&frequencies));
        Self {
            index: Index::new(weighed),
            words,
            model: Model::default_for(frequencies.people()),
            frequencies,
            numbers: everyone.iter().copied().zip(0..).collect(),
            everyone,
            own: HashMap::new(),
            gone: HashSet::new(),
            key,
        }
    }

    /// How many people are known.
    pub fn len(&self) -> usize {
        self.everyone.len() - self.gone.len()
    }

    /// Whether nobody is known.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a person is known under a name.
    pub fn knows(&self, who: &Who) -> bool {
        self.numbers.contains_key(who)
    }

    /// Adds someone who was registered or corrected on this phone, in place of what was known under that name.
    pub fn put(&mut self, who: Who, person: &Demographics) {
        self.remove(&who);
        let prepared = self.prepare(person);
        let at = self.everyone.len() as u32;
        self.words.add(at, &prepared);
        self.index.insert(prepared);
        self.everyone.push(who);
        self.numbers.insert(who, at);
        self.own.insert(at, person.clone());
    }

    /// Removes whoever is known under a name.
    pub fn remove(&mut self, who: &Who) {
        if let Some(at) = self.numbers.remove(who) {
            self.index.remove(at);
            self.own.remove(&at);
            self.gone.insert(at);
        }
    }

    pub(super) fn prepare(&self, person: &Demographics) -> PreparedPerson {
        rows::prepare(person, self.key.as_ref()).weighed(&self.frequencies)
    }

    pub(super) fn is_gone(&self, at: u32) -> bool {
        self.gone.contains(&at)
    }

    /// The numbers of all who have one.
    pub fn mpi_ids(&self) -> impl Iterator<Item = MpiId> + '_ {
        self.numbers.keys().filter_map(|who| match who {
            Who::Mpi(id) => Some(*id),
            Who::Registration(_) => None,
        })
    }

    /// The person of a name.
    pub fn show(&self, who: &Who, store: &(impl Store + ?Sized)) -> Result<Option<Shown>, StoreError> {
        match self.numbers.get(who) {
            Some(at) => self.shown(*at, store).map(Some),
            None => Ok(None),
        }
    }

    pub(super) fn shown(&self, at: u32, store: &(impl Store + ?Sized)) -> Result<Shown, StoreError> {
        let who = *self.everyone.get(at as usize).ok_or(StoreError::Damaged)?;
        if let Some(person) = self.own.get(&at) {
            return Ok(Shown {
                who,
                given: person.given.clone(),
                family: person.family.clone(),
                birth: person.birth,
                sex: person.sex,
                place: person.place.clone(),
                here: true,
            });
        }
        let Who::Mpi(number) = who else {
            return Err(StoreError::Damaged);
        };
        let row = store.get(Table::People, number.as_str().as_bytes())?;
        let person = rows::read_known(&row.ok_or(StoreError::Damaged)?)?;
        Ok(Shown {
            who,
            given: person.given,
            family: person.family,
            birth: person.birth,
            sex: person.sex,
            place: person.place,
            here: false,
        })
    }
}
