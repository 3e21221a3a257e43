//! Who is asking, and whether they may.
//!
//! Whoever asks is an [`Actor`]: a person who signed in, or an integration with a token. Both belong to one organization
//! and hold [`Role`]s in [`Area`]s of it. Every route takes an `Actor` as an extractor, so that no route is without one,
//! and asks [`decide()`], the one place where it is written who may do what. Lists and searches ask [`scope()`] and put
//! its clause into their query, so that what is out of sight is never read.
//!
//! People sign in with a password (Argon2id) and, where they see many people, with a second factor. A sign-in gives a
//! session token that lives for minutes and a refresh token that works once; one that is shown twice ends the session.
//! Integrations have tokens that were shown once. Of passwords and tokens, hashes are kept.

pub mod account;
mod actor;
pub mod api_token;
mod area;
pub mod bearer;
mod decide;
pub mod dto;
mod extract;
pub mod integration;
pub mod password;
mod role;
pub mod routes;
mod second_factor;
mod session;
pub mod session_token;
mod sign_in;
mod terminal;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod totp;
pub mod user;

pub use actor::{Actor, Grant, Who};
pub use area::{Area, AreaError};
pub use bearer::{Secret, digest};
pub use decide::{Refusal, Scope, Target, decide, decide_grant, scope};
pub use role::{Action, Role};
pub use terminal::at_the_terminal;

#[cfg(test)]
mod tests;
