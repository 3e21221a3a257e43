//! What a code says of itself before it says anything: error level and mask, and from version 7 on its version.
//!
//! Both stand twice in the code and are protected by BCH codes so short that each word of them can be held against what
//! was seen: the likeliest word is taken, which corrects more than counting wrong bits does.

use super::levels::Level;
use crate::decode::grid::Grid;
use crate::decode::layout::{format_code, format_places, version_code};

/// How well the likeliest word must fit, up to 1: with three of 15 bits wrong it is 0.6.
const LEAST_FIT: f32 = 0.4;

/// Format information.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Format {
    /// Error level.
    pub level: Level,
    /// Mask, 0 to 7.
    pub mask: u8,
    /// How well it fits what was seen, up to 1.
    pub fit: f32,
}

/// The format information of a code, if one of the 32 words fits.
pub fn format(grid: &Grid) -> Option<Format> {
    let bits = format_places(grid.side).map(|copies| copies.map(|place| grid.at(place)).iter().sum());
    let (data, fit) = likeliest(&bits, 0..32, |data| u32::from(format_code(data)))?;
    Some(Format {
        level: Level::of_bits(data >> 3),
        mask: data & 7,
        fit,
    })
}

/// The version that a code says it has, if it has room for that and one of the 34 words fits.
pub fn version(grid: &Grid) -> Option<u8> {
    let start = grid.side.checked_sub(11).filter(|&start| start >= 34)?;
    let bits: [f32; 18] = std::array::from_fn(|at| {
        let (long, short) = ((17 - at) / 3, start + (17 - at) % 3);
        grid.at((long, short)) + grid.at((short, long))
    });
    likeliest(&bits, 7..41, version_code).map(|(version, _)| version)
}

/// The word that fits best, and how well; its bits are the highest first.
fn likeliest(bits: &[f32], words: std::ops::Range<u8>, code: impl Fn(u8) -> u32) -> Option<(u8, f32)> {
    let all: f32 = bits.iter().map(|bit| bit.abs()).sum();
    let fit = |word: u8| {
        let code = code(word);
        let signed = bits
            .iter()
            .rev()
            .enumerate()
            .map(|(at, &bit)| if code >> at & 1 == 1 { bit } else { -bit });
        (word, signed.sum::<f32>() / all.max(f32::MIN_POSITIVE))
    };
    words
        .map(fit)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .filter(|(_, fit)| *fit > LEAST_FIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_with_three_wrong_bits_are_still_told_apart() {
        for data in 0..32 {
            for (a, b, c) in [(0, 1, 2), (0, 7, 14), (3, 9, 10), (12, 13, 14)] {
                let seen = format_code(data) ^ (1 << a | 1 << b | 1 << c);
                let bits: Vec<f32> = (0..15)
                    .map(|at| if seen >> (14 - at) & 1 == 1 { 1.0 } else { -1.0 })
                    .collect();
                let (read, _) = likeliest(&bits, 0..32, |data| u32::from(format_code(data))).unwrap();
                assert_eq!(read, data);
            }
        }
        assert_eq!(
            likeliest(&[0.0; 15], 0..32, |data| u32::from(format_code(data))),
            None
        );
    }

    #[test]
    fn a_grid_without_room_for_version_information_has_none() {
        for side in [0, 21, 41] {
            let grid = Grid {
                side,
                values: vec![1.0; side * side],
            };
            assert_eq!(version(&grid), None);
        }
    }
}
