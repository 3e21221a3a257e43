//! QR codes (ISO/IEC 18004) as PNG and SVG.
//!
//! A card's code is drawn at a version that is chosen, not found, in alphanumeric mode and at error level M, so that all
//! cards of a campaign have the same size and a reader knows what to expect. [`Code`] holds the modules; [`png`] and
//! [`svg`] draw them with the quiet zone of four modules that the standard asks for.

mod code;
pub mod png;
pub mod svg;

pub use code::{Code, CodeError};

/// Light modules on each side of a drawn code.
pub const QUIET_ZONE: usize = 4;
