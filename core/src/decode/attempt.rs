//! From the modules of one code to its text: mask, blocks, what is known in advance, and who judges it.

use super::Budget;
use super::blocks::{self, Decoded, Word};
use super::card::CardRead;
use super::grid::Grid;
use super::judge::Judge;
use super::known::{Known, text_of};
use super::layout::{Layout, format_bits, format_places, masked};
use super::warp::Warp;
use crate::card::text::{self, CardText};

/// Check words that a block must have to spare when nobody judges the text.
const MARGIN: usize = 4;

/// Text and orientation, before the geometry is added.
pub struct Text {
    text: String,
    version: u8,
    mirrored: bool,
    repaired: bool,
}

impl Text {
    /// Marked as read by more than a plain look.
    pub fn repaired(self) -> Self {
        Self {
            repaired: true,
            ..self
        }
    }

    /// With its geometry.
    pub fn at(self, warp: Warp) -> CardRead {
        CardRead {
            text: self.text,
            warp,
            version: self.version,
            mirrored: self.mirrored,
            repaired: self.repaired,
        }
    }
}

/// What an attempt has brought.
pub struct Outcome {
    /// The text.
    pub text: Option<Text>,
    /// Without a text, the modules whose color is known all the same: place in the grid, dark.
    pub sure: Vec<(usize, bool)>,
}

/// Attempts at the modules of one code.
pub struct Attempt<'a> {
    layout: &'a Layout,
    judge: Option<&'a dyn Judge>,
}

impl<'a> Attempt<'a> {
    /// Attempts with a layout.
    pub fn new(layout: &'a Layout, judge: Option<&'a dyn Judge>) -> Self {
        Self { layout, judge }
    }

    /// The text of a grid's modules, in one or the other orientation.
    pub fn grid(&self, grid: &Grid, budget: &mut Budget) -> Option<Text> {
        self.solve(grid, budget).text
    }

    /// The same; where there is no text, the modules that are known for sure are told, for the next attempt.
    pub fn solve(&self, grid: &Grid, budget: &mut Budget) -> Outcome {
        let turned = grid.transposed();
        let (mask, score) = self.mask(grid);
        let (turned_mask, turned_score) = self.mask(&turned);
        let mirrored = turned_score > score;
        let (grid, mask) = if mirrored {
            (&turned, turned_mask)
        } else {
            (grid, mask)
        };
        let words = self.words(grid, mask);
        let mut sure = Vec::new();
        for known in self.hypotheses(&words) {
            if !budget.take(60) {
                break;
            }
            let (text, results) = self.decode(&words, &known);
            if let Some(text) = text {
                let text = Text {
                    text,
                    version: self.layout.version,
                    mirrored,
                    repaired: false,
                };
                return Outcome {
                    text: Some(text),
                    sure: Vec::new(),
                };
            }
            let more = self.sure(&known, &results, mask, mirrored);
            if more.len() > sure.len() {
                sure = more;
            }
        }
        Outcome { text: None, sure }
    }

    /// The modules of blocks that were decoded beyond doubt, and of the format information: place in the grid, dark.
    fn sure(&self, known: &Known, results: &[Vec<Decoded>], mask: u8, mirrored: bool) -> Vec<(usize, bool)> {
        let side = self.layout.side;
        let place = |(column, row): (usize, usize)| {
            if mirrored {
                column * side + row
            } else {
                row * side + column
            }
        };
        let mut sure = Vec::new();
        let mut bit = |at: usize, value: bool| {
            let (column, row) = self.layout.data[at];
            sure.push((place((column, row)), value ^ masked(mask, column, row)));
        };
        let mut first = 0;
        let blocks = self.layout.places.iter().zip(self.layout.blocks);
        for ((places, &data), decoded) in blocks.zip(results) {
            match decoded.first().filter(|best| best.spare >= MARGIN) {
                Some(best) => {
                    for (&word, &byte) in places.iter().zip(&best.words) {
                        (0..8).for_each(|at| bit(8 * word + at, byte >> (7 - at) & 1 == 1));
                    }
                }
                None => {
                    for (word, at) in places[..data].iter().zip(first..) {
                        for one in 0..8 {
                            if let Some(value) = known.bit(8 * at + one) {
                                bit(8 * word + one, value);
                            }
                        }
                    }
                }
            }
            first += data;
        }
        for (at, copies) in format_places(side).into_iter().enumerate() {
            let dark = format_bits(mask) >> (14 - at) & 1 == 1;
            sure.extend(copies.map(|copy| (place(copy), dark)));
        }
        sure
    }

