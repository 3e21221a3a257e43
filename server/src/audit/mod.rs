//! Who did what, when: rows that are written with their cause and never change.
//!
//! [`record()`] writes a row in the transaction of what it tells of, so that nothing happens without its row and no row
//! tells of what did not happen. What is personal goes into a private half, which can be erased; the row holds a salted
//! hash of it. Triggers refuse any change on both databases.
//!
//! A [`Sealer`] chains the committed rows by SHA-256 in the order in which it sees them, and signs the end of the chain
//! with the publisher key. Whoever changes, removes or inserts a row behind the triggers' back breaks the chain from there
//! on, and [`verify`] names the first row that does not fit. Rows that are not in the chain yet are a second old at most.
//!
//! After five years rows leave ([`retire()`]): a signed checkpoint closes the part of the chain that they were, and the walk
//! begins there.

mod chain;
mod check;
mod export;
mod record;
mod retire;
mod seal;

pub use chain::{Checkpoint, Head, Row, START, checkpoint_message, hash_of, head_message};
pub use check::{Broken, Checked, PublisherKeys, check_file, verify};
pub use export::{export, read};
pub use record::{Entry, add_all, record, record_all};
pub use retire::{KEPT, retire};
pub use seal::{Sealer, seal};

#[cfg(test)]
mod tests;
