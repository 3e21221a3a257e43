//! The UniFFI facade of the core for the Android and iOS apps: converts and delegates, decides nothing.
//!
//! One file a domain, named as in the core. A record stands beside its conversion, a function is a few lines, and every
//! failure crosses the border as one [`error::TerangaError`], whose code the app translates.
#![deny(missing_docs)]

pub mod error;
pub mod person;
pub mod places;

uniffi::setup_scaffolding!();
