//! From keys to a verdict by the command line: what a programme's first hours look like.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where a command does not do as it says"
)]

mod bundle;
mod lists;
mod organisation;
mod single;
