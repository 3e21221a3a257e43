//! Deflate (RFC 1951) with one Huffman code for a whole batch.
//!
//! A byte is a literal, or part of a match at one of two distances: the byte before, or the pixel above. Both are found by
//! comparing, without any search. What is the same on every card is encoded once, as bits that are copied; the code is
//! chosen so that every byte and length has a word, whatever a card brings.

use std::collections::BinaryHeap;

/// End of the block among literals and lengths.
const END: usize = 256;
/// Base and extra bits of the length symbols from 257 on.
const LENGTHS: [(u16, u8); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];
/// The order in which lengths of the code of code lengths are written.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// Longest match.
const LONGEST: usize = 258;

/// Bits, the first lowest, whole words at a time.
#[derive(Default, Clone)]
pub struct Bits {
    words: Vec<u64>,
    last: u64,
    used: u32,
}

impl Bits {
    pub fn clear(&mut self) {
        self.words.clear();
        (self.last, self.used) = (0, 0);
    }

    /// Adds up to 57 bits.
    #[inline]
    pub fn push(&mut self, (bits, count): (u64, u32)) {
        self.last |= bits << self.used;
        let used = self.used + count;
        if used < 64 {
            self.used = used;
            return;
        }
        self.words.push(self.last);
        self.last = bits.checked_shr(64 - self.used).unwrap_or(0);
        self.used = used - 64;
    }

    pub fn len(&self) -> usize {
        self.words.len() * 64 + self.used as usize
    }

    /// Adds `count` bits of another from bit `start` on.
    pub fn copy(&mut self, other: &Self, start: usize, count: usize) {
        let (mut index, shift) = (start / 64, start % 64);
        let mut left = count;
        self.words.reserve(count / 64 + 2);
        while left >= 64 {
            let mut bits = other.word(index) >> shift;
            if shift > 0 {
                bits |= other.word(index + 1) << (64 - shift);
            }
            self.whole(bits);
            (index, left) = (index + 1, left - 64);
        }
        let mut at = index * 64 + shift;
        while left > 0 {
            let take = left.min(64 - at % 64).min(56);
            let bits = other.word(at / 64) >> (at % 64);
            self.push((bits & ((1 << take) - 1), take as u32));
            (at, left) = (at + take, left - take);
        }
    }

    #[inline]
    fn word(&self, at: usize) -> u64 {
        self.words
            .get(at)
            .copied()
            .unwrap_or(if at == self.words.len() { self.last } else { 0 })
    }

    /// Adds 64 bits.
    #[inline]
    fn whole(&mut self, bits: u64) {
        if self.used == 0 {
            self.words.push(bits);
        } else {
            self.words.push(self.last | bits << self.used);
            self.last = bits >> (64 - self.used);
        }
    }

    /// The bytes, the last filled up with zeros.
    pub fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.resize(start + self.words.len() * 8, 0);
        for (bytes, word) in out[start..].chunks_exact_mut(8).zip(&self.words) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(&self.last.to_le_bytes()[..self.used.div_ceil(8) as usize]);
    }
}

/// Where tokens go: bits, or the counts that a code is made from.
pub trait Tokens {
    fn literal(&mut self, byte: u8);
    /// A match of 3 to 258 bytes with the byte before, or with the row above.
    fn matched(&mut self, length: usize, above: bool);
}

/// Encodes `raw[from..to]`, behind which eight bytes may be looked at. A match with the row above may begin where
/// `bounds` says.
#[inline]
pub fn encode<T: Tokens>(
    raw: &[u8],
    (from, to): (usize, usize),
    stride: usize,
    bounds: Bounds,
    tokens: &mut T,
) {
    // What stands before a fixed stretch may differ from card to card.
    let first = if matches!(bounds, Bounds::Any) {
        1
    } else {
        from + 1
    };
    let mut at = from;
    while at < to {
        let most = (to - at).min(LONGEST);
        let above = match bounds {
            Bounds::Any if at >= stride => equal(raw, at - stride, at, most),
            Bounds::Fixed(upper) if at >= stride => {
                let reach = upper
                    .iter()
                    .find(|(start, end)| (*start..*end).contains(&(at - stride)));
                let most = reach.map_or(0, |(_, end)| most.min(end - (at - stride)));
                equal(raw, at - stride, at, most)
            }
            _ => 0,
        };
        let run = if at >= first && above < most {
            equal(raw, at - 1, at, most)
        } else {
            0
        };
        if above.max(run) >= 3 {
            tokens.matched(above.max(run), above >= run);
            at += above.max(run);
        } else {
            tokens.literal(raw[at]);
            at += 1;
        }
    }
}

