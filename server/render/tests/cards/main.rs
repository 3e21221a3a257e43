//! Every template with every kind of card: rules of layout and legibility, codes that read back, looks that stay.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where a card is not as it should be"
)]

mod golden;
mod legible;
mod placed;
mod read_back;
mod samples;
mod wear;
