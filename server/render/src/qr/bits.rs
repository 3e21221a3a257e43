//! A line of modules as machine words, so that one operation works on 64 modules.
//!
//! The operators are plain loops: for one word a line, compilers make one instruction of each, which they do not of
//! arrays made by closures (measured: a fifth of the instructions).

/// A row or a column of modules: bit `i % 64` of word `i / 64` is module `i`, 1 for dark, 0 beyond the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Line<const N: usize>(pub(super) [u64; N]);

impl<const N: usize> Line<N> {
    /// All modules light.
    pub(super) const LIGHT: Self = Self([0; N]);

    /// The first `length` modules dark.
    pub(super) fn first(length: usize) -> Self {
        let mut line = Self::LIGHT;
        (0..length).for_each(|place| line.add(place, true));
        line
    }

    /// Makes a module dark if it is told to; a dark one stays dark.
    #[inline]
    pub(super) fn add(&mut self, place: usize, dark: bool) {
        self.0[place / 64] |= u64::from(dark) << (place % 64);
    }

    /// Whether a module is dark.
    pub(super) fn has(&self, place: usize) -> bool {
        self.0[place / 64] >> (place % 64) & 1 == 1
    }

    /// Module `i` becomes what module `i + steps` was; light comes in from beyond. `steps` is 1 to 63.
    #[inline]
    pub(super) fn down(self, steps: u32) -> Self {
        let mut line = Self::LIGHT;
        for word in 0..N {
            let above = if word + 1 < N {
                self.0[word + 1] << (64 - steps)
            } else {
                0
            };
            line.0[word] = self.0[word] >> steps | above;
        }
        line
    }

    /// Module `i` becomes what module `i - steps` was; light comes in from before. `steps` is 1 to 63.
    #[inline]
    pub(super) fn up(self, steps: u32) -> Self {
        let mut line = Self::LIGHT;
        for word in 0..N {
            let below = if word > 0 {
                self.0[word - 1] >> (64 - steps)
            } else {
                0
            };
            line.0[word] = self.0[word] << steps | below;
        }
        line
    }

    /// How many modules are dark.
    #[inline]
    pub(super) fn count(self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }
}

/// An operator of words, word by word.
macro_rules! word_by_word {
    ($operator:ident, $method:ident) => {
        impl<const N: usize> std::ops::$operator for Line<N> {
            type Output = Self;

            #[inline]
            fn $method(mut self, other: Self) -> Self {
                for word in 0..N {
                    self.0[word] = std::ops::$operator::$method(self.0[word], other.0[word]);
                }
                self
            }
        }
    };
}

word_by_word!(BitAnd, bitand);
word_by_word!(BitOr, bitor);
word_by_word!(BitXor, bitxor);

impl<const N: usize> std::ops::Not for Line<N> {
    type Output = Self;

    #[inline]
    fn not(mut self) -> Self {
        for word in &mut self.0 {
            *word = !*word;
        }
        self
    }
}
