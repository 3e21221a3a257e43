//! Where things stand in a code: fixed patterns, data modules, blocks (ISO/IEC 18004, clauses 6.3 to 6.9).
//!
//! Cards are of QR versions 7 to 9 at error level M; those layouts are made once ([`LAYOUTS`]). Those of other makers'
//! codes are made when one is seen ([`Layout::of`]).

use std::sync::LazyLock;

/// A module of a fixed pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fixed {
    /// Its column.
    pub column: usize,
    /// Its row.
    pub row: usize,
    /// Whether it is dark.
    pub dark: bool,
    /// Whether it tells a card's code from others: part of an alignment pattern or of the version information, which
    /// a code of another size has elsewhere.
    pub telling: bool,
}

/// The layout of one version.
#[derive(Debug)]
pub struct Layout {
    /// The QR version.
    pub version: u8,
    /// Modules on each side.
    pub side: usize,
    /// Centers of alignment patterns, column and row of the center module.
    pub alignments: Vec<(usize, usize)>,
    /// Modules that are the same in every code of the version.
    pub fixed: Vec<Fixed>,
    /// The data modules (column, row), in the order in which codewords lie in them, first bit first.
    pub data: Vec<(usize, usize)>,
    /// Data codewords of each block, at the level of cards; none where it is no card's.
    pub blocks: &'static [usize],
    /// Check codewords of each block.
    pub checks: usize,
    /// For each block, where its words stand in the interleaved sequence.
    pub places: Vec<Vec<usize>>,
}

/// The layouts of versions 7, 8 and 9.
pub static LAYOUTS: LazyLock<[Layout; 3]> = LazyLock::new(|| {
    let card = |version, blocks: &'static [usize], checks| Layout {
        blocks,
        checks,
        places: interleaved(blocks, checks),
        ..Layout::of(version)
    };
    [
        card(7, &[31; 4], 18),
        card(8, &[38, 38, 39, 39], 22),
        card(9, &[36, 36, 36, 37, 37], 22),
    ]
});

/// The 15 bits of format information of level M and a mask, highest first.
pub fn format_bits(mask: u8) -> u16 {
    format_code(mask)
}

/// The 15 bits of format information, highest first, of two bits of level and three of mask: a BCH (15, 5) code (annex
/// C, with its mask 0x5412).
pub fn format_code(data: u8) -> u16 {
    let data = u16::from(data);
    let mut rest = data << 10;
    for bit in (10..15).rev() {
        if rest >> bit & 1 == 1 {
            rest ^= 0x537 << (bit - 10);
        }
    }
    (data << 10 | rest) ^ 0x5412
}

/// The 18 bits of version information, which versions from 7 on have: a BCH (18, 6) code (annex D).
pub fn version_code(version: u8) -> u32 {
    let data = u32::from(version);
    let mut rest = data << 12;
    for bit in (12..18).rev() {
        if rest >> bit & 1 == 1 {
            rest ^= 0x1f25 << (bit - 12);
        }
    }
    data << 12 | rest
}

/// The rows, and columns, on which alignment patterns are centered (annex E).
fn alignment_lines(version: u8) -> Vec<usize> {
    if version == 1 {
        return Vec::new();
    }
    let version = usize::from(version);
    let count = version / 7 + 2;
    let step = (8 * version + 3 * count + 5) / (4 * count - 4) * 2;
    let last = 4 * version + 10;
    let from_end = |at: usize| last - step * (count - 1 - at);
    (0..count)
        .map(|at| if at == 0 { 6 } else { from_end(at) })
        .collect()
}

/// The two places of each bit of the format information, highest bit first.
pub fn format_places(side: usize) -> [[(usize, usize); 2]; 15] {
    std::array::from_fn(|at| {
        let first = match at {
            0..=5 => (at, 8),
            6 => (7, 8),
            7 => (8, 8),
            8 => (8, 7),
            _ => (8, 14 - at),
        };
        let second = if at < 7 {
            (8, side - 1 - at)
        } else {
            (side - 15 + at, 8)
        };
        [first, second]
    })
}

/// Whether a mask inverts a module (table 10).
pub fn masked(mask: u8, column: usize, row: usize) -> bool {
    let (i, j) = (row, column);
    match mask {
        0 => (i + j) % 2 == 0,
        1 => i % 2 == 0,
        2 => j % 3 == 0,
        3 => (i + j) % 3 == 0,
        4 => (i / 2 + j / 3) % 2 == 0,
        5 => (i * j) % 2 + (i * j) % 3 == 0,
        6 => ((i * j) % 2 + (i * j) % 3) % 2 == 0,
        _ => ((i + j) % 2 + (i * j) % 3) % 2 == 0,
    }
}

impl Layout {
    /// The layout of a version, 1 to 40, without blocks: they are a matter of the error level.
    pub fn of(version: u8) -> Self {
        let side = 17 + 4 * usize::from(version);
        let lines = alignment_lines(version);
        let corners = [(6, 6), (6, side - 7), (side - 7, 6)];
        let all = lines.iter().flat_map(|&x| lines.iter().map(move |&y| (x, y)));
        let mut layout = Self {
            version,
            side,
            alignments: all.filter(|place| !corners.contains(place)).collect(),
            fixed: Vec::new(),
            data: Vec::new(),
            blocks: &[],
            checks: 0,
            places: Vec::new(),
        };
        layout.fixed = layout.fixed_modules();
        layout.data = layout.data_modules();
        layout
    }

