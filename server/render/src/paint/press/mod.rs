//! The fast painter: thousands of cards a second as PNG.
//!
//! [`Press::new`] paints the fixed layer of a side once, reduces it and all that letters can make of it to a palette of
//! 256 colors, and deflates what lies outside of every slot. A [`Printer`], one for each thread, then prints cards:
//! letters are copied from bitmaps drawn once, the code is filled as runs, and only the slots' stretches of each row are
//! encoded; the bits of everything else are copied. The files are plain PNGs of 8 bits a pixel that say their resolution.
//! A card with a photo is painted by [`super::plain`] instead.

mod deflate;
mod glyphs;
mod palette;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use kurbo::Shape as _;
use teranga_core::decode::{self, Budget, Frame};

use self::deflate::{Bits, Bounds, Coder, Counts, Writing, encode};
use self::glyphs::{Bitmap, Glyphs};
use self::palette::{Histogram, LEVELS, Palette, Rgb, mixed};
use super::plain::{Canvas, PaintError, side};
use super::{Face, per_meter};
use crate::color::Color;
use crate::data::CardData;
use crate::geometry::{Rect, UNITS_PER_INCH};
use crate::scene::{Card, GlyphRun, Item, Layout, Paint, QrPlace};

/// Pixels of a box: left, top, right, bottom.
type Pixels = [usize; 4];

/// A side of a batch, ready for cards.
pub struct Press {
    layout: Arc<Layout>,
    face: Face,
    dpi: u32,
    width: usize,
    height: usize,
    palette: Palette,
    /// Rows of palette numbers, each after a zero: PNG's filter "none".
    base: Vec<u8>,
    /// For each color of letters: what it makes of each color.
    covers: HashMap<Color, Vec<u8>>,
    slots: Vec<Pixels>,
    coder: Coder,
    fixed: Bits,
    stretches: Vec<Stretch>,
    head: Vec<u8>,
}

/// A stretch of the picture in the order of its bytes.
enum Stretch {
    /// Bits to copy.
    Fixed { start: usize, count: usize },
    /// Bytes to encode.
    Own { from: usize, to: usize },
}

/// Prints cards; one for each thread.
pub struct Printer<'a> {
    press: &'a Press,
    raw: Vec<u8>,
    glyphs: Glyphs,
    bits: Bits,
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
        let palette = colors(&rgb, width, &slots).palette();
        let mut press = Self {
            base: numbers(&rgb, width, &palette),
            covers: covers(&palette, &slots),
            slots: slots.into_iter().map(|(slot, _)| slot).collect(),
            coder: Coder::new(&Counts::new(palette.colors.len()), width + 1),
            head: head(width, height, dpi, &palette),
            layout,
            face,
            dpi,
            width,
            height,
            palette,
            fixed: Bits::default(),
            stretches: Vec::new(),
        };
        press.learn(samples);
        Ok(press)
    }

    /// A printer for one thread.
    pub fn printer(&self) -> Printer<'_> {
        Printer {
            press: self,
            raw: self.base.clone(),
            glyphs: Glyphs::default(),
            bits: Bits::default(),
        }
    }

    /// Chooses the code from what cards look like, and encodes what is the same on all.
    fn learn(&mut self, samples: &[CardData]) {
        let mut counts = Counts::new(self.palette.colors.len());
        let cards: Vec<Card> = samples
            .iter()
            .filter_map(|data| self.layout.card(data).ok())
            .collect();
        let stride = self.width + 1;
        let rows = self.rows();
        for (row, own) in rows.iter().enumerate() {
            let above = row
                .checked_sub(1)
                .map(|above| gaps(&rows[above], (row - 1) * stride, stride))
                .unwrap_or_default();
            for (from, to) in gaps(own, row * stride, stride) {
                encode(&self.base, from, to, stride, Bounds::Fixed(&above), &mut counts);
            }
        }
        {
            let mut printer = self.printer();
            for card in &cards {
                printer.draw(printer.items(card));
                for (row, own) in rows.iter().enumerate() {
                    for (from, to) in own
                        .iter()
                        .map(|(from, to)| (row * stride + from, row * stride + to))
                    {
                        encode(&printer.raw, from, to, stride, Bounds::Any, &mut counts);
                    }
                }
                printer.restore();
            }
        }
        self.coder = Coder::new(&counts, stride);
        for (row, own) in rows.iter().enumerate() {
            let above = row
                .checked_sub(1)
                .map(|above| gaps(&rows[above], (row - 1) * stride, stride))
                .unwrap_or_default();
            let mut at = row * stride;
            for &(from, to) in own.iter().chain(&[(stride, stride)]) {
                let (from, to) = (row * stride + from, row * stride + to);
                self.keep(at, from, &above);
                if to > from {
                    self.stretches.push(Stretch::Own { from, to });
                }
                at = to;
            }
        }
    }

    /// Encodes a stretch that is the same on all cards, and joins it to the one before.
    fn keep(&mut self, from: usize, to: usize, above: &[(usize, usize)]) {
        let start = self.fixed.len();
        encode(
            &self.base,
            from,
            to,
            self.width + 1,
            Bounds::Fixed(above),
            &mut Writing(&self.coder, &mut self.fixed),
        );
        let added = self.fixed.len() - start;
        match self.stretches.last_mut() {
            Some(Stretch::Fixed { count, .. }) => *count += added,
            _ => self.stretches.push(Stretch::Fixed { start, count: added }),
        }
    }

    /// For each row, the stretches that cards may change: joined and in order, counted from the row's first byte.
    fn rows(&self) -> Vec<Vec<(usize, usize)>> {
        let row = |y: usize| {
            let crossing = self.slots.iter().filter(|slot| slot[1] <= y && y < slot[3]);
            let mut found: Vec<_> = crossing.map(|slot| (slot[0] + 1, slot[2] + 1)).collect();
            found.sort_unstable();
            found.dedup_by(|next, last| {
                let joins = next.0 <= last.1;
                if joins {
                    last.1 = last.1.max(next.1);
                }
                joins
            });
            found
        };
        (0..self.height).map(row).collect()
    }
}