/// What a match may refer to.
#[derive(Clone, Copy)]
pub enum Bounds<'a> {
    /// Everything before.
    Any,
    /// Only what is the same on every card: the stretch itself and these stretches of the row above.
    Fixed(&'a [(usize, usize)]),
}

/// How many bytes from one place on are those from the other on, at most so many.
#[inline]
fn equal(raw: &[u8], one: usize, other: usize, most: usize) -> usize {
    let mut count = 0;
    while count < most {
        let difference = eight(raw, one + count) ^ eight(raw, other + count);
        if difference != 0 {
            return most.min(count + (difference.trailing_zeros() / 8) as usize);
        }
        count += 8;
    }
    most
}

/// Eight bytes from a place on.
#[inline]
fn eight(raw: &[u8], at: usize) -> u64 {
    match raw.get(at..at + 8) {
        Some(bytes) => bytes.try_into().map_or(0, u64::from_le_bytes),
        None => 0,
    }
}

/// Counts of symbols.
pub struct Counts {
    symbols: [u32; 286],
    distances: [u32; 2],
}

impl Counts {
    /// Every literal below `colors` and every length may come.
    pub fn new(colors: usize) -> Self {
        let mut symbols = [0; 286];
        symbols[..colors.max(1)].fill(1);
        symbols[END..].fill(1);
        Self {
            symbols,
            distances: [1; 2],
        }
    }
}

impl Tokens for Counts {
    fn literal(&mut self, byte: u8) {
        self.symbols[usize::from(byte)] += 1;
    }

    fn matched(&mut self, length: usize, above: bool) {
        self.symbols[length_symbol(length)] += 1;
        self.distances[usize::from(above)] += 1;
    }
}

fn length_symbol(length: usize) -> usize {
    257 + LENGTHS.partition_point(|(base, _)| usize::from(*base) <= length) - 1
}

/// A Huffman code, and the words of all that can be written.
pub struct Coder {
    /// Header of the block.
    pub header: Bits,
    /// The end of the block.
    pub end: (u64, u32),
    literals: Vec<(u64, u32)>,
    /// Word of a length with the distance, by length: the byte before, the row above.
    matches: [Vec<(u64, u32)>; 2],
}

impl Coder {
    pub fn new(counts: &Counts, stride: usize) -> Self {
        let symbols = code_lengths(&counts.symbols, 15);
        let (above, extra) = distance_symbol(stride);
        let mut distances = vec![0; above + 1];
        (distances[0], distances[above]) = (1, 1);
        let words = words(&symbols);
        let distance = [(0, 1), (1 | (extra.0 << 1), 1 + extra.1)];
        let matches = distance.map(|distance| {
            let word = |length: usize| match length {
                0..3 => (0, 0),
                _ => joined(
                    joined(words[length_symbol(length)], length_extra(length)),
                    distance,
                ),
            };
            (0..=LONGEST).map(word).collect()
        });
        Self {
            header: header(&symbols, &distances),
            end: words[END],
            literals: words[..END].to_vec(),
            matches,
        }
    }
}

/// Writes bits with a coder.
pub struct Writing<'a>(pub &'a Coder, pub &'a mut Bits);

impl Tokens for Writing<'_> {
    #[inline]
    fn literal(&mut self, byte: u8) {
        self.1.push(self.0.literals[usize::from(byte)]);
    }

    #[inline]
    fn matched(&mut self, length: usize, above: bool) {
        self.1.push(self.0.matches[usize::from(above)][length]);
    }
}

fn joined(first: (u64, u32), second: (u64, u32)) -> (u64, u32) {
    (first.0 | (second.0 << first.1), first.1 + second.1)
}

fn length_extra(length: usize) -> (u64, u32) {
    let (base, extra) = LENGTHS[length_symbol(length) - 257];
    ((length - usize::from(base)) as u64, u32::from(extra))
}

