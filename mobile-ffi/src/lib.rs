//! The UniFFI facade of the core for the Android and iOS apps: converts and delegates, decides nothing.
//!
//! One file a domain, named as in the core. A record stands beside its conversion, a function is a few lines, and every
//! failure crosses the border as one [`error::TerangaError`], whose code the app translates.
#![deny(missing_docs)]

pub mod decode;
pub mod engine;
pub mod error;
pub mod find;
pub mod person;
pub mod places;
pub mod register;
pub mod scan;
pub mod session;
pub mod store;
pub mod sync;

uniffi::setup_scaffolding!();
