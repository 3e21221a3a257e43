//! From text to the codewords that a symbol carries: data, padding and Reed–Solomon checks, interleaved.
//!
//! The checks of a block are the remainder of its data by a generator polynomial over GF(256). Here a whole remainder,
//! at most 30 bytes, lives in two words, and one look in a table subtracts what a byte of data contributes: 256
//! entries a generator instead of one multiplication a coefficient.

/// Checks a block has at level M, by version (ISO/IEC 18004, table 9).
const CHECKS: [usize; 40] = [
    10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28,
    28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
];

/// Blocks at level M, by version (ISO/IEC 18004, table 9).
const BLOCKS: [usize; 40] = [
    1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29,
    31, 33, 35, 37, 38, 40, 43, 45, 47, 49,
];

/// The 45 characters of alphanumeric mode in the order of their values (ISO/IEC 18004, table 5).
const CHARACTERS: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// The value of each byte in alphanumeric mode; 255 where it has none.
const VALUES: [u8; 256] = {
    let mut values = [255; 256];
    let mut value = 0;
    while value < CHARACTERS.len() {
        values[CHARACTERS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// Whether a character is one of the 45 of alphanumeric mode.
pub(super) fn is_alphanumeric(byte: u8) -> bool {
    VALUES[usize::from(byte)] != 255
}

/// All codewords that fit in a symbol: what the function patterns leave, in bytes.
pub(super) fn total(version: u8) -> usize {
    let version = usize::from(version);
    let without_alignment = (16 * version + 128) * version + 64;
    let lines = if version == 1 { 0 } else { version / 7 + 2 };
    let alignment = if lines == 0 {
        0
    } else {
        (25 * lines - 10) * lines - 55
    };
    let information = if version < 7 { 0 } else { 36 };
    (without_alignment - alignment - information) / 8
}

/// The codewords that are data at level M.
fn data_capacity(version: u8) -> usize {
    let place = usize::from(version) - 1;
    total(version) - CHECKS[place] * BLOCKS[place]
}

/// Bits of the character count in alphanumeric mode (ISO/IEC 18004, table 3).
fn count_bits(version: u8) -> usize {
    match version {
        ..=9 => 9,
        10..=26 => 11,
        _ => 13,
    }
}

/// Whether so many characters fit in a version at level M.
pub(super) fn fits(length: usize, version: u8) -> bool {
    let bits = 4 + count_bits(version) + length / 2 * 11 + length % 2 * 6;
    bits <= data_capacity(version) * 8
}

/// The data codewords of a text that fits: header, pairs of characters, terminator and padding.
pub(super) fn data(text: &[u8], version: u8) -> Vec<u8> {
    let capacity = data_capacity(version);
    let mut bits = Bits::with_capacity(capacity);
    bits.push(0b0010, 4);
    bits.push(text.len() as u64, count_bits(version));
    let value = |byte: u8| u64::from(VALUES[usize::from(byte)]);
    let mut pairs = text.chunks_exact(2);
    for pair in &mut pairs {
        bits.push(value(pair[0]) * 45 + value(pair[1]), 11);
    }
    for &last in pairs.remainder() {
        bits.push(value(last), 6);
    }
    bits.pad(capacity)
}

/// Bytes that are written from their highest bit down.
struct Bits {
    bytes: Vec<u8>,
    waiting: u64,
    count: usize,
}

impl Bits {
    fn with_capacity(bytes: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes),
            waiting: 0,
            count: 0,
        }
    }

    /// Writes the low bits of a number, fewer than 56 of them.
    fn push(&mut self, number: u64, bits: usize) {
        self.waiting = self.waiting << bits | number;
        self.count += bits;
        while self.count >= 8 {
            self.count -= 8;
            self.bytes.push((self.waiting >> self.count) as u8);
        }
    }

    /// Ends with up to four zeros, zeros to the end of a byte, then the standard's two bytes in turn.
    fn pad(mut self, capacity: usize) -> Vec<u8> {
        let left = capacity * 8 - self.bytes.len() * 8 - self.count;
        self.push(0, left.min(4));
        if self.count > 0 {
            self.push(0, 8 - self.count);
        }
        let missing = capacity - self.bytes.len();
        self.bytes.extend([0xec, 0x11].iter().cycle().take(missing));
        self.bytes
    }
}

/// The division by the generator polynomial of a version, as a table.
#[derive(Debug)]
pub(super) struct Checks {
    version: u8,
    /// What each leading byte adds to a remainder; the remainder's first byte is the highest of the first word.
    table: Vec<[u128; 2]>,
}

impl Checks {
    /// The table of a version at level M.
    pub(super) fn new(version: u8) -> Self {
        let generator = generator(CHECKS[usize::from(version) - 1]);
        let table = (0..=255_u8).map(|lead| {
            let mut bytes = [0; 32];
            for (byte, &factor) in bytes.iter_mut().zip(&generator) {
                *byte = multiply(factor, lead);
            }
            words(bytes)
        });
        Self {
            version,
            table: table.collect(),
        }
    }

    /// All codewords in the order in which they are placed: data of all blocks in turn, then checks in turn.
    pub(super) fn interleave(&self, data: &[u8]) -> Vec<u8> {
        let place = usize::from(self.version) - 1;
        let (blocks, checks) = (BLOCKS[place], CHECKS[place]);
        // The last blocks hold one byte more when the data does not divide evenly.
        let (short, longer) = (data.len() / blocks, data.len() % blocks);
        let start = |block: usize| block * short + block.saturating_sub(blocks - longer);
        let mut all = vec![0; data.len() + blocks * checks];
        for block in 0..blocks {
            let bytes = &data[start(block)..start(block + 1)];
            for (index, &byte) in bytes.iter().enumerate() {
                let skipped = if index == short { blocks - longer } else { 0 };
                all[index * blocks + block - skipped] = byte;
            }
            let remainder = self.remainder(bytes);
            for (index, &byte) in remainder.iter().take(checks).enumerate() {
                all[data.len() + index * blocks + block] = byte;
            }
        }
        all
    }

    fn remainder(&self, block: &[u8]) -> [u8; 32] {
        let [mut high, mut low] = [0_u128; 2];
        for &byte in block {
            let [first, second] = self.table[usize::from(byte ^ (high >> 120) as u8)];
            high = (high << 8 | low >> 120) ^ first;
            low = low << 8 ^ second;
        }
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&high.to_be_bytes());
        bytes[16..].copy_from_slice(&low.to_be_bytes());
        bytes
    }
}

