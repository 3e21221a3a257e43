//! Verdicts: on the command line by the code that phones run, and for the public over HTTP.
//!
//! The public needs no login. [`http`] reads what is asked and answers with a page or JSON, [`judge`] finds the verdict,
//! [`desk`] holds what that takes and keeps it current. `docs/verification.md` is the guide.

pub mod answer;
pub mod command;
pub mod desk;
mod faces;
pub mod http;
pub mod judge;
pub mod pace;
pub mod page;
pub mod report;
pub mod routes;
pub mod scans;
pub mod source;
pub mod terms;
mod trust;
mod work;

pub use desk::Desk;

#[cfg(test)]
mod tests;