impl Printer<'_> {
    /// The side of a card as a PNG.
    pub fn png(&mut self, card: &Card) -> Result<Vec<u8>, PaintError> {
        let items = self.items(card);
        if items.iter().any(|item| matches!(item, Item::Image(_))) {
            return side(&self.press.layout, card, self.press.face, self.press.dpi)?.png();
        }
        self.draw(items);
        let file = self.file();
        self.restore();
        Ok(file)
    }

    /// The same, after the code was read from the painted pixels and said what it should; a side without a code passes.
    pub fn checked_png(&mut self, card: &Card) -> Result<Vec<u8>, PaintError> {
        let items = self.items(card);
        self.draw(items);
        let codes = items.iter().filter_map(|item| match item {
            Item::Qr(place) => Some(place),
            _ => None,
        });
        let reads = codes.into_iter().all(|place| self.reads(place));
        self.restore();
        if !reads {
            return Err(PaintError::NotReadBack);
        }
        self.png(card)
    }

    /// Whether the pixels in a code's box say what the code says.
    fn reads(&self, place: &QrPlace) -> bool {
        let press = self.press;
        let [left, top, right, bottom] = within(place.rect, press.dpi, press.width, press.height);
        let luma = |number: &u8| {
            let [r, g, b] = press.palette.colors[usize::from(*number)].map(u32::from);
            ((r * 299 + g * 587 + b * 114) / 1000) as u8
        };
        let row = |y: usize| {
            self.raw[y * (press.width + 1) + left + 1..][..right - left]
                .iter()
                .map(luma)
        };
        let pixels: Vec<u8> = (top..bottom).flat_map(row).collect();
        let Ok(frame) = Frame::new(&pixels, right - left, bottom - top, right - left) else {
            return false;
        };
        let found = decode::read(&frame, Budget::CAMERA, None);
        found.iter().any(|reading| reading.text == *place.text)
    }

    fn items<'c>(&self, card: &'c Card) -> &'c [Item] {
        match self.press.face {
            Face::Front => &card.front,
            Face::Back => &card.back,
        }
    }

    fn file(&mut self) -> Vec<u8> {
        let press = self.press;
        self.bits.clear();
        self.bits.copy(&press.coder.header, 0, press.coder.header.len());
        for stretch in &press.stretches {
            match *stretch {
                Stretch::Fixed { start, count } => self.bits.copy(&press.fixed, start, count),
                Stretch::Own { from, to } => {
                    let mut writing = Writing(&press.coder, &mut self.bits);
                    encode(&self.raw, from, to, press.width + 1, Bounds::Any, &mut writing);
                }
            }
        }
        self.bits.push(press.coder.end);
        let mut file = press.head.clone();
        file.reserve(self.bits.len() / 8 + 64);
        let start = file.len();
        file.extend_from_slice(&[0, 0, 0, 0]);
        file.extend_from_slice(b"IDAT\x78\x01");
        self.bits.write(&mut file);
        file.extend_from_slice(&simd_adler32::adler32(&self.raw.as_slice()).to_be_bytes());
        close(&mut file, start);
        chunk(&mut file, b"IEND", &[]);
        file
    }

    /// Puts back what slots showed before the card.
    fn restore(&mut self) {
        let stride = self.press.width + 1;
        for [left, top, right, bottom] in &self.press.slots {
            for row in *top..*bottom {
                let (from, to) = (row * stride + left + 1, row * stride + right + 1);
                self.raw[from..to].copy_from_slice(&self.press.base[from..to]);
            }
        }
    }

    fn draw(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Glyphs(run) => self.run(run),
                Item::Qr(place) => self.code(place),
                Item::Path(path) => {
                    let bounds = within(reach(path), self.press.dpi, self.press.width, self.press.height);
                    let scale = self.press.dpi as f32 / UNITS_PER_INCH;
                    let parts = [
                        (path.fill.as_ref(), false),
                        (path.stroke.as_ref().map(|s| &s.paint), true),
                    ];
                    for (paint, stroke) in parts {
                        if let Some(Paint::Color(color)) = paint {
                            let bitmap = self.glyphs.path(path, scale, stroke);
                            self.blit(&bitmap, 0, 0, *color, bounds);
                        }
                    }
                }
                // `png` hands cards with pictures to the other painter.
                Item::Image(_) => {}
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
            self.blit(&bitmap, x, (glyph.y * scale).round() as i32, run.color, bounds);
        }
    }

    /// Covers pixels with a color, inside of the slot's box only.
    fn blit(&mut self, bitmap: &Bitmap, x: i32, y: i32, color: Color, [left, top, right, bottom]: Pixels) {
        let Some(cover) = self.press.covers.get(&color) else {
            return;
        };
        let (start, width) = (x + bitmap.left, bitmap.width as i32);
        let from = (left as i32 - start).clamp(0, width) as usize;
        let to = (right as i32 - start).clamp(0, width) as usize;
        if bitmap.width == 0 || from >= to {
            return;
        }
        for (row, levels) in bitmap.levels.chunks_exact(bitmap.width).enumerate() {
            let line = y + bitmap.top + row as i32;
            if line < top as i32 || line >= bottom as i32 {
                continue;
            }
            let at = line as usize * (self.press.width + 1) + 1;
            let first = (at as i32 + start + from as i32) as usize;
            let pixels = &mut self.raw[first..first + (to - from)];
            for (pixel, level) in pixels.iter_mut().zip(&levels[from..to]) {
                *pixel = cover[usize::from(*pixel) * (LEVELS + 1) + usize::from(*level)];
            }
        }
    }

    fn code(&mut self, place: &QrPlace) {
        let press = self.press;
        let number = |color: Color| press.palette.nearest([color.r, color.g, color.b]);
        let (white, dark) = (number(Color::WHITE), number(place.color));
        let stride = press.width + 1;
        let edge = |units: f32, most: usize| {
            ((units * press.dpi as f32 / UNITS_PER_INCH).round() as usize).min(most)
        };
        let (left, right) = (
            edge(place.rect.x, press.width),
            edge(place.rect.right(), press.width),
        );
        for row in edge(place.rect.y, press.height)..edge(place.rect.bottom(), press.height) {
            self.raw[row * stride + left + 1..row * stride + right + 1].fill(white);
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

/// What is left of a row between stretches, filter byte included, counted from the picture's first byte.
fn gaps(own: &[(usize, usize)], start: usize, stride: usize) -> Vec<(usize, usize)> {
    let mut at = 0;
    let mut found = Vec::new();
    for &(from, to) in own.iter().chain(&[(stride, stride)]) {
        if from > at {
            found.push((start + at, start + from));
        }
        at = to;
    }
    found
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

/// The colors of a side: those of its fixed layer, and what letters can make of them in their slots.
fn colors(rgb: &[u8], width: usize, slots: &[(Pixels, Vec<Color>)]) -> Histogram {
    let mut histogram = Histogram::default();
    let pixel = |x: usize, y: usize| -> Rgb { std::array::from_fn(|at| rgb[(y * width + x) * 3 + at]) };
    let height = rgb.len() / 3 / width.max(1);
    let all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    all.for_each(|(x, y)| histogram.add(pixel(x, y), 1.0));
    for ([left, top, right, bottom], inks) in slots {
        let mut grounds: HashMap<Rgb, f64> = HashMap::new();
        let inside = (*top..*bottom).flat_map(|y| (*left..*right).map(move |x| (x, y)));
        inside.for_each(|(x, y)| *grounds.entry(pixel(x, y)).or_default() += 1.0);
        let mut grounds: Vec<_> = grounds.into_iter().collect();
        grounds.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        // Rare colors of the ground, such as thin lines, give near ones.
        for ((ground, weight), ink) in grounds
            .iter()
            .take(64)
            .flat_map(|ground| inks.iter().map(move |ink| (ground, ink)))
        {
            for level in 1..=LEVELS {
                // What a letter's edge covers of its slot: more would take colors from gradients, which then show bands.
                let share = if level == LEVELS { 0.04 } else { 0.002 };
                histogram.add(
                    mixed([ink.r, ink.g, ink.b], ink.a, *ground, level),
                    weight * share,
                );
            }
        }
    }
    histogram
}

/// The picture as rows of palette numbers.
fn numbers(rgb: &[u8], width: usize, palette: &Palette) -> Vec<u8> {
    let mut known: HashMap<Rgb, u8> = HashMap::new();
    let mut raw = Vec::with_capacity(rgb.len() / 3 + rgb.len() / 3 / width);
    for row in rgb.chunks_exact(width * 3) {
        raw.push(0);
        for pixel in row.chunks_exact(3) {
            let color = [pixel[0], pixel[1], pixel[2]];
            raw.push(*known.entry(color).or_insert_with(|| palette.nearest(color)));
        }
    }
    raw
}

fn covers(palette: &Palette, slots: &[(Pixels, Vec<Color>)]) -> HashMap<Color, Vec<u8>> {
    let mut covers = HashMap::new();
    for color in slots.iter().flat_map(|(_, colors)| colors) {
        covers
            .entry(*color)
            .or_insert_with(|| palette.cover([color.r, color.g, color.b], color.a));
    }
    covers
}

/// Everything before the pixels.
fn head(width: usize, height: usize, dpi: u32, palette: &Palette) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let sizes = [(width as u32).to_be_bytes(), (height as u32).to_be_bytes()].concat();
    chunk(&mut file, b"IHDR", &[&sizes[..], &[8, 3, 0, 0, 0]].concat());
    let dots = per_meter(dpi).to_be_bytes();
    chunk(&mut file, b"pHYs", &[&dots[..], &dots, &[1]].concat());
    chunk(&mut file, b"PLTE", palette.colors.as_flattened());
    file
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let start = file.len();
    file.extend_from_slice(&[0, 0, 0, 0]);
    file.extend_from_slice(kind);
    file.extend_from_slice(data);
    close(file, start);
}

/// Fills in a chunk's length and adds its checksum.
fn close(file: &mut Vec<u8>, start: usize) {
    let length = (file.len() - start - 8) as u32;
    file[start..start + 4].copy_from_slice(&length.to_be_bytes());
    let sum = crc32fast::hash(&file[start + 4..]);
    file.extend_from_slice(&sum.to_be_bytes());
}
