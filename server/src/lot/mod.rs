//! Blank lots: signed cards that are nobody's yet, printed ahead for agents who register far from any printer.
//!
//! A lot has a number and a key of its own, so that a lot that is stolen is revoked by the name of that key. It is printed
//! by a job ([`print`]), handed to an agent, and counted: a blank that was bound to a person in the field is no longer in
//! stock. Which card went to whom comes from the phones.

mod dto;
mod print;
pub mod routes;
mod store;
#[cfg(test)]
mod tests;

pub use print::Print;
pub use store::{Lot, LotState, hand, lot, lots, order, revoke};

use crate::queue::Kinds;

/// Adds the jobs of lots to those that a process knows.
pub fn register(kinds: Kinds) -> Kinds {
    kinds.with::<Print>()
}
