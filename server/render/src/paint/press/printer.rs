//! One thread's printing: a card's letters and code onto the fixed layer, and off again.

use super::deflate::{Bits, Bounds, Writing, encode};
use super::glyphs::{Bitmap, Glyphs};
use super::{Pixels, Press, SPARE, file, reach, within};
use crate::color::Color;
use crate::geometry::UNITS_PER_INCH;
use crate::paint::Face;
use crate::paint::plain::{PaintError, side};
use crate::scene::{Card, GlyphRun, Item, Paint, PathItem, QrPlace};

/// Prints cards; one for each thread.
pub struct Printer<'a> {
    pub(super) press: &'a Press,
    pub(super) raw: Vec<u8>,
    /// For each row, the first byte that a card has touched and one past the last.
    touched: Vec<(usize, usize)>,
    /// How bright each color is.
    pub(super) luma: [u8; 256],
    glyphs: Glyphs,
    bits: Bits,
}

/// Of a row that no card has touched.
const UNTOUCHED: (usize, usize) = (usize::MAX, 0);

impl<'a> Printer<'a> {
    pub(super) fn new(press: &'a Press) -> Self {
        let mut luma = [0; 256];
        for (luma, color) in luma.iter_mut().zip(&press.palette.colors) {
            let [r, g, b] = color.map(u32::from);
            *luma = ((r * 299 + g * 587 + b * 114) / 1000) as u8;
        }
        Self {
            press,
            raw: press.base.clone(),
            touched: vec![UNTOUCHED; press.height],
            luma,
            glyphs: Glyphs::default(),
            bits: Bits::default(),
        }
    }
}

