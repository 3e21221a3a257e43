//! What all symbols of a version share, made once: function patterns, the places of data, and the masks.
//!
//! Everything is kept twice, by rows and by columns, so that the rules about columns cost as little as those about
//! rows. A mask's plane holds the mask on the data area and the format information that names the mask; a candidate
//! is then a symbol without mask and format, combined with a plane by exclusive or.

use std::sync::OnceLock;

use super::bits::Line;
use super::codewords::{self, Checks};

/// A symbol in both directions: its rows, and its columns.
#[derive(Debug, Clone)]
pub(super) struct Plane<const N: usize> {
    pub(super) rows: Vec<Line<N>>,
    pub(super) columns: Vec<Line<N>>,
}

impl<const N: usize> Plane<N> {
    fn light(side: usize) -> Self {
        Self {
            rows: vec![Line::LIGHT; side],
            columns: vec![Line::LIGHT; side],
        }
    }

    #[inline]
    fn add(&mut self, column: usize, row: usize, dark: bool) {
        self.rows[row].add(column, dark);
        self.columns[column].add(row, dark);
    }
}

/// What all symbols of a version share at level M.
#[derive(Debug)]
pub(super) struct Template<const N: usize> {
    pub(super) side: usize,
    checks: Checks,
    /// Finder, timing and alignment patterns and version information.
    fixed: Plane<N>,
    /// Column and row of each bit of data, in order.
    places: Vec<[u8; 2]>,
    /// One plane a mask, in the order of the masks' numbers.
    pub(super) masks: Vec<Plane<N>>,
}

/// Symbols up to version 11, whose lines fit in one word.
static NARROW: [OnceLock<Template<1>>; 11] = [const { OnceLock::new() }; 11];
/// Symbols of versions 12 to 40.
static WIDE: [OnceLock<Template<3>>; 29] = [const { OnceLock::new() }; 29];

