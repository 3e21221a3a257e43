//! Codes that another library draws, in every version, level, mask and mode.

use proptest::prelude::*;
use qrcode::bits::Bits;
use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::{Color, EcLevel, QrCode, Version};

use super::{format, matrix, segments};
use crate::decode::grid::Grid;
use crate::decode::layout::Layout;
use crate::decode::{Budget, Frame, Reading, read};

const LEVELS: [EcLevel; 4] = [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H];

/// A code's modules, row by row.
pub struct Modules {
    dark: Vec<bool>,
    side: usize,
}

impl Modules {
    pub fn of(code: &QrCode) -> Self {
        Self {
            dark: code
                .to_colors()
                .into_iter()
                .map(|color| color == Color::Dark)
                .collect(),
            side: code.width(),
        }
    }

    fn text(text: &[u8], level: EcLevel) -> Self {
        Self::of(&QrCode::with_error_correction_level(text, level).unwrap())
    }

    fn dark(&self, column: f32, row: f32) -> bool {
        let side = self.side as f32;
        (0.0..side).contains(&column)
            && (0.0..side).contains(&row)
            && self.dark[row as usize * self.side + column as usize]
    }
}

/// A picture in gray: `place` tells what module (column, row) lies at a pixel.
struct Picture {
    luma: Vec<u8>,
    width: usize,
    height: usize,
}

impl Picture {
    fn new(width: usize, height: usize, dark: impl Fn(f32, f32) -> bool) -> Self {
        let pixel = |at: usize| {
            let (x, y) = ((at % width) as f32, (at / width) as f32);
            let parts = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
            let share = parts.iter().filter(|(dx, dy)| dark(x + dx, y + dy)).count();
            220 - 45 * share as u8
        };
        Self {
            luma: (0..width * height).map(pixel).collect(),
            width,
            height,
        }
    }

    /// Upright, with a quiet zone, so many pixels a module.
    fn plain(modules: &Modules, pixels: usize) -> Self {
        let side = (modules.side + 8) * pixels;
        let scale = pixels as f32;
        Self::new(side, side, |x, y| modules.dark(x / scale - 4.0, y / scale - 4.0))
    }

    fn read(&self) -> Vec<Reading> {
        let frame = Frame::new(&self.luma, self.width, self.height, self.width).unwrap();
        read(&frame, Budget::PHOTO, None)
    }

    fn texts(&self) -> Vec<String> {
        let mut texts: Vec<_> = self.read().into_iter().map(|reading| reading.text).collect();
        texts.sort();
        texts
    }
}

/// A code that is filled to its last bytes, and what it says.
fn filled(version: i16, level: EcLevel) -> (QrCode, String) {
    let capacity = Bits::new(Version::Normal(version)).max_len(level).unwrap() / 8;
    let text: String = (0..capacity - 3)
        .map(|at| char::from(b'a' + (at * 7 % 26) as u8))
        .collect();
    let code = QrCode::with_version(text.as_bytes(), Version::Normal(version), level).unwrap();
    (code, text)
}

#[test]
fn the_modules_of_every_version_and_level_are_understood() {
    for version in 1..=40 {
        let layout = Layout::of(version);
        for level in LEVELS {
            let (code, text) = filled(i16::from(version), level);
            let Modules { dark, side } = Modules::of(&code);
            let values = dark.into_iter().map(|dark| if dark { 1.0 } else { -1.0 });
            let grid = Grid {
                side,
                values: values.collect(),
            };
            let carried = matrix::carried(&grid, &layout).unwrap();
            let content = segments::content(&carried.data, version).unwrap();
            assert_eq!(content.text, text, "{version} {level:?}");
            let said = format::version(&grid);
            assert_eq!(said, (version >= 7).then_some(version));
        }
    }
}

#[test]
fn a_picture_of_every_version_is_read() {
    for version in 1..=40 {
        let (code, text) = filled(version, LEVELS[version as usize % 4]);
        let readings = Picture::plain(&Modules::of(&code), 3).read();
        assert_eq!(readings.len(), 1, "{version}");
        assert_eq!(readings[0].text, text, "{version}");
        assert_eq!(i16::from(readings[0].version), version);
        assert!(!readings[0].mirrored && !readings[0].inverted);
    }
}

#[test]
fn every_mask_is_read() {
    let masks = [
        MaskPattern::Checkerboard,
        MaskPattern::HorizontalLines,
        MaskPattern::VerticalLines,
        MaskPattern::DiagonalLines,
        MaskPattern::LargeCheckerboard,
        MaskPattern::Fields,
        MaskPattern::Diamonds,
        MaskPattern::Meadow,
    ];
    for (version, level) in [(2, EcLevel::Q), (11, EcLevel::L)] {
        let version = Version::Normal(version);
        let mut bits = Bits::new(version);
        bits.push_byte_data(b"a menu").unwrap();
        bits.push_terminator(level).unwrap();
        let (data, checks) = qrcode::ec::construct_codewords(&bits.into_bytes(), version, level).unwrap();
        for mask in masks {
            let mut canvas = Canvas::new(version, level);
            canvas.draw_all_functional_patterns();
            canvas.draw_data(&data, &checks);
            canvas.apply_mask(mask);
            let dark: Vec<bool> = canvas
                .into_colors()
                .into_iter()
                .map(|color| color == Color::Dark)
                .collect();
            let side = dark.len().isqrt();
            assert_eq!(
                Picture::plain(&Modules { dark, side }, 4).texts(),
                ["a menu"],
                "{mask:?}"
            );
        }
    }
}

