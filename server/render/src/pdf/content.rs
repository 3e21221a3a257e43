//! The content of a page: what is shared, then codes, then text.
//!
//! Pages of one design begin alike: their [opening](Writer::opening) is a stream of its own, which they share. What is a
//! card's own is put together from two parts. The code comes first, stored: its modules look random, and deflating them
//! beside text costs both. The text follows, deflated. Distances are points; a face's y points down from its top left
//! corner, the page's up.

use libdeflater::{CompressionLvl, Compressor};

use super::fonts::{Font, resource_name};
use super::glyphs::code;
use crate::qr::Code;

/// One side of a card as far as it differs from card to card.
#[derive(Debug, Clone, Copy, Default)]
pub struct Face<'a> {
    /// The shared artwork, by its place among the document's forms.
    pub form: usize,
    /// Artwork above it that only some cards have: a photo, a line under what others lack.
    pub over: Option<usize>,
    /// Text that many cards share, by its place among the document's forms.
    pub lines: Option<usize>,
    /// Text.
    pub runs: &'a [Run<'a>],
    /// The code.
    pub code: Option<CodeAt<'a>>,
}

/// A code on a face. The light modules and the quiet zone are the artwork's.
#[derive(Debug, Clone, Copy)]
pub struct CodeAt<'a> {
    /// The modules.
    pub code: &'a Code,
    /// Left edge of the first module, points.
    pub x: f64,
    /// Upper edge of the first module, points.
    pub y: f64,
    /// Side without the quiet zone, points.
    pub side: f64,
    /// Color of the dark modules: red, green, blue.
    pub color: [u8; 3],
}

/// Text in one font, size and color.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    /// Font, by its place among the document's fonts.
    pub font: usize,
    /// Points an em.
    pub size: f64,
    /// Red, green, blue, opacity.
    pub color: [u8; 4],
    /// Start of the baseline.
    pub x: f64,
    /// The baseline.
    pub y: f64,
    /// Glyphs in visual order.
    pub glyphs: &'a [Glyph<'a>],
}

/// A glyph of a run.
#[derive(Debug, Clone, Copy)]
pub struct Glyph<'a> {
    /// Its number in the font.
    pub id: u16,
    /// Its origin, in ems from the run's.
    pub x: f32,
    /// Its origin, in ems below the baseline.
    pub y: f32,
    /// The letters that it stands for; empty for all but the first glyph of a cluster.
    pub letters: &'a str,
}

/// Writes content streams, with buffers that are used again.
pub struct Writer {
    codes: Vec<u8>,
    text: Vec<u8>,
    packed: Vec<u8>,
    compressor: Compressor,
}

impl Writer {
    /// A writer.
    pub fn new() -> Self {
        // The fastest level already finds what repeats in a few hundred bytes.
        let level = CompressionLvl::new(6).unwrap_or_default();
        Self {
            codes: Vec::new(),
            text: Vec::new(),
            packed: Vec::new(),
            compressor: Compressor::new(level),
        }
    }

    /// Begins a page.
    pub fn begin(&mut self) {
        self.codes.clear();
        self.text.clear();
    }

    /// Adds operators as they are.
    pub fn raw(&mut self, operators: &[u8]) {
        self.codes.extend_from_slice(operators);
    }

    /// Paints a form at the page's own origin: cut marks.
    pub fn form(&mut self, form: usize) {
        self.codes.extend_from_slice(format!("/x{form} Do ").as_bytes());
    }

    /// Places a face: `matrix` takes its lower left corner, y up, to the page; None for a page that is the face.
    pub fn face(&mut self, face: &Face, height: f64, matrix: Option<[f64; 6]>, fonts: &mut [Font]) {
        for buffer in [&mut self.codes, &mut self.text] {
            if let Some(matrix) = matrix {
                buffer.extend_from_slice(b"q ");
                matrix.iter().for_each(|&value| number(buffer, value));
                buffer.extend_from_slice(b"cm ");
            }
        }
        self.codes.extend(Self::opening(face, height));
        if let Some(at) = &face.code {
            modules(&mut self.codes, at.code);
        }
        text(&mut self.text, face.runs, height, fonts);
        if matrix.is_some() {
            self.codes.extend_from_slice(b"Q ");
            self.text.extend_from_slice(b"Q ");
        }
    }

    /// What pages of one design begin with: their forms, and the place of the code.
    pub fn opening(face: &Face, height: f64) -> Vec<u8> {
        let mut out = Vec::new();
        for form in std::iter::once(face.form).chain(face.over).chain(face.lines) {
            out.extend_from_slice(format!("/x{form} Do ").as_bytes());
        }
        if let Some(at) = &face.code {
            place(&mut out, at, height);
        }
        out
    }

