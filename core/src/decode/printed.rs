//! A code whose place is known: one that was drawn a moment ago.
//!
//! Nothing is searched, guessed or repaired here. Modules are looked at where they must be; the code's own error checks
//! say whether they are right, and a code that has used up more than a quarter of its reserve before anyone has carried
//! it is not read.

use super::frame::Frame;
use super::known::text_of;
use super::layout::{LAYOUTS, Layout, format_bits, format_places, masked};
use super::reading::Point;
use super::reed_solomon::correct;

/// Places in a module at which it is looked at, shares of its side from its center.
const PROBES: [(f32, f32); 5] = [(0.0, 0.0), (-0.3, -0.3), (0.3, -0.3), (-0.3, 0.3), (0.3, 0.3)];
/// Least difference between dark and light modules, of 255.
const CONTRAST: f32 = 80.0;
/// One in so many fixed modules may be wrong.
const FIXED: usize = 50;

/// The text of a card's code, version 7 to 9 at level M, whose outer corners are known: top left, top right, bottom right
/// and bottom left of its modules, without the quiet zone, in pixels of the frame. None when it does not read as it
/// should.
pub fn read_grid(frame: &Frame<'_>, corners: [Point; 4], version: u8) -> Option<String> {
    let layout = LAYOUTS.iter().find(|layout| layout.version == version)?;
    let grid = Modules::sample(frame, corners, layout)?;
    let mask = grid.mask(layout)?;
    let words = grid.words(layout, mask);
    let mut data = Vec::with_capacity(words.len());
    for (places, &count) in layout.places.iter().zip(layout.blocks) {
        let mut block: Vec<u8> = places
            .iter()
            .map(|&at| words.get(at).copied().unwrap_or(0))
            .collect();
        let corrected = correct(&mut block, layout.checks, &[])?;
        if corrected * 8 > layout.checks {
            return None;
        }
        data.extend_from_slice(&block[..count]);
    }
    text_of(&data)
}

/// Modules, row by row: true is dark.
struct Modules {
    side: usize,
    dark: Vec<bool>,
}

impl Modules {
    /// Looks at every module. None when its fixed patterns are not seen.
    fn sample(frame: &Frame<'_>, corners: [Point; 4], layout: &Layout) -> Option<Self> {
        let side = layout.side;
        let mut values = Vec::with_capacity(side * side);
        for row in 0..side {
            for column in 0..side {
                values.push(brightness(frame, corners, (column, row), side)?);
            }
        }
        let mean = |dark: bool| {
            let of = layout.fixed.iter().filter(|fixed| fixed.dark == dark);
            let (sum, count) = of.fold((0.0, 0.0), |(sum, count), fixed| {
                (sum + values[fixed.row * side + fixed.column], count + 1.0)
            });
            sum / f32::max(count, 1.0)
        };
        let (black, white) = (mean(true), mean(false));
        let middle = (black + white) / 2.0;
        let dark: Vec<bool> = values.iter().map(|&value| value < middle).collect();
        let wrong = layout
            .fixed
            .iter()
            .filter(|fixed| dark[fixed.row * side + fixed.column] != fixed.dark)
            .count();
        (white - black >= CONTRAST && wrong * FIXED <= layout.fixed.len()).then_some(Self { side, dark })
    }

    fn at(&self, (column, row): (usize, usize)) -> bool {
        self.dark[row * self.side + column]
    }

    /// The mask that either copy of the format information names, at level M.
    fn mask(&self, layout: &Layout) -> Option<u8> {
        let places = format_places(layout.side);
        let copy = |copy: usize| {
            places
                .iter()
                .fold(0, |bits, place| bits << 1 | u16::from(self.at(place[copy])))
        };
        let copies = [copy(0), copy(1)];
        (0..8).find(|&mask| copies.contains(&format_bits(mask)))
    }

    fn words(&self, layout: &Layout, mask: u8) -> Vec<u8> {
        let bit = |&(column, row): &(usize, usize)| self.at((column, row)) ^ masked(mask, column, row);
        let byte = |places: &[(usize, usize)]| {
            places
                .iter()
                .fold(0, |byte, place| byte << 1 | u8::from(bit(place)))
        };
        layout.data.chunks_exact(8).map(byte).collect()
    }
}