/// Thirty-two bytes as two words, the first byte highest.
fn words(bytes: [u8; 32]) -> [u128; 2] {
    let word = |bytes: &[u8]| bytes.iter().fold(0, |word, &byte| word << 8 | u128::from(byte));
    [word(&bytes[..16]), word(&bytes[16..])]
}

/// The product of (x − 2^i) for i below the degree, from the second-highest coefficient down; the highest is 1.
fn generator(degree: usize) -> Vec<u8> {
    let mut coefficients = vec![0; degree];
    coefficients[degree - 1] = 1;
    let mut root = 1;
    for _ in 0..degree {
        for index in 0..degree {
            let next = coefficients.get(index + 1).copied().unwrap_or(0);
            coefficients[index] = multiply(coefficients[index], root) ^ next;
        }
        root = multiply(root, 2);
    }
    coefficients
}

/// A product in GF(256) by x⁸ + x⁴ + x³ + x² + 1.
fn multiply(a: u8, b: u8) -> u8 {
    (0..8).rev().fold(0, |product: u8, bit| {
        let doubled = (product << 1) ^ ((product >> 7) * 0x1d);
        doubled ^ ((b >> bit & 1) * a)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checks_are_those_of_the_standards_example() {
        // ISO/IEC 18004:2015 annex I: "01234567" at 1-M has these codewords.
        let data = [
            16, 32, 12, 86, 97, 128, 236, 17, 236, 17, 236, 17, 236, 17, 236, 17,
        ];
        let all = Checks::new(1).interleave(&data);
        assert_eq!(all[16..], [165, 36, 212, 193, 237, 54, 199, 135, 44, 85]);
    }

    #[test]
    fn symbols_hold_as_many_codewords_as_the_standard_says() {
        // ISO/IEC 18004 table 1.
        for (version, codewords) in [
            (1, 26),
            (2, 44),
            (6, 172),
            (7, 196),
            (8, 242),
            (14, 581),
            (27, 1828),
            (40, 3706),
        ] {
            assert_eq!(total(version), codewords);
        }
    }

    #[test]
    fn all_forty_five_characters_have_a_value_and_no_other_byte() {
        let known = (0..=255).filter(|&byte| is_alphanumeric(byte)).count();
        assert_eq!(known, 45);
        assert!(is_alphanumeric(b':') && !is_alphanumeric(b'a') && !is_alphanumeric(0xc9));
    }
}
