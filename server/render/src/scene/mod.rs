//! The scene: a card resolved to what is drawn where, for every writer of pictures and pages.
//!
//! [`Layout::new`] resolves a template, a configuration and logos **once for a batch**: each [`Side`] has its `fixed`
//! items, the same on all cards, in painting order. [`Layout::card`] resolves one card: a [`Card`] has the items that
//! are its own, side by side with the layout's, painted above the fixed ones. Writers need nothing else:
//!
//! | item | what a writer does |
//! |---|---|
//! | [`Item::Path`] | fills, then strokes a path (non-zero winding); colors may be see-through or gradients |
//! | [`Item::Glyphs`] | glyphs of one embedded font at one size and color, each at a baseline origin of its own |
//! | [`Item::Image`] | a picture scaled into a box, clipped to round corners |
//! | [`Item::Qr`] | a white box, and the modules in its middle: see [`QrPlace`] |
//!
//! All coordinates are units of 1/300 inch from the top left corner, y down: pixels are `units × dpi / 300`
//! ([`crate::geometry::pixels`]), PDF points `units × 0.24`. What belongs to one card only (`Card`) never has a gradient,
//! so a writer with a palette can know its colors beforehand; texts that are the same on all cards stand after all fixed
//! shapes.

mod card;
mod compile;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use kurbo::BezPath;

use crate::color::Color;
use crate::config::ConfigError;
use crate::data::Picture;
use crate::fonts::FontId;
use crate::geometry::Rect;
use crate::qr::{Code, CodeError, QUIET_ZONE};
use crate::template::Template;

pub use compile::Logos;

/// The smallest code: our longest text is version 8 (49 modules and the quiet zone), a module 4 units (0.339 mm).
pub const LEAST_QR: f32 = 228.0;
/// The smallest module, in units: 0.33 mm.
pub const LEAST_MODULE: f32 = 0.33 / crate::geometry::MM_PER_UNIT;

/// A template with its configuration, ready for cards.
#[derive(Debug, Clone)]
pub struct Layout {
    /// Width of the card, units.
    pub width: f32,
    /// Height of the card, units.
    pub height: f32,
    /// Radius of the corners that pictures have and pages have not, units.
    pub corner: f32,
    /// The front.
    pub front: Side,
    /// The back.
    pub back: Side,
    pub(crate) template: Arc<Template>,
    pub(crate) words: compile::Words,
}

/// One side of all cards of a batch.
#[derive(Debug, Clone, Default)]
pub struct Side {
    /// What is the same on every card, in painting order.
    pub fixed: Vec<Item>,
    /// Where cards differ.
    pub(crate) slots: Vec<compile::Slot>,
}

/// What one card has of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Card {
    /// On the front, above what is fixed, in painting order.
    pub front: Vec<Item>,
    /// On the back.
    pub back: Vec<Item>,
    /// Letters that no font has; they are drawn as boxes.
    pub missing: Vec<char>,
    /// Whether a text was cut for lack of room.
    pub cut: bool,
}

/// Something to draw.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A shape.
    Path(PathItem),
    /// Letters.
    Glyphs(GlyphRun),
    /// A picture.
    Image(ImageItem),
    /// The code.
    Qr(QrPlace),
}

/// A filled or stroked path.
#[derive(Debug, Clone, PartialEq)]
pub struct PathItem {
    /// The path.
    pub path: Arc<BezPath>,
    /// What fills it (non-zero winding).
    pub fill: Option<Paint>,
    /// What strokes it, above the fill.
    pub stroke: Option<Stroke>,
}

/// What a shape is filled with.
#[derive(Debug, Clone, PartialEq)]
pub enum Paint {
    /// One color.
    Color(Color),
    /// Along a line; outside, the ends go on.
    Linear {
        /// Where it begins.
        from: [f32; 2],
        /// Where it ends.
        to: [f32; 2],
        /// Colors with places from 0 to 1, rising.
        stops: Vec<(Color, f32)>,
    },
    /// Around a point; outside, the end goes on.
    Radial {
        /// Center.
        center: [f32; 2],
        /// Where it ends.
        radius: f32,
        /// Colors with places from 0 to 1, rising.
        stops: Vec<(Color, f32)>,
    },
}

/// How an outline is drawn. Joins are mitered.
#[derive(Debug, Clone, PartialEq)]
pub struct Stroke {
    /// With what.
    pub paint: Paint,
    /// Width.
    pub width: f32,
    /// On and off lengths; empty for a whole line.
    pub dash: Vec<f32>,
    /// Round ends instead of straight ones.
    pub round: bool,
}

/// Glyphs of one font, size and color.
#[derive(Debug, Clone, PartialEq)]
pub struct GlyphRun {
    /// The font.
    pub font: FontId,
    /// Units an em.
    pub size: f32,
    /// The color.
    pub color: Color,
    /// The glyphs, left to right.
    pub glyphs: Vec<Glyph>,
    /// The line of text that the glyphs' letters are taken from, for search and copy.
    pub text: Arc<str>,
    /// The box that the ink lies in.
    pub bounds: Rect,
}

/// A glyph on a card.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glyph {
    /// Glyph of the font.
    pub id: u16,
    /// Origin on the baseline.
    pub x: f32,
    /// Origin on the baseline.
    pub y: f32,
    /// Its letters are `text[start..end]`; glyphs of one cluster share them.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
}

/// A picture on a card.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageItem {
    /// Where it goes, all of it.
    pub rect: Rect,
    /// What is seen of it.
    pub clip: Rect,
    /// Radius of the corners of what is seen.
    pub radius: f32,
    /// The picture.
    pub picture: Arc<Picture>,
}

/// A code on a card: the box is painted white; `modules × module` units stand in its middle with the quiet zone around.
#[derive(Debug, Clone, PartialEq)]
pub struct QrPlace {
    /// The white box, square.
    pub rect: Rect,
    /// Color of dark modules.
    pub color: Color,
    /// The modules.
    pub code: Arc<Code>,
    /// The text that they say.
    pub text: Arc<str>,
}

impl QrPlace {
    /// Units of a module where they need not be whole pixels.
    pub fn module(&self) -> f32 {
        self.rect.w / (self.code.side() + 2 * QUIET_ZONE) as f32
    }

    /// Pixels at a resolution: those of a module (whole ones, as many as fit), and the corner of the first module.
    pub fn pixels(&self, dpi: u32) -> (u32, [u32; 2]) {
        let scale = dpi as f32 / crate::geometry::UNITS_PER_INCH;
        let modules = (self.code.side() + 2 * QUIET_ZONE) as u32;
        let module = ((self.rect.w * scale + 0.01) as u32 / modules).max(1);
        let drawn = (module * self.code.side() as u32) as f32;
        let corner = |start: f32| {
            ((start + self.rect.w / 2.0) * scale - drawn / 2.0)
                .round()
                .max(0.0) as u32
        };
        (module, [corner(self.rect.x), corner(self.rect.y)])
    }
}

/// Why a batch or a card cannot be drawn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SceneError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The code.
    #[error("the QR code: {0}")]
    Code(#[from] CodeError),
    /// A code whose modules would be too small.
    #[error(
        "the QR text of {length} characters gives modules of {found:.2} mm on this template; 0.33 mm is the least. Use a shorter host name or the compact form"
    )]
    SmallModules {
        /// Letters of the text.
        length: usize,
        /// Millimeters of a module.
        found: f32,
    },
}
