//! Reading a card's code where its three finder patterns are: geometry, modules, blocks, text.

use super::Budget;
use super::blocks::{self, CERTAIN, Decoded, Word};
use super::corners::Corners;
use super::grid::Grid;
use super::judge::Judge;
use super::known::{Known, text_of};
use super::layout::{LAYOUTS, Layout, format_bits, format_places, masked};
use super::pins;
use super::plane::Plane;
use super::sight;
use super::tilt::{self, Tilt};
use super::warp::{Target, Warp};
use crate::card::text::{self, CardText};

/// A card that was read.
#[derive(Debug, Clone)]
pub struct CardRead {
    /// Its text.
    pub text: String,
    /// Where it lies.
    pub warp: Warp,
    /// QR version.
    pub version: u8,
    /// Seen in a mirror.
    pub mirrored: bool,
    /// Whether more than a plain look was needed.
    pub repaired: bool,
}

/// What a code that could not be read has shown, for the frames to come.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Its layout.
    pub layout: &'static Layout,
    /// Its modules as far as they were seen.
    pub grid: Grid,
    /// How well its fixed patterns are seen, up to 1.
    pub agreement: f32,
    /// Where it lies.
    pub warp: Warp,
}

/// Check words that a block must have to spare when nobody judges the text.
const MARGIN: usize = 4;

/// A guess of where a code of a layout lies, and how well its fixed patterns are seen there.
#[derive(Debug, Clone)]
pub struct Start {
    agreement: f32,
    layout: &'static Layout,
    warp: Warp,
}

impl Start {
    /// Whether the fixed patterns of a card are seen rather than not.
    pub fn is_likely(&self) -> bool {
        self.agreement > 0.5
    }
}

/// Agreement from which the text is tried at once.
const CLEAR: f32 = 0.7;

/// Agreement below which a guess is dropped.
const FAINT: f32 = 0.28;