    fn fixed_modules(&self) -> Vec<Fixed> {
        let last = self.side - 1;
        let info = (self.version >= 7).then(|| version_code(self.version));
        let mut fixed = Vec::new();
        for row in 0..self.side {
            for column in 0..self.side {
                if let Some((dark, telling)) = self.fixed_at(column, row, info) {
                    fixed.push(Fixed {
                        column,
                        row,
                        dark,
                        telling,
                    });
                }
            }
        }
        fixed.push(Fixed {
            column: 8,
            row: last - 7,
            dark: true,
            telling: false,
        });
        fixed
    }

    fn fixed_at(&self, column: usize, row: usize, info: Option<u32>) -> Option<(bool, bool)> {
        let last = self.side - 1;
        let finders = [(3, 3), (last - 3, 3), (3, last - 3)];
        let away = |(x, y): (usize, usize)| column.abs_diff(x).max(row.abs_diff(y));
        if let Some(distance) = finders.into_iter().map(away).find(|&d| d <= 4) {
            return Some((distance != 2 && distance != 4, false));
        }
        if let Some(distance) = self
            .alignments
            .iter()
            .map(|&center| away(center))
            .find(|&d| d <= 2)
        {
            return Some((distance != 1, true));
        }
        let info_bit = |long: usize, short: usize| {
            let inside = long < 6 && (last - 10..=last - 8).contains(&short);
            let bit = |info: u32| info >> (long * 3 + short + 10 - last) & 1 == 1;
            info.filter(|_| inside).map(bit)
        };
        if row == 6 || column == 6 {
            return Some(((row + column).is_multiple_of(2), false));
        }
        let bit = info_bit(row, column).or_else(|| info_bit(column, row));
        bit.map(|dark| (dark, true))
    }

    fn data_modules(&self) -> Vec<(usize, usize)> {
        let mut taken = vec![false; self.side * self.side];
        let fixed = self.fixed.iter().map(|fixed| (fixed.column, fixed.row));
        for (column, row) in fixed.chain(format_places(self.side).into_iter().flatten()) {
            taken[row * self.side + column] = true;
        }
        let mut data = Vec::new();
        let pairs = (1..self.side)
            .rev()
            .step_by(2)
            .map(|right| if right <= 6 { right - 1 } else { right });
        for (turn, right) in pairs.enumerate() {
            for step in 0..self.side {
                let row = if turn % 2 == 0 { self.side - 1 - step } else { step };
                for column in [right, right - 1] {
                    if !taken[row * self.side + column] {
                        data.push((column, row));
                    }
                }
            }
        }
        data
    }
}

/// For each block, by its data codewords, where its words stand in the sequence of the code: the first word of every
/// block, the second of every block, …, and the check words likewise.
pub fn interleaved(blocks: &[usize], checks: usize) -> Vec<Vec<usize>> {
    let mut places = vec![Vec::new(); blocks.len()];
    let mut at = 0;
    for word in 0..blocks.iter().max().copied().unwrap_or(0) {
        for (place, &data) in places.iter_mut().zip(blocks) {
            if word < data {
                place.push(at);
                at += 1;
            }
        }
    }
    for _ in 0..checks {
        for place in &mut places {
            place.push(at);
            at += 1;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fixed_patterns_of_every_version_are_what_another_library_draws() {
        for version in 1..=40 {
            let layout = Layout::of(version);
            let other = qrcode::Version::Normal(i16::from(version));
            let code = qrcode::QrCode::with_version("1", other, qrcode::EcLevel::L).unwrap();
            assert_eq!(code.width(), layout.side);
            for fixed in &layout.fixed {
                let dark = code[(fixed.column, fixed.row)] == qrcode::Color::Dark;
                assert_eq!(dark, fixed.dark, "{version} {fixed:?}");
            }
            let carried = layout.fixed.len() + layout.data.len() + 30;
            assert_eq!(carried, layout.side * layout.side, "{version}");
        }
    }

    #[test]
    fn each_layout_is_what_another_library_draws() {
        for layout in LAYOUTS.iter() {
            let version = qrcode::Version::Normal(i16::from(layout.version));
            let code = qrcode::QrCode::with_version("TERANGA", version, qrcode::EcLevel::M).unwrap();
            assert_eq!(code.width(), layout.side);
            let dark = |(column, row): (usize, usize)| code[(column, row)] == qrcode::Color::Dark;
            for fixed in &layout.fixed {
                assert_eq!(
                    dark((fixed.column, fixed.row)),
                    fixed.dark,
                    "{} {fixed:?}",
                    layout.version
                );
            }
            let read = |copy: usize| {
                let places = format_places(layout.side);
                places
                    .iter()
                    .fold(0, |bits, place| bits << 1 | u16::from(dark(place[copy])))
            };
            assert_eq!(read(0), read(1));
            let mask = (0..8).find(|&mask| format_bits(mask) == read(0)).unwrap();
            let bits: Vec<bool> = layout
                .data
                .iter()
                .map(|&(column, row)| dark((column, row)) ^ masked(mask, column, row))
                .collect();
            let byte = |bits: &[bool]| bits.iter().fold(0, |byte, &bit| byte << 1 | u8::from(bit));
            let words: Vec<u8> = bits.chunks_exact(8).map(byte).collect();
            assert_eq!(
                words.len(),
                layout.blocks.iter().sum::<usize>() + layout.checks * layout.blocks.len()
            );
            for places in &layout.places {
                let mut block: Vec<u8> = places.iter().map(|&at| words[at]).collect();
                assert_eq!(
                    super::super::reed_solomon::correct(&mut block, layout.checks, &[]),
                    Some(0)
                );
            }
        }
    }
}
