//! One word against a dictionary.
//!
//! Words of equal length are laid out sixteen to a block, and each block keeps, for each letter, where the letter stands
//! in each of its words, as one vector of sixteen 16-bit masks. For a letter of the query one load then answers sixteen
//! comparisons, and since all words of a block are equally long, so is their window. What remains per word is a look-up
//! of the similarity by (common, transposed), which is computed once per length.
//!
//! The loops are written over fixed arrays so that any compiler turns them into vector instructions; on x86-64 they are
//! compiled a second time for AVX2 and chosen at run time. All ways give the same bits.

use super::{jaro, jaro_winkler, reach, winkler};

/// Words in a block.
const LANES: usize = 16;
/// Longest word that is laid out in blocks; longer ones are compared one by one.
const LONGEST: usize = 16;
const LETTERS: usize = 26;

type Lanes = [u16; LANES];

/// A dictionary of words, laid out to be compared with one word at a time.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Blocks by length of their words, 1 to [`LONGEST`].
    lengths: Vec<Vec<Block>>,
    /// Words that fit no block: longer than [`LONGEST`], or not of the letters a to z.
    others: Vec<(u32, Box<[u8]>)>,
    words: usize,
}

#[derive(Debug, Clone)]
struct Block {
    /// Positions of each letter in each word.
    letters: [Lanes; LETTERS],
    /// Numbers of the words.
    numbers: [u32; LANES],
    used: usize,
}

impl Batch {
    /// A dictionary of words, numbered in the order given.
    pub fn new<'words>(words: impl IntoIterator<Item = &'words [u8]>) -> Self {
        let mut batch = Self {
            lengths: vec![Vec::new(); LONGEST + 1],
            ..Self::default()
        };
        for word in words {
            batch.push(word);
        }
        batch
    }

    /// Adds a word under the next number.
    pub fn push(&mut self, word: &[u8]) {
        let number = self.words as u32;
        self.words += 1;
        match self.lengths.get_mut(word.len()) {
            Some(blocks) if is_plain(word) => {
                if blocks.last().is_none_or(|block| block.used == LANES) {
                    blocks.push(Block::EMPTY);
                }
                if let Some(block) = blocks.last_mut() {
                    block.add(number, word);
                }
            }
            _ => self.others.push((number, word.into())),
        }
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words
    }

    /// True when there are no words.
    pub fn is_empty(&self) -> bool {
        self.words == 0
    }

    /// Calls `each` with the number of every word and its similarity to the query, in no particular order.
    pub fn similarities(&self, query: &[u8], mut each: impl FnMut(u32, f64)) {
        for (number, word) in &self.others {
            each(*number, jaro_winkler(word, query));
        }
        for (length, blocks) in self
            .lengths
            .iter()
            .enumerate()
            .filter(|(_, blocks)| !blocks.is_empty())
        {
            if query.len() > LONGEST || !is_plain(query) {
                one_by_one(length, blocks, query, &mut each);
                continue;
            }
            let table = Table::new(length, query.len());
            for block in blocks {
                let counts = count(block, query, reach(length, query.len()));
                for (lane, &number) in block.numbers[..block.used].iter().enumerate() {
                    each(number, table.similarity(&counts, lane));
                }
            }
        }
    }
}

/// A query that the blocks cannot hold: the words are read back from them.
fn one_by_one(length: usize, blocks: &[Block], query: &[u8], each: &mut impl FnMut(u32, f64)) {
    for block in blocks {
        for (lane, &number) in block.numbers[..block.used].iter().enumerate() {
            each(number, jaro_winkler(&block.word(lane, length), query));
        }
    }
}

fn is_plain(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(u8::is_ascii_lowercase)
}

impl Block {
    const EMPTY: Self = Self {
        letters: [[0; LANES]; LETTERS],
        numbers: [0; LANES],
        used: 0,
    };

    fn add(&mut self, number: u32, word: &[u8]) {
        for (at, letter) in word.iter().enumerate() {
            self.letters[usize::from(letter - b'a')][self.used] |= 1 << at;
        }
        self.numbers[self.used] = number;
        self.used += 1;
    }

    fn word(&self, lane: usize, length: usize) -> Vec<u8> {
        let letter_at = |at: usize| (0..LETTERS).find(|&letter| self.letters[letter][lane] >> at & 1 == 1);
        (0..length)
            .filter_map(|at| letter_at(at).map(|letter| b'a' + letter as u8))
            .collect()
    }
}

/// What sixteen comparisons counted.
struct Counts {
    common: Lanes,
    transpositions: Lanes,
    prefix: Lanes,
}

/// Similarities by what was counted, for one length of word and query.
struct Table {
    jaro: [[f64; LONGEST / 2 + 1]; LONGEST + 1],
}

impl Table {
    fn new(word: usize, query: usize) -> Self {
        let row = |common| std::array::from_fn(|moved| jaro(word, query, common, 2 * moved));
        Self {
            jaro: std::array::from_fn(row),
        }
    }

    #[inline(always)]
    fn similarity(&self, counts: &Counts, lane: usize) -> f64 {
        let (common, moved) = (
            usize::from(counts.common[lane]),
            usize::from(counts.transpositions[lane] / 2),
        );
        winkler(
            self.jaro[common.min(LONGEST)][moved.min(LONGEST / 2)],
            usize::from(counts.prefix[lane]),
        )
    }
}

fn count(block: &Block, query: &[u8], reach: usize) -> Counts {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, as was just asked; the function has no other condition.
        return unsafe { count_avx2(block, query, reach) };
    }
    count_lanes(block, query, reach)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn count_avx2(block: &Block, query: &[u8], reach: usize) -> Counts {
    count_lanes(block, query, reach)
}

#[inline(always)]
fn count_lanes(block: &Block, query: &[u8], reach: usize) -> Counts {
    let mut taken: Lanes = [0; LANES];
    let mut common: Lanes = [0; LANES];
    let mut prefix: Lanes = [0; LANES];
    let mut still: Lanes = [1; LANES];
    let mut matched = [[0u16; LANES]; LONGEST];
    for (at, letter) in query.iter().enumerate() {
        let positions = &block.letters[usize::from(letter - b'a')];
        let window = super::window(at, reach) as u16;
        for lane in 0..LANES {
            let free = positions[lane] & window & !taken[lane];
            let hit = u16::from(free != 0);
            taken[lane] |= free & free.wrapping_neg();
            common[lane] += hit;
            matched[at][lane] = hit.wrapping_neg();
        }
        if at < 4 {
            for lane in 0..LANES {
                still[lane] &= positions[lane] >> at & 1;
                prefix[lane] += still[lane];
            }
        }
    }
    let transpositions = transposed(block, query, &matched, taken);
    Counts {
        common,
        transpositions,
        prefix,
    }
}

/// Walks the matched letters of both sides in order and counts those that differ.
#[inline(always)]
fn transposed(block: &Block, query: &[u8], matched: &[Lanes; LONGEST], mut taken: Lanes) -> Lanes {
    let mut transpositions: Lanes = [0; LANES];
    for (at, letter) in query.iter().enumerate() {
        let positions = &block.letters[usize::from(letter - b'a')];
        for lane in 0..LANES {
            let lowest = taken[lane] & taken[lane].wrapping_neg() & matched[at][lane];
            transpositions[lane] += u16::from(positions[lane] & lowest == 0) & matched[at][lane];
            taken[lane] ^= lowest;
        }
    }
    transpositions
}
