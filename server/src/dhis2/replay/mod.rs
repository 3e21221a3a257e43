//! A DHIS2 server of invented people, for tests, benchmarks and the demo: it answers reads as each version does, its
//! silent traps included.
//!
//! What a version does with a parameter that it does not know, with a page past the end or with a region asked for
//! without its descendants was recorded from real servers (2.40.1, 2.41.5.1, 2.42.4.1) and is written down in [`lists`];
//! a test holds the answers against the recordings. Versions 2.36 to 2.39 follow the published documentation of their
//! API and were not recorded. On demand the next answers go wrong in the ways in which servers and networks do
//! ([`Fault`]). It writes nothing down but who asked what.

mod edition;
mod fault;
mod fields;
mod lists;
mod serve;
mod world;

#[cfg(test)]
mod tests;

pub use edition::Edition;
pub use fault::Fault;
pub use serve::Replay;
pub use world::{Enrolled, Person, Rows, World};