    /// The likeliest mask by the format information, and how well it fits.
    fn mask(&self, grid: &Grid) -> (u8, f32) {
        let places = format_places(self.layout.side);
        let score = |mask: u8| {
            let bits = format_bits(mask);
            let values = places.iter().enumerate().map(|(at, copies)| {
                let value: f32 = copies.iter().map(|&place| grid.at(place)).sum();
                if bits >> (14 - at) & 1 == 1 { value } else { -value }
            });
            (mask, values.sum::<f32>())
        };
        (0..8)
            .map(score)
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap_or((0, 0.0))
    }

    fn words(&self, grid: &Grid, mask: u8) -> Vec<Word> {
        let bit = |&(column, row): &(usize, usize)| {
            let value = grid.at((column, row));
            if masked(mask, column, row) { -value } else { value }
        };
        let bits: Vec<f32> = self.layout.data.iter().map(bit).collect();
        let word = |bits: &[f32]| Word {
            bits: std::array::from_fn(|at| bits[at]),
        };
        bits.chunks_exact(8).map(word).collect()
    }

    /// What may be known of the code, the likeliest first; a code of another maker has nothing known.
    fn hypotheses(&self, words: &[Word]) -> Vec<Known> {
        let capacity = self.layout.blocks.iter().sum();
        let keys = self.judge.map_or(&[][..], |judge| judge.keys());
        let hosts = self.judge.map_or(&[][..], |judge| judge.hosts());
        let kids = || keys.iter().take(4).map(|&kid| Some(kid)).chain([None]);
        let compact = kids().map(|kid| Known::compact(kid, capacity));
        let links = hosts
            .iter()
            .take(8)
            .flat_map(|host| kids().map(move |kid| Known::link(host, kid, capacity)));
        let mut all: Vec<_> = compact.chain(links).chain([Known::any_link()]).collect();
        let places = self.data_places();
        let mut scored: Vec<_> = all
            .drain(..)
            .map(|known| (known.agreement(words, &places), known))
            .collect();
        scored.retain(|(agreement, _)| *agreement > 0.3);
        scored.sort_by(|a, b| (b.0 * b.1.weight()).total_cmp(&(a.0 * a.1.weight())));
        scored
            .into_iter()
            .map(|(_, known)| known)
            .take(1)
            .chain([Known::default()])
            .collect()
    }

    /// Where each data codeword stands in the interleaved sequence.
    fn data_places(&self) -> Vec<usize> {
        let blocks = self.layout.places.iter().zip(self.layout.blocks);
        blocks
            .flat_map(|(places, &data)| places[..data].to_vec())
            .collect()
    }

    /// The text, and what each block may say; nothing of a block that cannot be decoded.
    fn decode(&self, words: &[Word], known: &Known) -> (Option<String>, Vec<Vec<Decoded>>) {
        let mut blocks = Vec::new();
        let mut first = 0;
        for (places, &data) in self.layout.places.iter().zip(self.layout.blocks) {
            let mut block: Vec<Word> = places.iter().map(|&at| words[at]).collect();
            for (at, word) in block[..data].iter_mut().enumerate() {
                known.set(word, 8 * (first + at));
            }
            first += data;
            blocks.push(block);
        }
        let decode = |block: &Vec<Word>| blocks::decode(block, self.layout.checks);
        let results: Vec<_> = blocks.iter().map(decode).collect();
        let whole = results.iter().all(|decoded| !decoded.is_empty());
        (whole.then(|| self.choose(&results)).flatten(), results)
    }

    /// The combination of block results that is a card, tried in the order of their costs.
    fn choose(&self, results: &[Vec<Decoded>]) -> Option<String> {
        let mut combinations: Vec<(f32, Vec<&Decoded>)> = vec![(0.0, Vec::new())];
        for decoded in results {
            let longer = combinations.iter().flat_map(|(cost, blocks)| {
                decoded.iter().map(move |block| {
                    let blocks = blocks.iter().copied().chain([block]).collect();
                    (cost + block.cost, blocks)
                })
            });
            let mut longer: Vec<_> = longer.collect();
            longer.sort_by(|a, b| a.0.total_cmp(&b.0));
            longer.truncate(12);
            combinations = longer;
        }
        combinations
            .into_iter()
            .find_map(|(_, blocks)| self.text(&blocks))
    }

    fn text(&self, blocks: &[&Decoded]) -> Option<String> {
        let data = blocks.iter().zip(self.layout.blocks);
        let data: Vec<u8> = data
            .flat_map(|(block, &count)| block.words[..count].to_vec())
            .collect();
        let text = text_of(&data)?;
        let strict = blocks.iter().all(|block| block.spare >= MARGIN);
        let card = || matches!(text::parse(&text), Ok(CardText::Signed(_)));
        let good = match self.judge {
            Some(judge) => judge.accepts(&text) || (strict && card()),
            None => strict && card(),
        };
        good.then_some(text)
    }
}
