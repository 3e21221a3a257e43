//! `teranga serve` and `teranga admin` as their users run them: real processes over one data folder.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it says"
)]

mod admin;
mod attacks;
mod faults;
mod logs;
mod running;