impl Printer<'_> {
    /// The side of a card as a PNG.
    pub fn png(&mut self, card: &Card) -> Result<Vec<u8>, PaintError> {
        self.printed(card, false)
    }

    /// The same, after the code was read from the painted pixels and said what it should; a side without a code passes.
    pub fn checked_png(&mut self, card: &Card) -> Result<Vec<u8>, PaintError> {
        self.printed(card, true)
    }

    fn printed(&mut self, card: &Card, is_checked: bool) -> Result<Vec<u8>, PaintError> {
        let items = self.items(card);
        if items.iter().any(|item| matches!(item, Item::Image(_))) {
            if is_checked {
                self.check(card)?;
            }
            return side(&self.press.layout, card, self.press.face, self.press.dpi)?.png();
        }
        self.draw(items);
        let reads = |item: &Item| match item {
            Item::Qr(place) => self.reads(place),
            _ => true,
        };
        let file = if is_checked && !items.iter().all(reads) {
            Err(PaintError::NotReadBack)
        } else {
            Ok(self.file())
        };
        self.restore();
        file
    }

    pub(super) fn items<'c>(&self, card: &'c Card) -> &'c [Item] {
        match self.press.face {
            Face::Front => &card.front,
            Face::Back => &card.back,
        }
    }

    /// The file of what is painted now.
    fn file(&mut self) -> Vec<u8> {
        let press = self.press;
        self.bits.clear();
        self.bits.copy(&press.coder.header, 0, press.coder.header.len());
        // Untouched stretches that follow each other are copied at once.
        let (mut start, mut count) = (0, 0);
        for stretch in &press.stretches {
            let Some(own) = stretch
                .own
                .as_ref()
                .filter(|own| self.is_touched(own.row, own.from, own.to))
            else {
                count += stretch.count;
                continue;
            };
            self.bits.copy(&press.bits, start, count);
            let line = own.row * press.stride();
            let mut writing = Writing(&press.coder, &mut self.bits);
            encode(
                &self.raw,
                (line + own.from, line + own.to),
                press.stride(),
                Bounds::Any,
                &mut writing,
            );
            (start, count) = (stretch.start + stretch.count, 0);
        }
        self.bits.copy(&press.bits, start, count);
        self.bits.push(press.coder.end);
        let mut png = Vec::with_capacity(press.head.len() + self.bits.len() / 8 + 64);
        png.extend_from_slice(&press.head);
        let start = file::open(&mut png, b"IDAT");
        png.extend_from_slice(b"\x78\x01");
        self.bits.write(&mut png);
        let pixels = &self.raw[..self.raw.len() - SPARE];
        png.extend_from_slice(&simd_adler32::adler32(&pixels).to_be_bytes());
        file::close(&mut png, start);
        file::chunk(&mut png, b"IEND", &[]);
        png
    }

    /// Whether a card has touched bytes of a row, or those above them, to which matches refer.
    fn is_touched(&self, row: usize, from: usize, to: usize) -> bool {
        let crosses = |(low, high): (usize, usize)| low < to && from < high;
        crosses(self.touched[row]) || row > 0 && crosses(self.touched[row - 1])
    }

    fn touch(&mut self, row: usize, from: usize, to: usize) {
        let touched = &mut self.touched[row];
        *touched = (touched.0.min(from), touched.1.max(to));
    }

    /// Puts back what was there before the card.
    pub(super) fn restore(&mut self) {
        let stride = self.press.stride();
        for (row, touched) in self.touched.iter_mut().enumerate() {
            let (from, to) = std::mem::replace(touched, UNTOUCHED);
            if from < to {
                let bytes = row * stride + from..row * stride + to;
                self.raw[bytes.clone()].copy_from_slice(&self.press.base[bytes]);
            }
        }
    }

    pub(super) fn draw(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Glyphs(run) => self.run(run),
                Item::Qr(place) => self.code(place),
                Item::Path(path) => self.path(path),
                // `png` hands cards with pictures to the other painter.
                Item::Image(_) => {}
            }
        }
    }

    fn path(&mut self, path: &PathItem) {
        let bounds = within(reach(path), self.press.dpi, self.press.width, self.press.height);
        let scale = self.press.dpi as f32 / UNITS_PER_INCH;
        let parts = [
            (path.fill.as_ref(), false),
            (path.stroke.as_ref().map(|s| &s.paint), true),
        ];
        for (paint, stroke) in parts {
            if let Some(Paint::Color(color)) = paint {
                let bitmap = self.glyphs.path(path, scale, stroke);
                self.blit(&bitmap, (0, 0), *color, bounds);
            }
        }
    }

    fn run(&mut self, run: &GlyphRun) {
        let press = self.press;
        let scale = press.dpi as f32 / UNITS_PER_INCH;
        let bounds = within(run.bounds, press.dpi, press.width, press.height);
        for glyph in &run.glyphs {
            let (bitmap, x) = self
                .glyphs
                .glyph(run.font, glyph.id, run.size * scale, glyph.x * scale);
            self.blit(&bitmap, (x, (glyph.y * scale).round() as i32), run.color, bounds);
        }
    }

    /// Covers pixels with a color, inside of the slot's box only.
    fn blit(
        &mut self,
        bitmap: &Bitmap,
        (x, y): (i32, i32),
        color: Color,
        [left, top, right, bottom]: Pixels,
    ) {
        let Some(cover) = self.press.covers.get(&color) else {
            return;
        };
        let (left, right, start) = (left as i32, right as i32, x + bitmap.left);
        for span in &bitmap.spans {
            let row = y + bitmap.top + i32::from(span.row);
            let from = left.max(start + i32::from(span.from));
            let to = right.min(start + i32::from(span.to));
            if row < top as i32 || row >= bottom as i32 || from >= to {
                continue;
            }
            let (row, first) = (row as usize, from as usize + 1);
            let length = (to - from) as usize;
            let line = row * self.press.stride() + first;
            let levels = &bitmap.levels[usize::from(span.row) * bitmap.width + (from - start) as usize..];
            let pixels = &mut self.raw[line..line + length];
            for (pixel, level) in pixels.iter_mut().zip(levels) {
                *pixel = cover.of(*pixel, *level);
            }
            self.touch(row, first, first + length);
        }
    }

    pub(super) fn code(&mut self, place: &QrPlace) {
        let press = self.press;
        let number = |color: Color| press.palette.nearest([color.r, color.g, color.b]);
        let (white, dark) = (number(Color::WHITE), number(place.color));
        let stride = press.stride();
        let edge = |units: f32, most: usize| {
            ((units * press.dpi as f32 / UNITS_PER_INCH).round() as usize).min(most)
        };
        let (left, right) = (
            edge(place.rect.x, press.width),
            edge(place.rect.right(), press.width),
        );
        for row in edge(place.rect.y, press.height)..edge(place.rect.bottom(), press.height) {
            self.raw[row * stride + left + 1..row * stride + right + 1].fill(white);
            self.touch(row, left + 1, right + 1);
        }
        let (module, [x, y]) = place.pixels(press.dpi);
        let (module, x, y) = (module as usize, x as usize, y as usize);
        let side = place.code.side();
        for row in 0..side {
            let first = (y + row * module) * stride + x + 1;
            for column in (0..side).filter(|column| place.code.is_dark(*column, row)) {
                self.raw[first + column * module..first + (column + 1) * module].fill(dark);
            }
            let line = first..first + side * module;
            (1..module).for_each(|copy| self.raw.copy_within(line.clone(), first + copy * stride));
        }
    }
}
