//! From uncertain modules to certain words: each block of a code is decoded with its least certain words given up.
//!
//! Generalized minimum distance decoding (Forney 1966): the Reed–Solomon code corrects twice as many erasures as errors,
//! so the words that are least certain are erased, two more at each trial. Of all words of the code that come up, the one
//! that needs the least certain changes is the best. (Trying the least certain bits both ways as well, after Chase 1972,
//! took a third of the time of a hard frame and read no more of them.)

use super::reed_solomon::{correct_by, syndromes};

/// One codeword as it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Word {
    /// The eight bits, first bit first; positive is 1, the size is how certain that is.
    pub bits: [f32; 8],
}

/// A bit as certain as what is known in advance.
pub const CERTAIN: f32 = 1e3;

/// Check words to spare from which there is no other word nearby.
const BEYOND_DOUBT: usize = 6;

/// A block that was decoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// Data and check words.
    pub words: Vec<u8>,
    /// Certainty of the bits that had to change.
    pub cost: f32,
    /// Check words that were not needed for the correction: each makes a wrong word 256 times less likely.
    pub spare: usize,
}

impl Word {
    /// The likeliest byte.
    pub fn hard(&self) -> u8 {
        self.bits
            .iter()
            .fold(0, |byte, &bit| byte << 1 | u8::from(bit > 0.0))
    }

    /// How certain the whole word is.
    fn certainty(&self) -> f32 {
        // The chance that all bits are right, in logarithms, for a noise that fits what cameras give.
        -self
            .bits
            .iter()
            .map(|bit| (-5.0 * bit.abs()).exp().ln_1p())
            .sum::<f32>()
    }

    fn cost(&self, byte: u8) -> f32 {
        let changed = self.hard() ^ byte;
        let bits = self.bits.iter().enumerate();
        bits.filter(|(at, _)| changed >> (7 - at) & 1 == 1)
            .map(|(_, bit)| bit.abs())
            .sum()
    }
}

/// Decodes a block; the best few results, the best first.
pub fn decode(words: &[Word], checks: usize) -> Vec<Decoded> {
    let hard: Vec<u8> = words.iter().map(Word::hard).collect();
    let certainties: Vec<f32> = words.iter().map(Word::certainty).collect();
    let mut order: Vec<usize> = (0..words.len()).collect();
    order.sort_by(|&a, &b| certainties[a].total_cmp(&certainties[b]));
    let syndromes = syndromes(&hard, checks);
    let mut found: Vec<Decoded> = Vec::new();
    for erased in (0..=checks).step_by(2) {
        let mut tried = hard.clone();
        let Some(errors) = correct_by(&mut tried, &syndromes, &order[..erased]) else {
            continue;
        };
        let pairs = words.iter().zip(&tried);
        let cost = pairs.map(|(word, &byte)| word.cost(byte)).sum();
        let spare = checks - erased - 2 * errors;
        match found.iter_mut().find(|known| known.words == tried) {
            Some(known) => known.spare = known.spare.max(spare),
            None if cost < CERTAIN / 2.0 => found.push(Decoded {
                words: tried,
                cost,
                spare,
            }),
            None => {}
        }
        if spare >= BEYOND_DOUBT {
            return found;
        }
    }
    found.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    found.truncate(4);
    found
}
