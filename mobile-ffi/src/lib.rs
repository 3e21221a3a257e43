//! The UniFFI facade: converts and delegates, decides nothing.
#![deny(missing_docs)]
uniffi::setup_scaffolding!();
