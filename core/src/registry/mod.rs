//! What a phone without a network knows: which cards are revoked, and the sealed bundle that brings this and all else.
//!
//! The server signs, from time to time, a [`list`] with the status of every card issued before a certain midnight: a
//! [`filter`] that gives exact answers in about a hundredth of a byte for each card. Every day it signs a [`delta`] with
//! the newly revoked. A phone holds one list and the deltas on it ([`Held`]); both are numbered and only go forward, so
//! that a card which was revoked once stays revoked whatever is replayed to the phone.
//!
//! A [`portal`] file carries the same for one campaign into a browser, a [`bundle`] everything to a phone.

pub mod bundle;
pub mod delta;
pub mod filter;
mod held;
mod ids;
pub mod list;
pub mod portal;
mod rice;
pub mod signed;
mod status;
mod withdrawn;

pub use held::{Held, HeldError};
pub use ids::{Handle, IdRecord, Ids};
pub use status::{Freshness, Status, Statuses};
pub use withdrawn::Withdrawn;
