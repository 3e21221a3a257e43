//! The modules of a code as numbers: how dark each is, compared with what black and white are around it.

use super::layout::{Fixed, Layout};
use super::linear::solve;
use super::plane::Plane;
use super::warp::Warp;

/// Modules on each side of a module that tell black from white around it.
const REACH: usize = 3;

/// Places in a module at which it is looked at, from its center.
const PROBES: [(f32, f32); 5] = [
    (0.0, 0.0),
    (-0.22, -0.22),
    (0.22, -0.22),
    (-0.22, 0.22),
    (0.22, 0.22),
];

/// Weights of a module and its eight neighbors, and a constant.
const TAPS: usize = 10;

/// One value a module, row by row: positive is dark, the size is how certain that is (1 is an ordinary dark module).
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Modules on each side.
    pub side: usize,
    /// The values.
    pub values: Vec<f32>,
}

impl Grid {
    /// The brightness of each module.
    pub fn sample(plane: &Plane<'_>, warp: &Warp, side: usize) -> Self {
        let value = |at: usize| {
            let (column, row) = ((at % side) as f32 + 0.5, (at / side) as f32 + 0.5);
            let probe = |(u, v): (f32, f32)| {
                let (x, y) = warp.map(column + u, row + v);
                plane.at(x, y)
            };
            PROBES.into_iter().map(probe).sum::<f32>() / PROBES.len() as f32
        };
        Self {
            side,
            values: (0..side * side).map(value).collect(),
        }
    }

    /// Dark and light against the black and white around each module; where there is no contrast, as in glare and
    /// under a thumb, nothing is certain.
    pub fn leveled(&self) -> Self {
        let mut threshold = self.window_means(|value| (value, 1.0));
        for _ in 0..2 {
            let split = |want_dark: bool| {
                let pick = |at: usize, value: f32| ((value < threshold[at]) == want_dark).then_some(value);
                self.window_means_at(|at, value| pick(at, value).map_or((0.0, 0.0), |value| (value, 1.0)))
            };
            let (dark, light) = (split(true), split(false));
            threshold = dark
                .iter()
                .zip(&light)
                .map(|(dark, light)| (dark + light) / 2.0)
                .collect();
        }
        let contrast = self.window_means_at(|at, value| ((value - threshold[at]).abs(), 1.0));
        let mut sorted = contrast.clone();
        sorted.sort_by(f32::total_cmp);
        let usual = sorted[sorted.len() * 2 / 3].max(0.5);
        let value = |at: usize| {
            let local = contrast[at].max(0.2 * usual);
            let certainty = (contrast[at] / usual).min(1.0);
            ((threshold[at] - self.values[at]) / local).clamp(-2.0, 2.0) * certainty
        };
        Self {
            side: self.side,
            values: (0..self.values.len()).map(value).collect(),
        }
    }

    fn window_means(&self, part: impl Fn(f32) -> (f32, f32)) -> Vec<f32> {
        self.window_means_at(|_, value| part(value))
    }

    /// The weighted mean of the windows around all modules, by summed areas.
    fn window_means_at(&self, part: impl Fn(usize, f32) -> (f32, f32)) -> Vec<f32> {
        let (side, wide) = (self.side, self.side + 1);
        let mut sums = vec![(0.0_f64, 0.0_f64); wide * wide];
        for row in 0..side {
            let mut line = (0.0, 0.0);
            for column in 0..side {
                let at = row * side + column;
                let (value, weight) = part(at, self.values[at]);
                line = (line.0 + f64::from(value), line.1 + f64::from(weight));
                let above = sums[row * wide + column + 1];
                sums[(row + 1) * wide + column + 1] = (above.0 + line.0, above.1 + line.1);
            }
        }
        let mean = |at: usize| {
            let (column, row) = (at % side, at / side);
            let (left, right) = (column.saturating_sub(REACH), (column + REACH + 1).min(side));
            let (top, bottom) = (row.saturating_sub(REACH), (row + REACH + 1).min(side));
            let sum = |pick: fn((f64, f64)) -> f64| {
                pick(sums[bottom * wide + right])
                    - pick(sums[top * wide + right])
                    - pick(sums[bottom * wide + left])
                    + pick(sums[top * wide + left])
            };
            let weight = sum(|pair| pair.1);
            if weight < 0.5 {
                self.values[at]
            } else {
                (sum(|pair| pair.0) / weight) as f32
            }
        };
        (0..side * side).map(mean).collect()
    }

