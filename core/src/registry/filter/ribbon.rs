//! A banded linear system over GF(2): one bit is stored for each key at a cost of about one bit.
//!
//! Each equation says: the XOR of a key's columns is a given bit. A key's columns lie in a band of `64 × words`
//! neighbouring ones, chosen by its hash, so elimination touches a few neighbours and a look-up reads one stretch of
//! memory. This is the "ribbon" of Dillinger and Walzer (arXiv:2103.02515) with bands far wider than usual: a band of
//! `w` needs about `1 + 4/w` columns for each equation, and computers have become good at XOR.

/// The first 16 bytes of the SHA-256 of a token. They are uniform, so they serve as the hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u64, u64);

impl Key {
    /// The key of a token's SHA-256.
    pub fn of(token_hash: &[u8; 32]) -> Self {
        let (halves, _) = token_hash.as_chunks();
        Self::from_bytes(halves[0])
    }

    /// The key of the first 16 bytes of a token's SHA-256.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        let (words, _) = bytes.as_chunks();
        Self(u64::from_le_bytes(words[0]), u64::from_le_bytes(words[1]))
    }

    /// The first 16 bytes of the token's SHA-256.
    pub fn to_bytes(self) -> [u8; 16] {
        (u128::from(self.0) | u128::from(self.1) << 64).to_le_bytes()
    }

    /// The first `bits` bits of the hash, 1 to 64, as a number.
    pub fn leading(self, bits: u8) -> u64 {
        self.0.swap_bytes() >> (64 - bits)
    }
}

/// How a system is laid out; it is written in front of the solution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Number of unknowns, at least `64 × words`.
    pub columns: u32,
    /// Width of a band in words of 64 columns, 1 to [`MAX_WORDS`].
    pub words: u8,
    /// Chosen by the builder so that the system has a solution.
    pub seed: u8,
}

/// The widest band, in words.
pub const MAX_WORDS: usize = 16;

/// The columns of one equation, and the bit that its hash adds to the stored one.
pub(super) struct Row {
    pub(super) start: usize,
    state: u64,
    pub(super) flip: bool,
}

impl Shape {
    pub(super) fn row(self, key: Key, index: u32) -> Row {
        let salt = u64::from(index) << 8 | u64::from(self.seed);
        let state = mix(key.0 ^ salt.wrapping_mul(GOLDEN)) ^ key.1;
        let starts = u64::from(self.columns) + 1 - 64 * u64::from(self.words);
        let start = ((u128::from(mix(state)) * u128::from(starts)) >> 64) as usize;
        Row {
            start,
            state,
            flip: state & 1 == 1,
        }
    }
}

impl Row {
    /// The `word`th 64 coefficients, the lowest bit for the leftmost column. The leftmost is always used.
    pub(super) fn coefficients(&self, word: usize) -> u64 {
        mix(self.state.wrapping_add(GOLDEN.wrapping_mul(word as u64 + 1))) | u64::from(word == 0)
    }
}

/// SplitMix64's increment and finalizer (Steele, Lea and Flood 2014).
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

/// A solved system: gives back the bit of each key that was put in, and a random bit for any other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ribbon {
    pub(super) shape: Shape,
    /// The solution, lowest bit first, and one more word so that a shifted read stays inside.
    pub(super) solution: Vec<u64>,
}

impl Ribbon {
    /// The bit stored for a key and an index (a key may have several bits, told apart by their index).
    pub fn bit(&self, key: Key, index: u32) -> bool {
        let row = self.shape.row(key, index);
        let (first, shift) = (row.start / 64, row.start % 64);
        let words = usize::from(self.shape.words);
        let Some(stretch) = self.solution.get(first..=first + words) else {
            return false;
        };
        let sum = stretch.windows(2).enumerate().fold(0, |sum, (word, pair)| {
            let columns = pair[0] >> shift | (pair[1] << 1) << (63 - shift);
            sum ^ columns & row.coefficients(word)
        });
        (sum.count_ones() % 2 == 1) ^ row.flip
    }

    /// The layout.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The solution as bytes, lowest bit first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let bytes = self.solution.iter().flat_map(|word| word.to_le_bytes());
        bytes.take(byte_length(self.shape.columns)).collect()
    }

    /// The system of a layout and the bytes of its solution; none when they do not fit each other.
    pub fn from_bytes(shape: Shape, bytes: &[u8]) -> Option<Self> {
        let band = 64 * u32::from(shape.words);
        let sound = (1..=MAX_WORDS).contains(&usize::from(shape.words)) && shape.columns >= band;
        if !sound || bytes.len() != byte_length(shape.columns) {
            return None;
        }
        let mut solution: Vec<u64> = bytes
            .chunks(8)
            .map(|chunk| {
                chunk
                    .iter()
                    .rev()
                    .fold(0, |word, &byte| word << 8 | u64::from(byte))
            })
            .collect();
        solution.push(0);
        Some(Self { shape, solution })
    }
}

/// Bytes that a solution of so many columns takes.
pub fn byte_length(columns: u32) -> usize {
    columns.div_ceil(8) as usize
}
