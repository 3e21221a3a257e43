//! A coarse grid of values that is spread smoothly over a picture: light, background, dirt.

use crate::register::Rng;

/// Values at the corners of square cells.
#[derive(Debug, Clone)]
pub struct Grid {
    cell: usize,
    columns: usize,
    values: Vec<f32>,
}

impl Grid {
    /// The values of a function at the corners of cells that cover `width` × `height`.
    pub fn of(cell: usize, width: usize, height: usize, mut value: impl FnMut(f32, f32) -> f32) -> Self {
        let (columns, rows) = (width.div_ceil(cell) + 1, height.div_ceil(cell) + 1);
        let place = |index: usize| (index * cell) as f32;
        let mut values = Vec::with_capacity(columns * rows);
        for row in 0..rows {
            values.extend((0..columns).map(|column| value(place(column), place(row))));
        }
        Self {
            cell,
            columns,
            values,
        }
    }

    /// Random values from −1 to 1.
    pub fn random(cell: usize, width: usize, height: usize, rng: &mut Rng) -> Self {
        Self::of(cell, width, height, |_, _| rng.between(-1.0, 1.0) as f32)
    }

    /// Calls `use_value` with each place of a row and the value there.
    pub fn row(&self, row: usize, width: usize, mut use_value: impl FnMut(usize, f32)) {
        let (line, down) = (row / self.cell, (row % self.cell) as f32 / self.cell as f32);
        let above = &self.values[line * self.columns..(line + 1) * self.columns];
        let below = &self.values[(line + 1) * self.columns..(line + 2) * self.columns];
        let corner = |column: usize| above[column] + (below[column] - above[column]) * down;
        for column in 0..self.columns - 1 {
            let (left, right) = (corner(column), corner(column + 1));
            let step = (right - left) / self.cell as f32;
            let start = column * self.cell;
            for offset in 0..self.cell.min(width.saturating_sub(start)) {
                use_value(start + offset, left + step * offset as f32);
            }
        }
    }
}
