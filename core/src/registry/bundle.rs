//! What a phone carries: a signed manifest, and the parts that it names by hash.
//!
//! | part | content | form |
//! |---|---|---|
//! | trust | the trust list | signed by the root |
//! | status | the status list | signed by the publisher |
//! | delta | one delta each | signed by the publisher |
//! | people | whom the device's area knows, for finding duplicates | sealed |
//! | ids | cards by number, for typed entry | sealed |
//! | pool | reserved MPI ids, stock of blank cards | sealed |
//!
//! The first three are ready to scan with as soon as they are in. A sealed part is compressed ([zstd]) and encrypted in
//! chunks ([`seal`]) under a key of its own, once for all devices that share it; the manifest carries that key sealed to
//! each device's vault ([`keys`]). A phone keeps the parts in a [`folder`] and switches from one manifest to the next in
//! one step, so that a cut at any moment leaves a whole bundle, the old one or the new.

pub mod files;
pub mod folder;
pub mod keys;
pub mod manifest;
pub mod numbers;
mod opened;
pub mod part;
pub mod people;
pub mod pool;
pub mod seal;

pub use opened::{OpenError, Opened};

/// Why something sealed does not open. It never says more: a wrong key, a changed byte, a part of another version and a
/// part cut short look alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this part cannot be opened here; sync again, and if it persists, enroll the device anew")]
pub struct CannotOpen;
