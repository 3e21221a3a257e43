//! Who of the area could be the person whom an agent is about to register.

use super::area::{Area, Shown};
use crate::matching::{Bands, Explanation, Judgement, PreparedPerson, Rules, compare, explain, judge};
use crate::person::Demographics;
use crate::store::{Store, StoreError};

/// The most people who are shown beside a new one.
pub const MOST_ALIKE: usize = 5;

/// Someone who could be the same person.
#[derive(Debug, Clone)]
pub struct Alike {
    /// Who they are.
    pub person: Shown,
    /// What the server would decide of the pair, with both numbers.
    pub judgement: Judgement,
    /// Which fields say so, with what was normalized to what.
    pub explanation: Explanation,
}

impl Area {
    /// Everyone who is as likely the same person as not, or likelier; the likeliest first, at most [`MOST_ALIKE`].
    pub fn alike(
        &self,
        person: &Demographics,
        store: &(impl Store + ?Sized),
    ) -> Result<Vec<Alike>, StoreError> {
        let asked = self.prepare(person);
        let mut hits = self.index.query(&asked, &self.model, Bands::default().alert);
        hits.sort_by_key(|hit| (std::cmp::Reverse(hit.score), hit.at));
        hits.truncate(MOST_ALIKE);
        hits.into_iter()
            .map(|hit| self.account(&asked, hit.at, store))
            .collect()
    }

    fn account(
        &self,
        asked: &PreparedPerson,
        at: u32,
        store: &(impl Store + ?Sized),
    ) -> Result<Alike, StoreError> {
        let other = &self.index.people()[at as usize];
        let comparison = compare(asked, other);
        let judgement = judge(&comparison, &self.model, &Rules::default(), false);
        Ok(Alike {
            person: self.shown(at, store)?,
            judgement,
            explanation: explain(asked, other, &comparison, &self.model, &judgement),
        })
    }
}
