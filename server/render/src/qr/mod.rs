//! QR codes (ISO/IEC 18004) as PNG and SVG.
//!
//! A card's code is drawn at a version that is chosen, not found, in alphanumeric mode and at error level M, so that all
//! cards of a campaign have the same size and a reader knows what to expect. [`Code`] holds the modules; [`png`] and
//! [`svg`] draw them with the quiet zone of four modules that the standard asks for.
//!
//! A code a card is the one thing of a batch that cannot be drawn once, so it is drawn fast: what a version's symbols
//! share is a template, error checks come from a table, and masks are judged a line at a time.

mod bits;
mod code;
mod codewords;
mod mask;
pub mod png;
pub mod svg;
mod template;

pub use code::{Code, CodeError};

/// Light modules on each side of a drawn code.
pub const QUIET_ZONE: usize = 4;
