//! Letters as pixels: each glyph is drawn once for each size and quarter of a pixel.

use std::collections::HashMap;
use std::sync::Arc;

use tiny_skia::{FillRule, Mask, Transform};

use super::palette::LEVELS;
use crate::fonts::FontId;
use crate::paint::plain::outline;
use crate::scene::PathItem;

/// Quarters of a pixel at which a glyph may begin.
const QUARTERS: f32 = 4.0;
/// Glyphs that are remembered.
const KEPT: usize = 16_384;

/// How far pixels are covered, in levels.
#[derive(Debug, Default)]
pub struct Bitmap {
    pub left: i32,
    pub top: i32,
    pub width: usize,
    pub levels: Vec<u8>,
    /// Where anything is covered.
    pub spans: Vec<Span>,
}

/// Covered pixels of a row, from the bitmap's own left and top.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    pub row: u16,
    pub from: u16,
    pub to: u16,
}

/// Font, glyph, size and quarter; or a path by its place in memory, which the layout holds.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Glyph(FontId, u16, u32, u8),
    Path(usize, bool),
}

/// Bitmaps drawn so far.
#[derive(Default)]
pub struct Glyphs(HashMap<Key, Arc<Bitmap>>);

impl Glyphs {
    /// A glyph whose em measures `em` pixels, and where its origin's pixel is.
    pub fn glyph(&mut self, font: FontId, id: u16, em: f32, x: f32) -> (Arc<Bitmap>, i32) {
        let whole = x.floor();
        let quarter = ((x - whole) * QUARTERS).floor().min(QUARTERS - 1.0);
        let key = Key::Glyph(font, id, em.to_bits(), quarter as u8);
        let draw = || {
            let path = outline(font, id)?;
            let scale = em / font.font().units_per_em;
            path.transform(Transform::from_row(
                scale,
                0.0,
                0.0,
                -scale,
                (quarter + 0.5) / QUARTERS,
                0.0,
            ))
        };
        (self.kept(key, draw), whole as i32)
    }

    /// The filled, or stroked, area of a path that belongs to a layout.
    pub fn path(&mut self, item: &PathItem, scale: f32, stroke: bool) -> Arc<Bitmap> {
        let key = Key::Path(Arc::as_ptr(&item.path) as usize, stroke);
        self.kept(key, || crate::paint::plain::area(item, scale, stroke))
    }

    fn kept(&mut self, key: Key, draw: impl FnOnce() -> Option<tiny_skia::Path>) -> Arc<Bitmap> {
        if self.0.len() >= KEPT {
            self.0.clear();
        }
        let drawn = || Arc::new(draw().and_then(bitmap).unwrap_or_default());
        Arc::clone(self.0.entry(key).or_insert_with(drawn))
    }
}

fn bitmap(path: tiny_skia::Path) -> Option<Bitmap> {
    let bounds = path.bounds();
    let (left, top) = (bounds.left().floor(), bounds.top().floor());
    let (width, height) = (bounds.right().ceil() - left, bounds.bottom().ceil() - top);
    let mut mask = Mask::new((width as u32).max(1), (height as u32).max(1))?;
    mask.fill_path(
        &path,
        FillRule::Winding,
        true,
        Transform::from_translate(-left, -top),
    );
    let level = |cover: &u8| ((usize::from(*cover) * LEVELS + 127) / 255) as u8;
    let (width, levels) = (
        mask.width() as usize,
        mask.data().iter().map(level).collect::<Vec<_>>(),
    );
    Some(Bitmap {
        left: left as i32,
        top: top as i32,
        width,
        spans: levels.chunks_exact(width).zip(0..).flat_map(spans).collect(),
        levels,
    })
}

/// The covered stretches of a row. A gap of a pixel or two costs less than another stretch.
fn spans((levels, row): (&[u8], u16)) -> Vec<Span> {
    let mut found: Vec<Span> = Vec::new();
    for (at, _) in (0_u16..).zip(levels).filter(|(_, level)| **level > 0) {
        match found.last_mut() {
            Some(span) if at <= span.to + 2 => span.to = at + 1,
            _ => found.push(Span {
                row,
                from: at,
                to: at + 1,
            }),
        }
    }
    found
}
