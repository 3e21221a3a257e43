//! Is this person already registered? One answer for the phone, the server and the command line.
//!
//! A person is [prepared](PreparedPerson) once: names normalized, dates made intervals, places and numbers folded.
//! Two prepared persons are [compared](compare()) field by field into [`Levels`], small integers in which a missing
//! value is a level of its own. Two numbers are made of the levels: the [`similarity`](similarity()) of the published
//! weights, and the [`Score`] of a [`Model`], a Fellegi–Sunter log-odds in whole 1/1024 bits. The [`judge`] step turns
//! the score into link, review, alert or new, under vetoes, and [`explain()`] says why.
//!
//! **How a score decomposes** (a search may rely on it to bound and prune, and still be exact):
//!
//! ```text
//! score = prior + given + family + order + birth + sex + place + identifier + phone + mother + household
//!         − kinship (what a family shares counts only up to the odds of a relative; see [`Model::kinship`])
//! field = weight[level] + (rarity of the shared value − typical rarity, at the levels that share a value)
//! ```
//!
//! - Every term is an `i32`; the sum saturates nowhere, so any order of adding gives the same score.
//! - A missing field is level 0 and adds exactly 0. [`Model::ceiling`] is the most that a field can add at a given
//!   rarity.
//! - A name part's level is a function of the table of token similarities alone ([`compare::name::agree`]), each a
//!   `u16` that depends on two tokens only. So a dictionary of distinct tokens, compared once, answers for all records.
//! - Rarity is `log2(people / people who have the value)`, counted by [`Frequencies`] and stored with the prepared
//!   value. It is added for tokens that are equal, so a record that shares no token with the query has none.
//!
//! Nothing that decides uses a floating-point function: similarities use + − × ÷ alone, logarithms are computed on
//! integers ([`bits`]). The same inputs give the same bits on a phone, a server and in a browser.

pub mod bits;
pub mod blocking;
pub mod compare;
mod decide;
mod explain;
mod fold;
mod frequency;
pub mod index;
pub mod jaro_winkler;
pub mod join;
mod learn;
mod levels;
mod model;
pub mod packed;
mod prepared;
mod record;
mod similarity;
pub mod sketch;

pub use compare::{Comparison, compare};
pub use decide::{Bands, Decision, Judgement, Mode, Rules, Veto, judge};
pub use explain::{Explanation, FieldExplanation, explain};
pub use frequency::{Counted, Frequencies};
pub use learn::{Learnt, learn};
pub use levels::{
    BirthLevel, Field, IdentifierLevel, Levels, NameLevel, OrderLevel, PhoneLevel, PlaceLevel, SexLevel,
};
pub use model::{Model, Provenance, Score};
pub use prepared::{
    PreparedBirth, PreparedIdentifier, PreparedPerson, PreparedPlace, PreparedToken, PreparedValue, count_all,
};
pub use record::{ModelRecord, ModelRecordError, Promotion};
pub use similarity::{Similarity, similarity};

#[cfg(test)]
mod tests;