/// Reads the card at three finder patterns, if it is seen well. Guesses that might be worth more work go to `starts`.
pub fn quick(
    plane: &Plane,
    corners: &Corners,
    budget: &mut Budget,
    judge: Option<&dyn Judge>,
    starts: &mut Vec<Start>,
) -> Option<CardRead> {
    let sight = sight::look(plane, corners)?;
    let near = |layout: &&Layout| (0.55..1.8).contains(&(sight.side / layout.side as f32));
    let tilts = LAYOUTS.iter().filter(near).filter_map(|layout| {
        Some((
            layout,
            tilt::of(plane, corners, layout, sight.right, sight.below)?,
        ))
    });
    let mut tilts: Vec<_> = tilts.collect();
    let off = |layout: &Layout| (layout.side as f32 / sight.side).ln().abs();
    let worth = |(layout, tilt): &(&'static Layout, Tilt)| tilt.timing - 0.3 * off(layout);
    tilts.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
    for (layout, tilt) in tilts {
        if !budget.take(100) {
            return None;
        }
        let followed = pins::follow(plane, &tilt.warp, layout);
        let warp = followed.warp;
        let grid = Grid::sample(plane, &warp, layout.side).leveled();
        let agreement = grid.agreement(layout);
        if agreement > CLEAR
            && let Some(read) = Attempt::new(layout, judge).grid(&grid, 0, budget)
        {
            return Some(read.at(warp));
        }
        if agreement > FAINT {
            starts.push(Start {
                agreement,
                layout,
                warp,
            });
        }
        if agreement > CLEAR {
            break;
        }
    }
    None
}

/// More work on the best guesses. What was seen of a code that could not be read goes to `evidence`.
pub fn thorough(
    planes: &[Plane],
    mut starts: Vec<Start>,
    budget: &mut Budget,
    judge: Option<&dyn Judge>,
    evidence: &mut Option<Evidence>,
) -> Option<CardRead> {
    starts.sort_by(|a, b| b.agreement.total_cmp(&a.agreement));
    starts
        .into_iter()
        .take(3)
        .find_map(|start| hard(planes, start.warp, start.layout, budget, judge, evidence))
}

/// More work: the geometry is refined on the fixed patterns, blur is undone, uncertain bits are tried both ways.
fn hard(
    planes: &[Plane],
    mut warp: Warp,
    layout: &'static Layout,
    budget: &mut Budget,
    judge: Option<&dyn Judge>,
    evidence: &mut Option<Evidence>,
) -> Option<CardRead> {
    let target = Target::of(layout);
    for bent in [false, true] {
        if !budget.take(if bent { 2_500 } else { 1_000 }) {
            return None;
        }
        warp.refine(&planes[0], &target, 0.5 * warp.module(), bent);
        let grid = Grid::sample(&planes[0], &warp, layout.side).leveled();
        let agreement = grid.agreement(layout);
        if agreement < 0.35 {
            continue;
        }
        let attempt = Attempt::new(layout, judge);
        if let Some(read) = attempt.grid(&grid, 0, budget) {
            return Some(read.repaired().at(warp));
        }
        let training = layout
            .fixed
            .iter()
            .map(|fixed| (fixed.row * layout.side + fixed.column, fixed.dark));
        let training: Vec<_> = training.collect();
        let equalized = grid.equalized(&training);
        let flips = if agreement > 0.6 { 4 } else { 2 };
        if let Some(read) = equalized
            .as_ref()
            .and_then(|grid| attempt.grid(grid, flips, budget))
        {
            return Some(read.repaired().at(warp));
        }
        if evidence.as_ref().is_none_or(|known| known.agreement < agreement) {
            *evidence = Some(Evidence {
                layout,
                grid: equalized.unwrap_or(grid),
                agreement,
                warp,
            });
        }
    }
    None
}

/// Text and orientation, before the geometry is added.
pub struct Text {
    text: String,
    version: u8,
    mirrored: bool,
    repaired: bool,
}

impl Text {
    fn repaired(self) -> Self {
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
    pub fn grid(&self, grid: &Grid, flips: usize, budget: &mut Budget) -> Option<Text> {
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
        self.hypotheses(&words)
            .into_iter()
            .find_map(|known| {
                if !budget.take(60 << flips) {
                    return None;
                }
                self.decode(&words, &known, flips)
            })
            .map(|text| Text {
                text,
                version: self.layout.version,
                mirrored,
                repaired: flips > 0,
            })
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
        let places = self.layout.places();
        let blocks = places.iter().zip(self.layout.blocks);
        blocks
            .flat_map(|(places, &data)| places[..data].to_vec())
            .collect()
    }

    fn decode(&self, words: &[Word], known: &Known, flips: usize) -> Option<String> {
        let mut results = Vec::new();
        let mut first = 0;
        for (places, &data) in self.layout.places().iter().zip(self.layout.blocks) {
            let mut block: Vec<Word> = places.iter().map(|&at| words[at]).collect();
            for (at, word) in block[..data].iter_mut().enumerate() {
                known.set(word, 8 * (first + at));
            }
            first += data;
            let decoded = blocks::decode(&block, self.layout.checks, flips);
            if decoded.is_empty() {
                return None;
            }
            results.push(decoded);
        }
        self.choose(&results)
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

impl Known {
    fn set(&self, word: &mut Word, start: usize) {
        for (at, value) in word.bits.iter_mut().enumerate() {
            if let Some(bit) = self.bit(start + at) {
                *value = if bit { CERTAIN } else { -CERTAIN };
            }
        }
    }

    /// How well the known bits fit what was seen, −1 to 1.
    fn agreement(&self, words: &[Word], places: &[usize]) -> f32 {
        let (mut sum, mut all) = (0.0, 0.0);
        for at in 0..self.len() {
            let word = places.get(at / 8).and_then(|&place| words.get(place));
            if let (Some(bit), Some(word)) = (self.bit(at), word) {
                let value = word.bits[at % 8];
                sum += if bit { value } else { -value };
                all += value.abs();
            }
        }
        if all > 0.0 { sum / all } else { 0.0 }
    }

    /// How much is known: more bits that fit are more evidence.
    fn weight(&self) -> f32 {
        ((0..self.len()).filter(|&at| self.bit(at).is_some()).count() as f32).sqrt()
    }
}