/// How bright a module is, 0 to 255. None outside of the frame.
fn brightness(
    frame: &Frame<'_>,
    [top_left, top_right, bottom_right, bottom_left]: [Point; 4],
    (column, row): (usize, usize),
    side: usize,
) -> Option<f32> {
    let mut sum = 0.0;
    for (u, v) in PROBES {
        let (u, v) = (
            (column as f32 + 0.5 + u) / side as f32,
            (row as f32 + 0.5 + v) / side as f32,
        );
        let between = |pick: fn(Point) -> f32| {
            let (top, bottom) = (
                pick(top_left) + (pick(top_right) - pick(top_left)) * u,
                pick(bottom_left) + (pick(bottom_right) - pick(bottom_left)) * u,
            );
            top + (bottom - top) * v
        };
        let (x, y) = (between(|point| point.x), between(|point| point.y));
        if x < 0.0 || y < 0.0 {
            return None;
        }
        sum += f32::from(*frame.row(y as usize).get(x as usize)?);
    }
    Some(sum / PROBES.len() as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODULE: usize = 3;
    const EDGE: usize = 12;

    /// A picture of a code, its side in pixels, and the code's corners.
    fn drawn(text: &str, version: i16) -> (Vec<u8>, usize, [Point; 4]) {
        let mut bits = qrcode::bits::Bits::new(qrcode::Version::Normal(version));
        bits.push_alphanumeric_data(text.as_bytes()).unwrap();
        bits.push_terminator(qrcode::EcLevel::M).unwrap();
        let code = qrcode::QrCode::with_bits(bits, qrcode::EcLevel::M).unwrap();
        let side = code.width() * MODULE + 2 * EDGE;
        let pixel = |at: usize| {
            let module = |pixel: usize| pixel.checked_sub(EDGE).map(|pixel| pixel / MODULE);
            match (module(at % side), module(at / side)) {
                (Some(x), Some(y)) if x < code.width() && y < code.width() => match code[(x, y)] {
                    qrcode::Color::Dark => 20,
                    qrcode::Color::Light => 255,
                },
                _ => 255,
            }
        };
        let (low, high) = (EDGE as f32, (side - EDGE) as f32);
        let corners = [(low, low), (high, low), (high, high), (low, high)].map(|(x, y)| Point { x, y });
        ((0..side * side).map(pixel).collect(), side, corners)
    }

    fn read(pixels: &[u8], side: usize, corners: [Point; 4], version: u8) -> Option<String> {
        read_grid(&Frame::new(pixels, side, side, side).unwrap(), corners, version)
    }

    #[test]
    fn a_code_at_its_place_is_read_in_each_version() {
        let text = "HTTPS://V.EXAMPLE.ORG/C/7KQ2MX4D9PWA".repeat(3);
        for version in 7..=9 {
            let (pixels, side, corners) = drawn(&text, version.into());
            assert_eq!(
                read(&pixels, side, corners, version).as_deref(),
                Some(text.as_str())
            );
            assert_eq!(read(&pixels, side, corners, version ^ 1), None, "another version");
            let moved = corners.map(|corner| Point {
                x: corner.x + MODULE as f32,
                ..corner
            });
            assert_eq!(
                read(&pixels, side, moved, version),
                None,
                "a module beside its place"
            );
            let outside = corners.map(|corner| Point {
                x: corner.x + 30.0,
                ..corner
            });
            assert_eq!(
                read(&pixels, side, outside, version),
                None,
                "outside of the frame"
            );
        }
    }

    #[test]
    fn a_code_that_is_pale_or_stained_from_the_start_is_not() {
        let (pixels, side, corners) = drawn(&"TERANGA".repeat(20), 8);
        let pale: Vec<u8> = pixels
            .iter()
            .map(|&pixel| if pixel < 128 { 180 } else { 255 })
            .collect();
        assert_eq!(read(&pale, side, corners, 8), None);
        let stained = |modules: usize| {
            let mut pixels = pixels.clone();
            let size = modules * MODULE;
            for row in 0..size {
                let start = (EDGE + 20 * MODULE + row) * side + EDGE + 20 * MODULE;
                pixels[start..start + size].fill(20);
            }
            read(&pixels, side, corners, 8)
        };
        assert!(stained(2).is_some(), "a speck is corrected");
        assert_eq!(
            stained(16),
            None,
            "what would read today has no reserve for tomorrow"
        );
    }
}
