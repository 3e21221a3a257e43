//! Several people share a phone: each opens it with a PIN of their own, and nobody without one.
//!
//! The vault's data key is random. It is wrapped once for each user, in a *slot*:
//!
//! ```text
//! stretched  = Argon2id(PIN, salt of the slot; memory, passes and lanes of the slot)          32 bytes
//! wrapping   = HKDF-SHA-256(stretched ‖ platform secret, "teranga/slot/v1" ‖ user)            32 bytes
//! wrapped    = nonce ‖ AES-256-GCM(wrapping, data key; associated data: user and cost)
//! ```
//! The platform secret is random and sealed by the phone's own key store, so the slots of a copied phone cannot be tried
//! on a faster machine. A wrong try is counted on the disk before the PIN is looked at, so pulling the battery gives no
//! free tries; after ten the slot of that user is destroyed, and theirs alone. A user who has the vault open can give
//! another one a slot again. A phone that the server locked opens for nobody until it is unlocked from there.

mod cost;
mod idle;
mod pin;
mod slots;
#[cfg(test)]
mod tests;
mod wrap;

pub use cost::Cost;
pub use idle::Idle;
pub use pin::{Pin, PinError};
pub use slots::{SlotState, SlotSummary, Slots, UnlockError};

/// Wrong PINs in a row after which a user's slot is destroyed.
pub const MOST_TRIES: u32 = 10;
