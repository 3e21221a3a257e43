//! The fast painter: thousands of cards a second as PNG.
//!
//! [`Press::new`] paints the fixed layer of a side once, reduces it and all that letters can make of it to a palette of
//! 256 colors ([`ground`]), and deflates it ([`learn`]). A [`Printer`], one for each thread, then prints cards: letters
//! are copied from bitmaps drawn once ([`glyphs`]), the code is filled as runs, and only what a card has touched is
//! encoded; the bits of everything else are copied. A code is read back from the printed pixels, where it must be
//! ([`readback`]). The files are plain PNGs of 8 bits a pixel that say their resolution ([`file`]). A card with a photo
//! is painted by [`super::plain`] instead.

mod deflate;
mod file;
mod glyphs;
mod ground;
mod learn;
mod palette;
mod printer;
mod readback;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use kurbo::Shape as _;

use self::deflate::{Bits, Coder, Counts};
use self::palette::{Cover, Palette};
use super::Face;
use super::plain::{Canvas, PaintError};
use crate::color::Color;
use crate::data::CardData;
use crate::geometry::{Rect, UNITS_PER_INCH};
use crate::scene::Layout;

pub use printer::Printer;

/// Pixels of a box: left, top, right, bottom.
type Pixels = [usize; 4];
/// Bytes behind the picture, so that eight can be looked at from any of it.
const SPARE: usize = 8;

/// A side of a batch, ready for cards.
pub struct Press {
    layout: Arc<Layout>,
    face: Face,
    dpi: u32,
    width: usize,
    height: usize,
    palette: Palette,
    /// Rows of palette numbers, each after a zero: PNG's filter "none". Then spare bytes.
    base: Vec<u8>,
    /// For each color of letters: what it makes of each color.
    covers: HashMap<Color, Cover>,
    slots: Vec<Pixels>,
    coder: Coder,
    /// The whole picture without a card, encoded.
    bits: Bits,
    stretches: Vec<Stretch>,
    head: Vec<u8>,
}

/// A stretch of the picture in the order of its bytes. Its bits, where nothing of it was touched, are `count` from
/// `start` on.
struct Stretch {
    start: usize,
    count: usize,
    /// Where cards may change it.
    own: Option<Own>,
}

/// Bytes that cards may change.
struct Own {
    row: usize,
    /// First byte of the row, and one past the last.
    from: usize,
    to: usize,
}

impl Press {
    /// Makes a side ready at a resolution. `sample`s teach the code what letters look like; any card will do.
    pub fn new(layout: Arc<Layout>, face: Face, dpi: u32, samples: &[CardData]) -> Result<Self, PaintError> {
        let mut canvas = Canvas::new(&layout, dpi)?;
        let own = match face {
            Face::Front => &layout.front,
            Face::Back => &layout.back,
        };
        canvas.paint(&own.fixed);
        canvas.round(&layout);
        let (width, height) = (canvas.width() as usize, canvas.height() as usize);
        let rgb = canvas.rgb();
        let slots: Vec<(Pixels, Vec<Color>)> = own
            .own_places()
            .map(|(rect, colors)| (within(rect, dpi, width, height), colors))
            .collect();
        let palette = ground::colors(&rgb, width, &slots).palette();
        let mut press = Self {
            base: ground::numbers(&rgb, width, &palette),
            covers: ground::covers(&palette, &slots),
            slots: slots.into_iter().map(|(slot, _)| slot).collect(),
            coder: Coder::new(&Counts::new(palette.colors.len()), width + 1),
            head: file::head(width, height, dpi, &palette),
            layout,
            face,
            dpi,
            width,
            height,
            palette,
            bits: Bits::default(),
            stretches: Vec::new(),
        };
        press.base.resize(press.base.len() + SPARE, 0);
        press.learn(samples);
        Ok(press)
    }

    /// A printer for one thread.
    pub fn printer(&self) -> Printer<'_> {
        Printer::new(self)
    }

    /// From a pixel to the one below it.
    fn stride(&self) -> usize {
        self.width + 1
    }
}

/// Pixels that a box can touch, with one more around it: letters stand on whole rows.
fn within(rect: Rect, dpi: u32, width: usize, height: usize) -> Pixels {
    let scale = dpi as f32 / UNITS_PER_INCH;
    let low = |units: f32, most: usize| ((units * scale).floor() - 1.0).clamp(0.0, most as f32) as usize;
    let high = |units: f32, most: usize| ((units * scale).ceil() + 1.0).clamp(0.0, most as f32) as usize;
    [
        low(rect.x, width),
        low(rect.y, height),
        high(rect.right(), width),
        high(rect.bottom(), height),
    ]
}

/// The box of a path with its stroke.
pub(crate) fn reach(path: &crate::scene::PathItem) -> Rect {
    let grown = path.stroke.as_ref().map_or(0.0, |stroke| f64::from(stroke.width));
    let bounds = path.path.bounding_box().inflate(grown, grown);
    Rect {
        x: bounds.x0 as f32,
        y: bounds.y0 as f32,
        w: bounds.width() as f32,
        h: bounds.height() as f32,
    }
}
