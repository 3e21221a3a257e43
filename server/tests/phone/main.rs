//! The phone in the terminal, with its real network and on its real disk.
#![cfg(feature = "phone")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where a command does not do as it says"
)]

mod network;
mod server;
mod torture;
