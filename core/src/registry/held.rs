//! The list and the deltas that a phone holds, and how newer ones take their place.

use jiff::Timestamp;
use jiff::civil::Date;

use super::delta::{Base, Delta};
use super::filter::Key;
use super::list::{ListHash, StatusList};
use super::status::{Freshness, Status, Statuses};
use crate::card::key::Kid;
use crate::card::token::TokenHash;
use crate::clock::date_of;

/// A list and the deltas on it, without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    list: StatusList,
    base: Base,
    deltas: Vec<Delta>,
}

/// Why a list or a delta does not take its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeldError {
    /// An older list than the one that is held.
    #[error("status list {offered} is older than list {held}, which stays")]
    OlderList {
        /// Number of the list that is held.
        held: u64,
        /// Number of the list that was offered.
        offered: u64,
    },
    /// Another list of the same number.
    #[error("there are two different status lists of number {0}; ask the organisation which one counts")]
    Fork(u64),
    /// A list that covers less than the one that is held.
    #[error("status list {0} covers fewer days than the one before it; ask the organisation for a new one")]
    CoversLess(u64),
    /// A delta on another list.
    #[error("the delta is on status list {offered}, this phone holds list {held}; fetch the list first")]
    WrongBase {
        /// Number of the list that is held.
        held: u64,
        /// Number of the list that the delta names; the same when only the contents differ.
        offered: u64,
    },
    /// A delta that has been applied already.
    #[error("delta {offered} is not newer than delta {held}, which is applied")]
    OlderDelta {
        /// Number of the last delta that is applied.
        held: u64,
        /// Number of the delta that was offered.
        offered: u64,
    },
    /// A delta after one that is missing.
    #[error("delta {needed} is missing; fetch it before delta {offered}")]
    Gap {
        /// Number of the delta that comes next.
        needed: u64,
        /// Number of the delta that was offered.
        offered: u64,
    },
}

impl Held {
    /// Holds a first list, whose signature was checked when it was opened.
    pub fn new((list, hash): (StatusList, ListHash)) -> Self {
        Self {
            base: Base::of(&list, hash),
            list,
            deltas: Vec::new(),
        }
    }

    /// The list.
    pub fn list(&self) -> &StatusList {
        &self.list
    }

    /// What the next delta must name.
    pub fn base(&self) -> Base {
        self.base
    }

    /// The number of the last delta; 0 when there is none.
    pub fn last_delta(&self) -> u64 {
        self.deltas.len() as u64
    }

    /// Takes a newer list in place of the one that is held and its deltas. The same list again changes nothing.
    pub fn replace(&mut self, (list, hash): (StatusList, ListHash)) -> Result<(), HeldError> {
        let (held, offered) = (self.list.number, list.number);
        if offered < held {
            return Err(HeldError::OlderList { held, offered });
        }
        if offered == held {
            return if hash == self.base.hash {
                Ok(())
            } else {
                Err(HeldError::Fork(held))
            };
        }
        if list.covers_before < self.list.covers_before {
            return Err(HeldError::CoversLess(offered));
        }
        *self = Self::new((list, hash));
        Ok(())
    }

    /// Adds the next delta.
    pub fn apply(&mut self, delta: Delta) -> Result<(), HeldError> {
        if delta.base != self.base {
            return Err(HeldError::WrongBase {
                held: self.base.number,
                offered: delta.base.number,
            });
        }
        let (held, offered) = (self.last_delta(), delta.number);
        if offered <= held {
            return Err(HeldError::OlderDelta { held, offered });
        }
        if offered != held + 1 {
            return Err(HeldError::Gap {
                needed: held + 1,
                offered,
            });
        }
        self.deltas.push(delta);
        Ok(())
    }

    /// The status of a card by its key; see [`Statuses::status`].
    pub fn status_of(&self, key: Key, issued: Date, kid: Kid) -> Status {
        if let Some(by) = self.revoked_lately(kid, issued, key) {
            return Status::Revoked { by };
        }
        match self.list.revoked(kid, issued, key) {
            Some(true) => Status::Revoked {
                by: date_of(self.list.issued),
            },
            Some(false) => Status::Good,
            None => Status::NewerThanList,
        }
    }

    /// The day by which the card was revoked, when a delta or the withdrawal of its key says so.
    fn revoked_lately(&self, kid: Kid, issued: Date, key: Key) -> Option<Date> {
        let withdrawn = self
            .deltas
            .iter()
            .flat_map(|delta| &delta.withdrawn)
            .chain(&self.list.withdrawn);
        let with_its_key = withdrawn.filter(|one| one.covers(kid, issued)).map(|one| one.on);
        let alone = self.deltas.iter().filter(|delta| delta.cards.contain(key));
        with_its_key.chain(alone.map(|delta| date_of(delta.issued))).min()
    }

    fn newest(&self) -> (Timestamp, Timestamp) {
        let list = (self.list.issued, self.list.next_update);
        self.deltas
            .last()
            .map_or(list, |delta| (delta.issued, delta.next_update))
    }
}

impl Statuses for Held {
    fn status(&self, token: &TokenHash, issued: Date, kid: Kid) -> Status {
        self.status_of(Key::of(token), issued, kid)
    }

    fn freshness(&self) -> Option<Freshness> {
        let (as_of, next_update) = self.newest();
        Some(Freshness { as_of, next_update })
    }
}

#[cfg(test)]
mod tests;