#[test]
fn turned_mirrored_and_light_on_dark_codes_are_read() {
    for text in [
        "7",
        "HTTPS://EXAMPLE.ORG/MENU",
        "a longer text that needs a code with more lines than that",
    ] {
        let modules = Modules::text(text.as_bytes(), EcLevel::M);
        let half = modules.side as f32 / 2.0;
        for degrees in (0..360).step_by(30) {
            let (sin, cos) = (degrees as f32).to_radians().sin_cos();
            for (mirrored, inverted) in [(false, false), (true, false), (false, true), (true, true)] {
                let picture = Picture::new(400, 300, |x, y| {
                    let (x, y) = ((x - 200.0) / 5.0, (y - 150.0) / 5.0);
                    let (u, v) = (x * cos + y * sin + half, y * cos - x * sin + half);
                    modules.dark(if mirrored { 2.0 * half - u } else { u }, v) != inverted
                });
                let readings = picture.read();
                let told = format!("{text} {degrees} {mirrored} {inverted}");
                assert_eq!(readings.len(), 1, "{told}");
                assert_eq!(readings[0].text, text, "{told}");
                assert_eq!(
                    (readings[0].mirrored, readings[0].inverted),
                    (mirrored, inverted),
                    "{told}"
                );
            }
        }
    }
}

#[test]
fn the_corners_of_a_mirrored_code_are_in_its_own_order() {
    let modules = Modules::text(b"HTTPS://EXAMPLE.ORG/MENU", EcLevel::M);
    let side = modules.side as f32;
    let picture = Picture::new(300, 300, |x, y| {
        modules.dark(side - (x - 60.0) / 6.0, (y - 50.0) / 6.0)
    });
    let corners = picture.read()[0]
        .corners
        .map(|corner| (corner.x.round(), corner.y.round()));
    let (left, right, top, bottom) = (60.0, 60.0 + 6.0 * side, 50.0, 50.0 + 6.0 * side);
    assert_eq!(
        corners,
        [(right, top), (left, top), (left, bottom), (right, bottom)]
    );
}

#[test]
fn a_code_seen_from_the_side_is_read() {
    for (text, depth) in [("HTTPS://EXAMPLE.ORG/MENU", 0.0012), ("7", 0.0008)] {
        let modules = Modules::text(text.as_bytes(), EcLevel::M);
        let half = modules.side as f32 / 2.0;
        let picture = Picture::new(400, 300, |x, y| {
            let (x, y) = (x - 200.0, y - 150.0);
            let depth = 1.0 + depth * x + 0.5 * depth * y;
            modules.dark(x / 5.0 / depth + half, y / 5.0 / depth + half)
        });
        assert_eq!(picture.texts(), [text]);
    }
}

#[test]
fn codes_of_any_size_in_the_picture_are_read() {
    let modules = Modules::text(b"A SCAN", EcLevel::M);
    for pixels in [2, 3, 5, 9, 14, 20, 26] {
        assert_eq!(Picture::plain(&modules, pixels).texts(), ["A SCAN"], "{pixels}");
    }
}

#[test]
fn several_codes_in_a_frame_are_all_read() {
    let texts = ["FIRST", "SECOND", "THIRD", "FOURTH"];
    let codes = texts.map(|text| Modules::text(text.as_bytes(), EcLevel::M));
    let picture = Picture::new(360, 300, |x, y| {
        let at = usize::from(x > 180.0) + 2 * usize::from(y > 150.0);
        let (x, y) = (x % 180.0 - 40.0, y % 150.0 - 25.0);
        codes[at].dark(x / 4.5, y / 4.5)
    });
    assert_eq!(picture.texts(), ["FIRST", "FOURTH", "SECOND", "THIRD"]);
}

#[test]
fn a_stain_within_what_the_level_allows_is_made_good() {
    for (level, size) in [
        (EcLevel::L, 4),
        (EcLevel::M, 7),
        (EcLevel::Q, 9),
        (EcLevel::H, 11),
    ] {
        let text = "A label with enough words in it to fill a code of the middle size, and some more.";
        let mut modules = Modules::text(text.as_bytes(), level);
        let middle = modules.side / 2;
        for at in 0..size * size {
            modules.dark[(middle + at / size) * modules.side + middle + at % size] = at % 3 == 0;
        }
        assert_eq!(Picture::plain(&modules, 4).texts(), [text], "{level:?}");
    }
}

#[test]
fn a_code_that_is_half_gone_is_not_read() {
    let mut modules = Modules::text(b"HTTPS://EXAMPLE.ORG/MENU/OF/THE/DAY", EcLevel::H);
    let side = modules.side;
    for at in 9 * side..side * side {
        if at % side > 8 {
            modules.dark[at] = at % 2 == 0;
        }
    }
    assert_eq!(Picture::plain(&modules, 4).texts(), [""; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn what_was_written_is_read(
        text in proptest::collection::vec(any::<u8>(), 1..300),
        level in 0..4_usize,
        degrees in 0_u16..360,
        pixels in 3.0_f32..5.0,
        noise: u32,
    ) {
        let modules = Modules::text(&text, LEVELS[level]);
        let half = modules.side as f32 / 2.0;
        let (sin, cos) = f32::from(degrees).to_radians().sin_cos();
        let width = (1.5 * pixels * (modules.side as f32 + 8.0)) as usize;
        let middle = width as f32 / 2.0;
        let mut picture = Picture::new(width, width, |x, y| {
            let (x, y) = ((x - middle) / pixels, (y - middle) / pixels);
            modules.dark(x * cos + y * sin + half, y * cos - x * sin + half)
        });
        for (at, pixel) in picture.luma.iter_mut().enumerate() {
            *pixel += ((at as u32).wrapping_mul(2_654_435_769).wrapping_add(noise) >> 27) as u8;
        }
        let readings = picture.read();
        prop_assert_eq!(readings.len(), 1);
        prop_assert_eq!(&readings[0].bytes, &text);
    }
}
