//! Painting a scene as pixels.
//!
//! - [`plain`] is the simple painter: everything with tiny-skia, in true color, for previews and as the measure of the
//!   fast one.
//! - [`press`] is the fast one: the fixed layer of a side is painted, reduced to a palette and deflated once; a card
//!   costs its letters, its code and the bytes that differ.

pub mod plain;
pub mod press;

/// Which side of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Face {
    /// The one with the name.
    Front,
    /// The other.
    Back,
}

/// Pixels a meter, for PNG's pHYs: an inch is 25.4 mm.
pub(crate) fn per_meter(dpi: u32) -> u32 {
    (f64::from(dpi) / 0.0254).round() as u32
}