    /// What follows the opening of a page.
    pub fn rest(&mut self, face: &Face, height: f64, fonts: &mut [Font]) {
        if let Some(at) = &face.code {
            modules(&mut self.codes, at.code);
        }
        text(&mut self.text, face.runs, height, fonts);
    }

    /// Whether there is nothing on the page.
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty() && self.text.is_empty()
    }

    /// The page, and whether it is packed: a few bytes are not worth naming a filter.
    pub fn finished(&mut self) -> (&[u8], bool) {
        let plain = self.codes.len() + self.text.len();
        if plain < self.packed().len() + FILTER {
            self.packed.clear();
            self.packed.extend_from_slice(&self.codes);
            self.packed.extend_from_slice(&self.text);
            return (&self.packed, false);
        }
        (&self.packed, true)
    }

    /// The page as a zlib stream (RFC 1950): a stored block, then what the compressor makes of the text.
    fn packed(&mut self) -> &[u8] {
        let packed = &mut self.packed;
        packed.clear();
        packed.extend_from_slice(&[0x78, 0x01]);
        // A stored block holds at most 65,535 bytes.
        for block in self.codes.chunks(0xffff) {
            let length = block.len() as u16;
            packed.push(0);
            packed.extend_from_slice(&length.to_le_bytes());
            packed.extend_from_slice(&(!length).to_le_bytes());
            packed.extend_from_slice(block);
        }
        let start = packed.len();
        packed.resize(start + self.compressor.deflate_compress_bound(self.text.len()), 0);
        // The buffer has the size that the compressor asks for, so that it cannot fail.
        let length = self
            .compressor
            .deflate_compress(&self.text, &mut packed[start..])
            .unwrap_or_default();
        packed.truncate(start + length);
        let mut sum = libdeflater::Adler32::new();
        sum.update(&self.codes);
        sum.update(&self.text);
        packed.extend_from_slice(&sum.sum().to_be_bytes());
        packed
    }
}

/// Bytes in which a stream's dictionary names its filter.
const FILTER: usize = "/Filter/FlateDecode".len();

/// Where a code stands, and its color.
fn place(out: &mut Vec<u8>, at: &CodeAt, height: f64) {
    out.extend_from_slice(b"q ");
    if at.color != [0; 3] {
        at.color.iter().for_each(|&channel| share(out, channel));
        out.extend_from_slice(b"rg ");
    }
    for value in [at.side, 0.0, 0.0, at.side, at.x, height - at.y - at.side] {
        number(out, value);
    }
    out.extend_from_slice(b"cm ");
}

/// The dark modules as an inline image mask: 1 bit each, and 0 is painted. No interpolation, which is the default.
fn modules(out: &mut Vec<u8>, code: &Code) {
    let side = code.side();
    out.extend_from_slice(format!("BI/W {side}/H {side}/IM true ID ").as_bytes());
    for row in 0..side {
        for byte in 0..side.div_ceil(8) {
            let light = |bit: usize| u8::from(!code.is_dark(byte * 8 + bit, row)) << (7 - bit);
            out.push((0..8).map(light).sum());
        }
    }
    out.extend_from_slice(b"\nEI Q ");
}

/// The operators of some texts.
pub fn text(out: &mut Vec<u8>, runs: &[Run], height: f64, fonts: &mut [Font]) {
    if runs.is_empty() {
        return;
    }
    out.extend_from_slice(b"BT ");
    let mut state = State::default();
    for run in runs.iter().filter(|run| !run.glyphs.is_empty()) {
        state.run(out, run, height, fonts);
    }
    out.extend_from_slice(b"ET ");
}

/// Thousandths of an em by which a glyph may stand beside its place: 0.02 mm in a line of 12 points.
const UNSEEN: f64 = 5.0;

/// What the operators so far have set.
struct State {
    color: [u8; 4],
    font: Option<(usize, u16, i64)>,
    x: f64,
    y: f64,
    spacing: f64,
    rise: f64,
}

impl Default for State {
    fn default() -> Self {
        Self {
            color: [0, 0, 0, 255],
            font: None,
            x: 0.0,
            y: 0.0,
            spacing: 0.0,
            rise: 0.0,
        }
    }
}

