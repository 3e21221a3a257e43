//! PDF files of cards: pages of card size or A4 sheets, by the hundred thousand, in memory that does not grow.
//!
//! What all cards share is written once: a side's artwork is a form XObject, and each font is one subset with its
//! letters kept searchable. A card costs its glyphs and its code. Everything about the layout of the file serves that:
//!
//! - [`file`] writes objects as they come and remembers 8 bytes for each: small objects share compressed object streams,
//!   and the table of objects is a stream too (ISO 32000-1, 7.5.7 and 7.5.8).
//! - [`glyphs`] gives each glyph a code of one byte, in the order in which cards need them; [`fonts`] writes the subsets
//!   at the end, when it is known which glyphs were used.
//! - [`repeated`] finds the words that card after card has, which become a form as well.
//! - [`content`] writes a page: the code as a mask of one bit a module, stored as it is since it does not compress,
//!   then the text, deflated.
//! - [`sheet`] places cards on paper and their backs so that they meet, whichever edge the printer turns.
//! - [`Cards`] takes a [scene's](crate::scene) layout and its cards apart into these.
//! - [`document`] puts it together, with page boxes and with metadata that name no person.

mod artwork;
mod cards;
#[cfg(test)]
mod cards_tests;
mod content;
mod document;
mod file;
mod fonts;
mod glyphs;
mod repeated;
pub mod sheet;
#[cfg(test)]
mod tests;

pub use artwork::{Artwork, Ink, Segment};
pub use cards::Cards;
pub use content::{CodeAt, Face, Glyph, Run};
pub use document::{About, Document, FontId, FormId, Paper};

/// Why a PDF could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// The disk's own.
    #[error("the PDF could not be written: {0}")]
    Io(#[from] std::io::Error),
    /// A font that cannot be embedded.
    #[error("the font {0} cannot be embedded: {1}")]
    Font(String, String),
    /// A face that names a font or artwork which the document does not have.
    #[error("a card refers to a font or artwork that was not added to this document; add it first")]
    NotAdded,
    /// More objects than readers take.
    #[error("one PDF holds at most 8,388,607 objects, about 4 million cards; write several")]
    TooManyObjects,
}

/// Points in a millimeter.
pub const POINTS_PER_MM: f64 = 72.0 / 25.4;