/// Symbol and extra bits of a distance (RFC 1951, 3.2.5).
fn distance_symbol(distance: usize) -> (usize, (u64, u32)) {
    let back = distance as u64 - 1;
    if back < 4 {
        return (back as usize, (0, 0));
    }
    let high = 63 - back.leading_zeros();
    let extra = high - 1;
    let symbol = 2 * high + ((back >> extra) & 1) as u32;
    (symbol as usize, (back & ((1 << extra) - 1), extra))
}

/// Lengths of a Huffman code, none longer than `most`: counts are halved until none is.
fn code_lengths(counts: &[u32], most: u8) -> Vec<u8> {
    let mut counts = counts.to_vec();
    loop {
        let lengths = huffman(&counts);
        if lengths.iter().all(|length| *length <= most) {
            return lengths;
        }
        for count in counts.iter_mut().filter(|count| **count > 0) {
            *count = *count / 2 + 1;
        }
    }
}

fn huffman(counts: &[u32]) -> Vec<u8> {
    use std::cmp::Reverse;
    let mut lengths = vec![0_u8; counts.len()];
    let mut heap: BinaryHeap<_> = counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(at, count)| Reverse((u64::from(*count), at, vec![at])))
        .collect();
    while heap.len() > 1 {
        let (Some(Reverse(a)), Some(Reverse(b))) = (heap.pop(), heap.pop()) else {
            break;
        };
        let members = [a.2, b.2].concat();
        members.iter().for_each(|&member| lengths[member] += 1);
        heap.push(Reverse((a.0 + b.0, a.1.min(b.1), members)));
    }
    lengths
}

/// Canonical words, reversed as deflate writes them.
fn words(lengths: &[u8]) -> Vec<(u64, u32)> {
    let mut words = vec![(0, 0); lengths.len()];
    let mut next = 0_u64;
    for length in 1..=15_u8 {
        next <<= 1;
        for at in (0..lengths.len()).filter(|at| lengths[*at] == length) {
            let count = u32::from(length);
            words[at] = (next.reverse_bits() >> (64 - count), count);
            next += 1;
        }
    }
    words
}

/// A last block with a code of its own (RFC 1951, 3.2.7); code lengths are written one by one.
fn header(symbols: &[u8], distances: &[u8]) -> Bits {
    let all: Vec<u8> = symbols.iter().chain(distances).copied().collect();
    let mut counts = [0_u32; 19];
    all.iter().for_each(|length| counts[usize::from(*length)] += 1);
    let lengths = code_lengths(&counts, 7);
    let words = words(&lengths);
    let mut bits = Bits::default();
    bits.push((0b101, 3));
    bits.push((symbols.len() as u64 - 257, 5));
    bits.push((distances.len() as u64 - 1, 5));
    bits.push((19 - 4, 4));
    ORDER
        .iter()
        .for_each(|at| bits.push((u64::from(lengths[*at]), 3)));
    all.iter()
        .for_each(|length| bits.push(words[usize::from(*length)]));
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_and_lengths_are_those_of_the_standard() {
        assert_eq!(distance_symbol(1), (0, (0, 0)));
        assert_eq!(distance_symbol(5), (4, (0, 1)));
        assert_eq!(distance_symbol(1012), (19, (1012 - 769, 8)));
        assert_eq!(distance_symbol(24577), (29, (0, 13)));
        assert_eq!(
            [3, 10, 11, 257, 258].map(length_symbol),
            [257, 264, 265, 284, 285]
        );
    }

    proptest::proptest! {
        #[test]
        fn bits_come_out_as_they_went_in(parts in proptest::collection::vec((0_u64..u64::MAX, 1_u32..57), 1..60), start in 0_usize..50) {
            let mut bits = Bits::default();
            parts.iter().for_each(|(value, count)| bits.push((value & ((1 << count) - 1), *count)));
            let start = start.min(bits.len());
            let (mut copy, mut bytes) = (Bits::default(), Vec::new());
            copy.copy(&bits, 0, start);
            copy.copy(&bits, start, bits.len() - start);
            copy.write(&mut bytes);
            let mut same = Vec::new();
            bits.write(&mut same);
            proptest::prop_assert_eq!(bytes, same);
        }
    }
}
