//! Where things stand in the codes of cards: QR versions 7 to 9 at error level M (ISO/IEC 18004, clauses 6.3 to 6.9).

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
    /// Data codewords of each block.
    pub blocks: &'static [usize],
    /// Check codewords of each block.
    pub checks: usize,
    /// For each block, where its words stand in the interleaved sequence.
    pub places: Vec<Vec<usize>>,
}

/// The layouts of versions 7, 8 and 9.
pub static LAYOUTS: LazyLock<[Layout; 3]> = LazyLock::new(|| {
    [
        Layout::new(7, [6, 22, 38], 0x07c94, &[31; 4], 18),
        Layout::new(8, [6, 24, 42], 0x085bc, &[38, 38, 39, 39], 22),
        Layout::new(9, [6, 26, 46], 0x09a99, &[36, 36, 36, 37, 37], 22),
    ]
});

/// The 15 bits of format information of level M and a mask, highest first (annex C, with its mask 0x5412).
pub fn format_bits(mask: u8) -> u16 {
    let data = u16::from(mask);
    let mut rest = data << 10;
    for bit in (10..15).rev() {
        if rest >> bit & 1 == 1 {
            rest ^= 0x537 << (bit - 10);
        }
    }
    (data << 10 | rest) ^ 0x5412
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
    fn new(version: u8, lines: [usize; 3], info: u32, blocks: &'static [usize], checks: usize) -> Self {
        let side = 17 + 4 * usize::from(version);
        let all = lines.iter().flat_map(|&x| lines.iter().map(move |&y| (x, y)));
        let (low, high) = (lines[0], lines[2]);
        let alignments: Vec<_> = all
            .filter(|place| ![(low, low), (low, high), (high, low)].contains(place))
            .collect();
        let mut layout = Self {
            version,
            side,
            alignments,
            fixed: Vec::new(),
            data: Vec::new(),
            blocks,
            checks,
            places: Vec::new(),
        };
        layout.fixed = layout.fixed_modules(info);
        layout.data = layout.data_modules();
        layout.places = layout.interleaved();
        layout
    }

    fn fixed_modules(&self, info: u32) -> Vec<Fixed> {
        let last = self.side - 1;
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

    fn fixed_at(&self, column: usize, row: usize, info: u32) -> Option<(bool, bool)> {
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
            (long < 6 && (last - 10..=last - 8).contains(&short))
                .then(|| info >> (long * 3 + short + 10 - last) & 1 == 1)
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

    fn interleaved(&self) -> Vec<Vec<usize>> {
        let mut places = vec![Vec::new(); self.blocks.len()];
        let mut at = 0;
        for word in 0..self.blocks.iter().max().copied().unwrap_or(0) {
            for (place, &data) in places.iter_mut().zip(self.blocks) {
                if word < data {
                    place.push(at);
                    at += 1;
                }
            }
        }
        for _ in 0..self.checks {
            for place in &mut places {
                place.push(at);
                at += 1;
            }
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
