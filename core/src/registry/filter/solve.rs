//! Solving a banded system: elimination from the left, then reading the unknowns off from the right.

use super::ribbon::{Key, MAX_WORDS, Ribbon, Row, Shape};

/// One bit to store.
#[derive(Debug, Clone, Copy)]
pub struct Equation {
    /// The card.
    pub key: Key,
    /// Which of the card's bits.
    pub index: u32,
    /// The bit.
    pub bit: bool,
}

/// Solves the system, if it has a solution in this layout. Equations are put in order of their bands on the way.
pub fn solve(shape: Shape, equations: &mut [Equation]) -> Option<Ribbon> {
    equations.sort_unstable_by_key(|equation| shape.row(equation.key, equation.index).start);
    let mut system = System::new(shape);
    equations
        .iter()
        .all(|equation| system.insert(equation))
        .then(|| system.finish())
}

/// The system in echelon form: at most one equation begins in each column.
struct System {
    shape: Shape,
    /// Words of a stored row: its band and one more, since rows begin at the word that holds their first column.
    stride: usize,
    rows: Vec<u64>,
    bits: Vec<bool>,
    taken: Vec<bool>,
}

impl System {
    fn new(shape: Shape) -> Self {
        let (columns, stride) = (shape.columns as usize, usize::from(shape.words) + 1);
        Self {
            shape,
            stride,
            rows: vec![0; columns * stride],
            bits: vec![false; columns],
            taken: vec![false; columns],
        }
    }

    /// Brings one equation into echelon form; false when it contradicts those before it.
    fn insert(&mut self, equation: &Equation) -> bool {
        let row = self.shape.row(equation.key, equation.index);
        let mut bit = equation.bit ^ row.flip;
        let mut first = row.start / 64;
        let mut window = [0; MAX_WORDS + 1];
        let window = &mut window[..self.stride];
        fill(window, &row);
        loop {
            let Some(skip) = window.iter().position(|&word| word != 0) else {
                return !bit;
            };
            window.rotate_left(skip);
            first += skip;
            let column = 64 * first + window[0].trailing_zeros() as usize;
            let stored = &mut self.rows[column * self.stride..(column + 1) * self.stride];
            if !self.taken[column] {
                stored.copy_from_slice(window);
                (self.taken[column], self.bits[column]) = (true, bit);
                return true;
            }
            window
                .iter_mut()
                .zip(stored.iter())
                .for_each(|(word, other)| *word ^= other);
            bit ^= self.bits[column];
        }
    }

    /// Reads the unknowns off, from the last to the first. Those that no equation begins with are zero.
    fn finish(self) -> Ribbon {
        let columns = self.shape.columns as usize;
        let mut solution = vec![0_u64; columns.div_ceil(64) + self.stride];
        for column in (0..columns).rev().filter(|&column| self.taken[column]) {
            let (word, place) = (column / 64, column % 64);
            let row = &self.rows[column * self.stride..(column + 1) * self.stride];
            let sum = row
                .iter()
                .zip(&solution[word..])
                .fold(0, |sum, (row, value)| sum ^ row & value);
            let one = (sum.count_ones() % 2 == 1) ^ self.bits[column];
            solution[word] |= u64::from(one) << place;
        }
        solution.truncate(columns.div_ceil(64) + 1);
        Ribbon {
            shape: self.shape,
            solution,
        }
    }
}

/// Writes a row's coefficients from the word that holds its first column.
fn fill(window: &mut [u64], row: &Row) {
    let shift = row.start % 64;
    let words = window.len() - 1;
    for word in 0..words {
        let coefficients = row.coefficients(word);
        window[word] |= coefficients << shift;
        window[word + 1] |= coefficients >> 1 >> (63 - shift);
    }
}