impl State {
    fn run(&mut self, out: &mut Vec<u8>, run: &Run, height: f64, fonts: &mut [Font]) {
        let font = &mut fonts[run.font];
        self.paint(out, run.color);
        let (x, y) = (rounded(run.x), rounded(height - run.y));
        number(out, x - self.x);
        number(out, y - self.y);
        out.extend_from_slice(b"Td");
        (self.x, self.y) = (x, y);
        let spacing = letter_spacing(run.glyphs, &font.advances);
        self.space(out, spacing * run.size / 1000.0);
        let mut pen = 0.0;
        let mut open = false;
        for glyph in run.glyphs {
            let (resource, byte) = code(font.used.number(glyph.id, glyph.letters));
            let setting = (run.font, resource, (run.size * 100.0).round() as i64);
            let rise = rounded(-f64::from(glyph.y) * run.size);
            if self.font != Some(setting) || self.rise != rise {
                close(out, &mut open);
                self.set(out, setting, rise);
            }
            let off = (f64::from(glyph.x) * 1000.0 - pen).round();
            if !open {
                out.extend_from_slice(b"[(");
                open = true;
            }
            if off.abs() >= UNSEEN {
                pen += off;
                out.extend_from_slice(b")");
                number(out, -off);
                // The number's own space is not needed before a string.
                out.pop();
                out.extend_from_slice(b"(");
            }
            out.push(byte);
            pen += f64::from(
                font.advances
                    .get(usize::from(glyph.id))
                    .copied()
                    .unwrap_or_default(),
            ) + spacing;
        }
        close(out, &mut open);
    }

    fn paint(&mut self, out: &mut Vec<u8>, color: [u8; 4]) {
        let before = std::mem::replace(&mut self.color, color);
        if before[3] != color[3] {
            out.extend_from_slice(format!("/o{} gs ", color[3]).as_bytes());
        }
        if before[..3] == color[..3] {
            return;
        }
        if color[0] == color[1] && color[1] == color[2] {
            share(out, color[0]);
            out.extend_from_slice(b"g ");
        } else {
            color[..3].iter().for_each(|&channel| share(out, channel));
            out.extend_from_slice(b"rg ");
        }
    }

    fn space(&mut self, out: &mut Vec<u8>, spacing: f64) {
        let spacing = rounded(spacing);
        if self.spacing != spacing {
            self.spacing = spacing;
            out.push(b' ');
            number(out, spacing);
            out.extend_from_slice(b"Tc");
        }
    }

    fn set(&mut self, out: &mut Vec<u8>, setting: (usize, u16, i64), rise: f64) {
        if self.font != Some(setting) {
            self.font = Some(setting);
            out.extend_from_slice(format!("/{} ", resource_name(setting.0, setting.1)).as_bytes());
            number(out, setting.2 as f64 / 100.0);
            out.extend_from_slice(b"Tf");
        }
        if self.rise != rise {
            self.rise = rise;
            out.push(b' ');
            number(out, rise);
            out.extend_from_slice(b"Ts");
        }
    }
}

fn close(out: &mut Vec<u8>, open: &mut bool) {
    if *open {
        out.extend_from_slice(b")]TJ ");
        *open = false;
    }
}

/// The space between letters that most pairs of a run have beyond the font's own, in thousandths of an em.
fn letter_spacing(glyphs: &[Glyph], advances: &[f32]) -> f64 {
    let beyond = |pair: &[Glyph]| {
        let advance = advances.get(usize::from(pair[0].id)).copied().unwrap_or_default();
        ((pair[1].x - pair[0].x) * 1000.0 - advance).round() as i32
    };
    let mut gaps: Vec<i32> = glyphs.windows(2).map(beyond).collect();
    gaps.sort_unstable();
    let middle = gaps.get(gaps.len() / 2).copied().unwrap_or_default();
    let alike = gaps.iter().filter(|&&gap| (gap - middle).abs() <= 1).count();
    if gaps.len() >= 3 && alike * 3 >= gaps.len() * 2 && middle.abs() > 1 {
        f64::from(middle)
    } else {
        0.0
    }
}

/// Hundredths of a point: 3.5 micrometers.
fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// A number with at most two decimals and a space behind it.
pub fn number(out: &mut Vec<u8>, value: f64) {
    decimals(out, value, 100);
}

/// A channel as a share of 1, with three decimals: enough to tell 256 values apart.
pub fn share(out: &mut Vec<u8>, channel: u8) {
    decimals(out, f64::from(channel) / 255.0, 1000);
}

fn decimals(out: &mut Vec<u8>, value: f64, scale: i64) {
    let scaled = (value * scale as f64).round() as i64;
    if scaled < 0 {
        out.push(b'-');
    }
    let (whole, mut rest) = (scaled.abs() / scale, scaled.abs() % scale);
    if whole > 0 || rest == 0 {
        integer(out, whole);
    }
    if rest > 0 {
        out.push(b'.');
        let mut place = scale / 10;
        while rest > 0 {
            out.push(b'0' + (rest / place) as u8);
            rest %= place;
            place /= 10;
        }
    }
    out.push(b' ');
}

fn integer(out: &mut Vec<u8>, value: i64) {
    if value >= 10 {
        integer(out, value / 10);
    }
    out.push(b'0' + (value % 10) as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        let mut out = Vec::new();
        for value in [0.0, 1.0, -2.5, 0.05, 12.346, -0.001, 1234.5, 100.0] {
            number(&mut out, value);
        }
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "0 1 -2.5 .05 12.35 0 1234.5 100 "
        );
    }
}
