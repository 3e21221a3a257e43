//! Jaro–Winkler similarity of two byte strings (Jaro 1989; Winkler 1990: prefix of at most four, scale 0.1, applied above
//! 0.7).
//!
//! Three ways to the same bits: [`jaro_winkler`] for two strings, bit-parallel up to 64 bytes; its plain form for longer
//! ones; and [`Batch`], which compares one word with a whole dictionary, sixteen words at a time.

mod batch;
mod plain;

pub use batch::Batch;

/// Similarity in 0..=1; two empty strings are equal. Only + − × ÷ are used, in a fixed order.
pub fn jaro_winkler(left: &[u8], right: &[u8]) -> f64 {
    let prefix = left
        .iter()
        .zip(right)
        .take(4)
        .take_while(|(one, other)| one == other)
        .count();
    let (common, transpositions) = match left.len().max(right.len()) {
        0 => return 1.0,
        1..=64 => bit_parallel(left, right),
        _ => plain::matches(left, right),
    };
    winkler(jaro(left.len(), right.len(), common, transpositions), prefix)
}

/// Jaro's similarity from the number of common characters and of half transpositions.
#[inline(always)]
fn jaro(left: usize, right: usize, common: usize, transpositions: usize) -> f64 {
    if common == 0 {
        return 0.0;
    }
    let (common, moved) = (common as f64, (transpositions / 2) as f64);
    (common / left as f64 + common / right as f64 + (common - moved) / common) / 3.0
}

/// Winkler's addition for a common prefix.
#[inline(always)]
fn winkler(jaro: f64, prefix: usize) -> f64 {
    if jaro > 0.7 {
        jaro + prefix as f64 * 0.1 * (1.0 - jaro)
    } else {
        jaro
    }
}

/// How far apart two equal characters may stand to be common: half the longer string, less one.
#[inline(always)]
fn reach(left: usize, right: usize) -> usize {
    (left.max(right) / 2).saturating_sub(1)
}

/// Common characters and transposed ones of strings of at most 64 bytes: the positions of each letter of the left are
/// bits of a word, and "the first free equal letter within reach" is the lowest bit of an intersection (Hyyrö's way of
/// reading Jaro).
fn bit_parallel(left: &[u8], right: &[u8]) -> (usize, usize) {
    // Names are the letters a to z: a table of 32 is filled in no time, one of 256 costs more than the comparison.
    if left.iter().chain(right).all(u8::is_ascii_lowercase) {
        with_positions::<32>(left, right)
    } else {
        with_positions::<256>(left, right)
    }
}

#[inline(always)]
fn with_positions<const LETTERS: usize>(left: &[u8], right: &[u8]) -> (usize, usize) {
    let mut positions = [0u64; LETTERS];
    let slot = |byte: u8| usize::from(byte) % LETTERS;
    for (at, &byte) in left.iter().enumerate() {
        positions[slot(byte)] |= 1 << at;
    }
    let reach = reach(left.len(), right.len());
    let (mut taken, mut matched) = (0u64, 0u64);
    for (at, &byte) in right.iter().enumerate() {
        let free = positions[slot(byte)] & window(at, reach) & !taken;
        taken |= free & free.wrapping_neg();
        matched |= u64::from(free != 0) << at;
    }
    let common = taken.count_ones() as usize;
    let mut transpositions = 0;
    while matched != 0 {
        let byte = right[matched.trailing_zeros() as usize];
        let lowest = taken & taken.wrapping_neg();
        transpositions += usize::from(positions[slot(byte)] & lowest == 0);
        taken ^= lowest;
        matched &= matched - 1;
    }
    (common, transpositions)
}

/// Bits `at − reach ..= at + reach`.
#[inline(always)]
fn window(at: usize, reach: usize) -> u64 {
    let above = at + reach + 1;
    let up_to = if above >= 64 { u64::MAX } else { (1 << above) - 1 };
    up_to & (u64::MAX << at.saturating_sub(reach))
}

#[cfg(test)]
mod tests;