/// The template of a version: by one word a line, or by three.
pub(super) enum Width {
    Narrow(&'static Template<1>),
    Wide(&'static Template<3>),
}

/// The template of a version, 1–40.
pub(super) fn of_version(version: u8) -> Width {
    let place = usize::from(version) - 1;
    match NARROW.get(place) {
        Some(cell) => Width::Narrow(cell.get_or_init(|| Template::new(version))),
        None => Width::Wide(WIDE[place - NARROW.len()].get_or_init(|| Template::new(version))),
    }
}

impl<const N: usize> Template<N> {
    fn new(version: u8) -> Self {
        let side = 17 + 4 * usize::from(version);
        let mut drawing = Drawing::new(side);
        drawing.timing();
        drawing.finders();
        drawing.alignment(version);
        drawing.version_information(version);
        drawing.format_area();
        let Drawing { fixed, taken, .. } = drawing;
        let free = |column: usize, row: usize| !taken.rows[row].has(column);
        Self {
            side,
            checks: Checks::new(version),
            places: places(side, codewords::total(version) * 8, free),
            masks: (0..8).map(|mask| mask_plane(side, mask, free)).collect(),
            fixed,
        }
    }

    /// A symbol with its data, but without mask and format information.
    pub(super) fn fill(&self, data: &[u8]) -> Plane<N> {
        let mut plane = self.fixed.clone();
        let all = self.checks.interleave(data);
        for (&byte, places) in all.iter().zip(self.places.chunks_exact(8)) {
            for (bit, &[column, row]) in places.iter().enumerate() {
                plane.add(column.into(), row.into(), byte >> (7 - bit) & 1 == 1);
            }
        }
        plane
    }
}

/// Function patterns while they are drawn.
struct Drawing<const N: usize> {
    side: usize,
    fixed: Plane<N>,
    /// The modules that are no data.
    taken: Plane<N>,
}

impl<const N: usize> Drawing<N> {
    fn new(side: usize) -> Self {
        Self {
            side,
            fixed: Plane::light(side),
            taken: Plane::light(side),
        }
    }

    /// Draws a module where there is none yet.
    fn put(&mut self, column: usize, row: usize, dark: bool) {
        if !self.taken.rows[row].has(column) {
            self.taken.add(column, row, true);
            self.fixed.add(column, row, dark);
        }
    }

    /// The three finder patterns, each with its light separator.
    fn finders(&mut self) {
        let far = self.side - 8;
        for (left, top) in [(0, 0), (far, 0), (0, far)] {
            for row in top..top + 8 {
                for column in left..left + 8 {
                    // The center lies 3 modules from the symbol's edge: next to the separator on the far sides.
                    let from_center =
                        |place: usize, start: usize| (place - start).abs_diff(if start == 0 { 3 } else { 4 });
                    let ring = from_center(column, left).max(from_center(row, top));
                    self.put(column, row, matches!(ring, 0 | 1 | 3));
                }
            }
        }
    }

    /// The two lines of alternating modules; drawn first, what lies over them is the same where they meet.
    fn timing(&mut self) {
        for place in 8..self.side - 8 {
            self.put(place, 6, place % 2 == 0);
            self.put(6, place, place % 2 == 0);
        }
    }

    fn alignment(&mut self, version: u8) {
        let centers = alignment_centers(version, self.side);
        let last = self.side - 7;
        for &x in &centers {
            for &y in &centers {
                if matches!((x, y), (6, 6)) || (x, y) == (6, last) || (x, y) == (last, 6) {
                    continue;
                }
                for row in y - 2..=y + 2 {
                    for column in x - 2..=x + 2 {
                        self.put(column, row, column.abs_diff(x).max(row.abs_diff(y)) != 1);
                    }
                }
            }
        }
    }

    /// From version 7 on: the version and twelve bits that check it, at two places.
    fn version_information(&mut self, version: u8) {
        if version < 7 {
            return;
        }
        let number = u32::from(version);
        let bits = number << 12 | remainder(number, 12, 0x1f25);
        for bit in 0..18 {
            let (far, near) = (self.side - 11 + bit % 3, bit / 3);
            let dark = bits >> bit & 1 == 1;
            self.put(far, near, dark);
            self.put(near, far, dark);
        }
    }

    /// Keeps the places of the format information free, which each mask's plane draws.
    fn format_area(&mut self) {
        for (column, row) in format_places(self.side) {
            self.put(column, row, false);
        }
        self.put(8, self.side - 8, true);
    }
}

/// Where alignment patterns have their centers, on both axes (ISO/IEC 18004, annex E).
fn alignment_centers(version: u8, side: usize) -> Vec<usize> {
    if version == 1 {
        return Vec::new();
    }
    let version = usize::from(version);
    let lines = version / 7 + 2;
    // The table as a formula: even steps from the far edge, rounded so that the remainder falls at the near one.
    let step = (version * 8 + lines * 3 + 5) / (lines * 4 - 4) * 2;
    let even = (0..lines - 1).map(|line| side - 7 - line * step);
    std::iter::once(6).chain(even).collect()
}

/// Both places of each of the 15 bits of format information, from the lowest bit up.
fn format_places(side: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..15).flat_map(move |bit| {
        let near = match bit {
            0..=5 => (8, bit),
            6 | 7 => (8, bit + 1),
            8 => (7, 8),
            _ => (14 - bit, 8),
        };
        let far = if bit < 8 {
            (side - 1 - bit, 8)
        } else {
            (8, side - 15 + bit)
        };
        [near, far]
    })
}

/// The remainder of a number, shifted by `bits`, by a generator polynomial: the check of a BCH code.
fn remainder(number: u32, bits: u32, generator: u32) -> u32 {
    (0..bits).fold(number, |rest, _| (rest << 1) ^ ((rest >> (bits - 1)) * generator))
}

/// The places of data: pairs of columns from the right, up and down in turn, around what is taken.
fn places(side: usize, bits: usize, free: impl Fn(usize, usize) -> bool) -> Vec<[u8; 2]> {
    let mut places = Vec::with_capacity(bits);
    // The vertical timing pattern's column belongs to no pair.
    let pairs = (7..side).rev().step_by(2).chain([5, 3, 1]);
    for (pair, right) in pairs.enumerate() {
        for step in 0..side {
            let row = if pair % 2 == 0 { side - 1 - step } else { step };
            let both = [right, right - 1].into_iter().filter(|&column| free(column, row));
            places.extend(both.map(|column| [column as u8, row as u8]));
        }
    }
    // A few modules at the end carry nothing.
    places.truncate(bits);
    places
}

fn mask_plane<const N: usize>(side: usize, mask: u8, free: impl Fn(usize, usize) -> bool) -> Plane<N> {
    let mut plane = Plane::light(side);
    for row in 0..side {
        for column in 0..side {
            plane.add(column, row, free(column, row) && inverts(mask, column, row));
        }
    }
    // Level M is 00; the pattern keeps the information from being all light.
    let number = u32::from(mask);
    let format = (number << 10 | remainder(number, 10, 0x537)) ^ 0x5412;
    for (index, (column, row)) in format_places(side).enumerate() {
        plane.add(column, row, format >> (index / 2) & 1 == 1);
    }
    plane
}

/// Whether a mask inverts a module (ISO/IEC 18004, table 10).
fn inverts(mask: u8, column: usize, row: usize) -> bool {
    let product = column * row;
    let remainder = match mask {
        0 => (column + row) % 2,
        1 => row % 2,
        2 => column % 3,
        3 => (column + row) % 3,
        4 => (row / 2 + column / 3) % 2,
        5 => product % 2 + product % 3,
        6 => (product % 2 + product % 3) % 2,
        _ => ((column + row) % 2 + product % 3) % 2,
    };
    remainder == 0
}
