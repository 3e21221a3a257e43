//! How much of a code is checks: its blocks by version and error level (ISO/IEC 18004, table 9).

/// An error level: how much of a code may be lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// 7 %.
    L,
    /// 15 %.
    M,
    /// 25 %.
    Q,
    /// 30 %.
    H,
}

/// Check codewords of each block, by level and version.
const CHECKS: [[u8; 40]; 4] = [
    [
        7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26,
        28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
    [
        10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28,
        28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    ],
    [
        13, 22, 18, 26, 18, 24, 18, 22, 20, 24, 28, 26, 24, 20, 30, 24, 28, 28, 26, 30, 28, 30, 30, 30, 30,
        28, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
    [
        17, 28, 22, 16, 22, 28, 26, 26, 24, 28, 24, 28, 22, 24, 24, 30, 28, 28, 26, 28, 30, 24, 30, 30, 30,
        30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ],
];

/// Number of blocks, by level and version.
const BLOCKS: [[u8; 40]; 4] = [
    [
        1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16,
        17, 18, 19, 19, 20, 21, 22, 24, 25,
    ],
    [
        1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28,
        29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49,
    ],
    [
        1, 1, 2, 2, 4, 4, 6, 6, 8, 8, 8, 10, 12, 16, 12, 17, 16, 18, 21, 20, 23, 23, 25, 27, 29, 34, 34, 35,
        38, 40, 43, 45, 48, 51, 53, 56, 59, 62, 65, 68,
    ],
    [
        1, 1, 2, 4, 4, 4, 5, 6, 8, 8, 11, 11, 16, 16, 18, 16, 19, 21, 25, 25, 25, 34, 30, 32, 35, 37, 40, 42,
        45, 48, 51, 54, 57, 60, 63, 66, 70, 74, 77, 81,
    ],
];

/// The blocks of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocks {
    /// Data codewords of each.
    pub data: Vec<usize>,
    /// Check codewords of each.
    pub checks: usize,
    /// Check codewords that only protect against a wrong reading: small codes correct less than they could.
    pub guard: usize,
}

impl Level {
    /// The level of two bits of format information.
    pub fn of_bits(bits: u8) -> Self {
        match bits & 3 {
            0b01 => Self::L,
            0b00 => Self::M,
            0b11 => Self::Q,
            _ => Self::H,
        }
    }

    /// The blocks of a version, 1 to 40, that holds `words` codewords.
    pub fn blocks(self, version: u8, words: usize) -> Blocks {
        let (level, place) = (self as usize, usize::from(version.clamp(1, 40)) - 1);
        let (checks, count) = (
            usize::from(CHECKS[level][place]),
            usize::from(BLOCKS[level][place]),
        );
        let (short, long) = (words / count, words % count);
        let data = |at: usize| short.saturating_sub(checks) + usize::from(at >= count - long);
        Blocks {
            data: (0..count).map(data).collect(),
            checks,
            guard: self.guard(version),
        }
    }

    fn guard(self, version: u8) -> usize {
        match (version, self) {
            (1, Self::L) => 3,
            (1, Self::M) | (2, Self::L) => 2,
            (1, _) | (3, Self::L) => 1,
            _ => 0,
        }
    }
}
