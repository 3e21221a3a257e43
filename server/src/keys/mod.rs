//! The organisation's keys: made, kept, rotated, retired.
//!
//! Secret keys live in a [`store`], sealed under a [`master`] key that comes from the environment or a file. The
//! [`keyring`] is what the rest of the server uses: it finds the active key of a purpose and scope, and signs the trust
//! list anew whenever something changes. Rotation makes a new key and retires the old one; nothing that was printed
//! stops being valid. `docs/keys.md` is the inventory.

pub mod command;
pub mod keyring;
pub mod master;
mod report;
pub mod request;
pub mod seal;
pub mod store;
mod vault;

pub use keyring::Keyring;
pub use vault::Vault;