    /// Undoes blur: each module becomes the weighted sum of itself and its neighbors that comes nearest to the modules
    /// that are known (`training`: place in the grid, dark). None when there are too few.
    pub fn equalized(&self, training: &[(usize, bool)]) -> Option<Self> {
        let mut normal = [[0.0; TAPS]; TAPS];
        let mut right = [0.0; TAPS];
        for &(at, dark) in training {
            let taps = self.taps(at);
            let target = if dark { 1.0 } else { -1.0 };
            for (row, &a) in taps.iter().enumerate() {
                for (column, &b) in taps.iter().enumerate() {
                    normal[row][column] += a * b;
                }
                right[row] += a * target;
            }
        }
        let ridge = 0.03 * training.len() as f64;
        for (at, row) in normal.iter_mut().enumerate() {
            row[at] += ridge;
        }
        // Drawn toward the module itself, unchanged.
        right[4] += ridge;
        let weights = solve(normal, right)?;
        let value = |at: usize| {
            let sum: f64 = self.taps(at).iter().zip(&weights).map(|(a, b)| a * b).sum();
            sum.clamp(-2.0, 2.0) as f32
        };
        Some(Self {
            side: self.side,
            values: (0..self.values.len()).map(value).collect(),
        })
    }

    fn taps(&self, at: usize) -> [f64; TAPS] {
        let (column, row) = ((at % self.side) as isize, (at / self.side) as isize);
        std::array::from_fn(|tap| {
            if tap == TAPS - 1 {
                return 0.5;
            }
            let (x, y) = (column + tap as isize % 3 - 1, row + tap as isize / 3 - 1);
            let side = self.side as isize;
            // The quiet zone around the code is light.
            let inside = (0..side).contains(&x) && (0..side).contains(&y);
            if inside {
                f64::from(self.values[(y * side + x) as usize])
            } else {
                -1.0
            }
        })
    }

    /// The grid with rows for columns: what a mirrored code is.
    pub fn transposed(&self) -> Self {
        let side = self.side;
        Self {
            side,
            values: (0..side * side)
                .map(|at| self.values[at % side * side + at / side])
                .collect(),
        }
    }

    /// How alike two grids are on the modules that carry data, −1 to 1.
    pub fn likeness(&self, other: &Self, layout: &Layout) -> f32 {
        let pairs = layout.data.iter().map(|&place| (self.at(place), other.at(place)));
        let (mut product, mut mine, mut theirs) = (0.0, 0.0, 0.0);
        for (a, b) in pairs {
            product += a * b;
            mine += a * a;
            theirs += b * b;
        }
        if mine * theirs > 0.0 {
            product / (mine * theirs).sqrt()
        } else {
            0.0
        }
    }

    /// Adds another look at the same modules.
    pub fn add(&mut self, other: &Self, weight: f32) {
        for (value, more) in self.values.iter_mut().zip(&other.values) {
            *value += weight * more;
        }
    }

    /// All values times a factor.
    pub fn scaled(&self, factor: f32) -> Self {
        Self {
            side: self.side,
            values: self.values.iter().map(|value| value * factor).collect(),
        }
    }

    /// The value of a module.
    pub fn at(&self, (column, row): (usize, usize)) -> f32 {
        self.values[row * self.side + column]
    }

    /// The share of fixed modules that have their color, by certainty, −1 to 1.
    pub fn agreement(&self, layout: &Layout) -> f32 {
        self.agreement_of(layout.fixed.iter())
    }

    /// The same of those that tell a card's code from others.
    pub fn telling(&self, layout: &Layout) -> f32 {
        self.agreement_of(layout.fixed.iter().filter(|fixed| fixed.telling))
    }

    fn agreement_of<'a>(&self, fixed: impl Iterator<Item = &'a Fixed>) -> f32 {
        let (mut sum, mut all) = (0.0, 0.0);
        for fixed in fixed {
            let value = self.at((fixed.column, fixed.row));
            sum += if fixed.dark { value } else { -value };
            all += value.abs();
        }
        if all > 0.0 { sum / all } else { 0.0 }
    }
}
