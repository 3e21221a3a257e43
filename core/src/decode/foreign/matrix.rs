//! From the modules of a code to its data codewords: mask, codewords, blocks, corrections.

use super::format::{self, Format};
use crate::decode::blocks::{self, Word};
use crate::decode::grid::Grid;
use crate::decode::layout::{Layout, interleaved, masked};
use crate::decode::reed_solomon::correct;

/// Check words that must be spared where uncertain words were given up: whatever is left alone decides.
const MARGIN: usize = 4;

/// What a code carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Its data codewords.
    pub data: Vec<u8>,
    /// Seen in a mirror.
    pub mirrored: bool,
    /// Whether uncertain words had to be given up.
    pub repaired: bool,
}

/// What the modules carry, in whichever of both orientations its format information is seen better.
pub fn carried(grid: &Grid, layout: &Layout) -> Option<Carried> {
    let turned = grid.transposed();
    let fit = |format: &Option<Format>| format.map_or(0.0, |format| format.fit);
    let (plain, mirror) = (format::format(grid), format::format(&turned));
    let mirrored = fit(&mirror) > fit(&plain);
    let (grid, format) = if mirrored {
        (&turned, mirror?)
    } else {
        (grid, plain?)
    };
    let words = words(grid, layout, format.mask);
    let blocks = format.level.blocks(layout.version, words.len());
    let (mut data, mut repaired) = (Vec::with_capacity(words.len()), false);
    for (places, &count) in interleaved(&blocks.data, blocks.checks).iter().zip(&blocks.data) {
        let block: Vec<Word> = places.iter().map(|&at| words[at]).collect();
        let (bytes, given_up) = corrected(&block, blocks.checks, blocks.guard)?;
        data.extend_from_slice(&bytes[..count]);
        repaired |= given_up;
    }
    Some(Carried {
        data,
        mirrored,
        repaired,
    })
}

/// The codewords in the order in which they lie in the code.
fn words(grid: &Grid, layout: &Layout, mask: u8) -> Vec<Word> {
    let bit = |&(column, row): &(usize, usize)| {
        let value = grid.at((column, row));
        if masked(mask, column, row) { -value } else { value }
    };
    let word = |places: &[(usize, usize)]| Word {
        bits: std::array::from_fn(|at| bit(&places[at])),
    };
    layout.data.chunks_exact(8).map(word).collect()
}

/// The bytes of a block, and whether uncertain ones had to be given up.
fn corrected(block: &[Word], checks: usize, guard: usize) -> Option<(Vec<u8>, bool)> {
    let mut bytes: Vec<u8> = block.iter().map(Word::hard).collect();
    if correct(&mut bytes, checks, &[]).is_some_and(|errors| 2 * errors + guard <= checks) {
        return Some((bytes, false));
    }
    let margin = MARGIN.max(guard);
    let found = blocks::decode(block, checks);
    let sure = found.into_iter().find(|decoded| decoded.spare >= margin)?;
    Some((sure.words, true))
}
