//! A picture of light: one linear value a pixel, 0 for none and 1 for a white sheet in full light.

/// Rows of values.
#[derive(Debug, Clone)]
pub struct Plane {
    /// Values of a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Row by row.
    pub values: Vec<f32>,
}

impl Plane {
    /// A picture of one value.
    pub fn new(width: usize, height: usize, value: f32) -> Self {
        Self {
            width,
            height,
            values: vec![value; width * height],
        }
    }

    /// The value at a place between pixel centers, which lie at halves; the border goes on outside.
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let (x, y) = ((x - 0.5).max(0.0), (y - 0.5).max(0.0));
        let (column, row) = (
            (x as usize).min(self.width - 1),
            (y as usize).min(self.height - 1),
        );
        let (right, below) = ((column + 1).min(self.width - 1), (row + 1).min(self.height - 1));
        let (fx, fy) = ((x - column as f32).min(1.0), (y - row as f32).min(1.0));
        let line = |row: usize| {
            let row = &self.values[row * self.width..(row + 1) * self.width];
            row[column] + (row[right] - row[column]) * fx
        };
        let above = line(row);
        above + (line(below) - above) * fy
    }

    /// Changes each value inside a rectangle by its place.
    pub fn paint(&mut self, area: [f32; 4], mut change: impl FnMut(f32, f32, f32) -> f32) {
        let clip = |value: f32, end: usize| (value.max(0.0) as usize).min(end);
        let [left, top, right, bottom] = area;
        for row in clip(top, self.height)..clip(bottom.ceil(), self.height) {
            for column in clip(left, self.width)..clip(right.ceil(), self.width) {
                let value = &mut self.values[row * self.width + column];
                *value = change(column as f32 + 0.5, row as f32 + 0.5, *value);
            }
        }
    }
}
