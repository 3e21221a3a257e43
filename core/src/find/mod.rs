//! The people of the phone's area, and whoever was registered on it: searched by any spelling, and held against a new
//! person before they are saved.
//!
//! [`rows`] writes the people part of a bundle into the vault, each person with the form in which they are compared, so
//! that opening the vault normalizes nothing again. [`Area`] holds everyone in memory while the vault is open: an
//! exhaustive index for duplicates ([`Area::alike`]), and a dictionary of the words of names for searching
//! ([`Area::search`]). Both answer within milliseconds for 50,000 people, with no query that could miss a pair.

mod alike;
mod area;
mod rows;
mod search;
#[cfg(test)]
mod tests;
mod words;

pub use alike::{Alike, MOST_ALIKE};
pub use area::{Area, Shown, Who};
pub use rows::{people_changes, person_change, prepare};
pub use search::{Answer, Found, Question};
