//! The brightness between dark and light around each place of a picture.
//!
//! Light is uneven and prints are faded, so what is dark is told by the mean brightness nearby. The window is about as
//! large as a finder pattern: a larger one would mix in what lies around the card.

use super::plane::Plane;

/// Blocks on each side of a block that count for its limit: 7 × 7 blocks.
const REACH: usize = 3;

/// A limit for each block of a picture.
#[derive(Debug)]
pub struct Limits {
    columns: usize,
    block: usize,
    values: Vec<u8>,
}

impl Limits {
    /// Of a picture by the means of windows of 7 × 7 blocks, each of `block` pixels on each side (at most 8).
    pub fn of(plane: &Plane, block: usize) -> Self {
        let (columns, rows) = (plane.width.div_ceil(block), plane.height.div_ceil(block));
        let mut across = Vec::with_capacity(columns * rows);
        let mut sums = vec![0_u16; plane.width];
        let mut means = vec![0_u16; columns];
        for row in 0..rows {
            block_means(plane, block, row, &mut sums, &mut means);
            smooth_row(&means, &mut across);
        }
        Self {
            columns,
            block,
            values: smooth_columns(&across, columns, rows),
        }
    }

    /// Whether a pixel is dark.
    pub fn dark(&self, plane: &Plane, x: usize, y: usize) -> bool {
        let column = (x / self.block).min(self.columns - 1);
        let row = (y / self.block).min(self.values.len() / self.columns - 1);
        plane.pixels[y * plane.width + x] < self.values[row * self.columns + column]
    }

    /// The places in a row at which dark begins or ends; the first is where dark begins. `line` is room for the row's
    /// limits.
    pub fn edges(&self, plane: &Plane, row: usize, line: &mut Vec<u8>, edges: &mut Vec<u32>) {
        let pixels = &plane.pixels[row * plane.width..(row + 1) * plane.width];
        let start = (row / self.block).min(self.values.len() / self.columns - 1) * self.columns;
        let limits = &self.values[start..start + self.columns];
        line.clear();
        for &limit in limits {
            line.extend(std::iter::repeat_n(limit, self.block));
        }
        line.resize(pixels.len().next_multiple_of(64), limits[self.columns - 1]);
        edges.clear();
        let mut last = 0;
        for (at, (pixels, limits)) in pixels.chunks(64).zip(line.chunks_exact(64)).enumerate() {
            let word = pack(pixels, limits);
            let mut changes = word ^ (word << 1 | last);
            last = word >> 63;
            while changes != 0 {
                edges.push(64 * at as u32 + changes.trailing_zeros());
                changes &= changes - 1;
            }
        }
        if edges.len() % 2 == 1 {
            edges.push(plane.width as u32);
        }
    }
}

/// 64 pixels' dark (1) and light.
fn pack(pixels: &[u8], limits: &[u8]) -> u64 {
    let mut flags = [0_u8; 64];
    for ((flag, pixel), limit) in flags.iter_mut().zip(pixels).zip(limits) {
        *flag = u8::from(pixel < limit);
    }
    let mut word = 0;
    for (at, eight) in flags.chunks_exact(8).enumerate() {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(eight);
        // Gathers the lowest bits of eight bytes into one.
        let byte = u64::from_le_bytes(bytes).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        word |= byte << (8 * at);
    }
    word
}

/// Sixteen times the mean brightness of each block of a row of blocks.
fn block_means(plane: &Plane, block: usize, row: usize, sums: &mut [u16], means: &mut [u16]) {
    let (top, bottom) = (row * block, ((row + 1) * block).min(plane.height));
    sums.fill(0);
    for line in top..bottom {
        let pixels = &plane.pixels[line * plane.width..(line + 1) * plane.width];
        for (sum, &pixel) in sums.iter_mut().zip(pixels) {
            *sum += u16::from(pixel);
        }
    }
    // A multiplication is faster than a division.
    let factor = (16 << 10) / (block * (bottom - top)) as u32;
    for (mean, sums) in means.iter_mut().zip(sums.chunks(block)) {
        let sum: u32 = sums.iter().map(|&sum| u32::from(sum)).sum();
        let part = if sums.len() == block {
            factor
        } else {
            factor * block as u32 / sums.len() as u32
        };
        *mean = (sum * part >> 10) as u16;
    }
}

/// Adds a row whose values are the means of the windows around.
fn smooth_row(means: &[u16], into: &mut Vec<u16>) {
    let window = |at: usize| &means[at.saturating_sub(REACH)..(at + REACH + 1).min(means.len())];
    into.extend((0..means.len()).map(|at| {
        let sum: u32 = window(at).iter().map(|&mean| u32::from(mean)).sum();
        (sum / window(at).len() as u32) as u16
    }));
}

/// Means of columns, as a running sum of rows.
fn smooth_columns(across: &[u16], columns: usize, rows: usize) -> Vec<u8> {
    let line = |row: usize| &across[row * columns..(row + 1) * columns];
    let mut sums = vec![0_u32; columns];
    let mut values = Vec::with_capacity(columns * rows);
    let mut count = 0;
    for row in 0..rows + REACH {
        if row < rows {
            count += 1;
            for (sum, &value) in sums.iter_mut().zip(line(row)) {
                *sum += u32::from(value);
            }
        }
        if row > 2 * REACH {
            count -= 1;
            for (sum, &value) in sums.iter_mut().zip(line(row - 2 * REACH - 1)) {
                *sum -= u32::from(value);
            }
        }
        if row >= REACH {
            // Rounded, times sixteen; a multiplication is faster than a division.
            let factor = (1_u32 << 16) / (16 * count) + 1;
            values.extend(sums.iter().map(|&sum| (sum * factor >> 16).min(255) as u8));
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn edges_are_where_dark_begins_and_ends() {
        let width = 200;
        let dark = |x: usize| (60..66).contains(&x) || (72..81).contains(&x) || x >= 190;
        let line: Vec<u8> = (0..width).map(|x| if dark(x) { 20 } else { 200 }).collect();
        let plane = Plane {
            width,
            height: 16,
            pixels: line.repeat(16),
        };
        let limits = Limits::of(&plane, 4);
        let (mut room, mut edges) = (Vec::new(), Vec::new());
        limits.edges(&plane, 3, &mut room, &mut edges);
        assert_eq!(edges, [60, 66, 72, 81, 190, 200]);
        assert!(limits.dark(&plane, 60, 9) && !limits.dark(&plane, 59, 9));
    }

    proptest! {
        #[test]
        fn pictures_of_any_size_have_limits(width in 1_usize..90, height in 1_usize..40, seed: u8) {
            let pixels = (0..width * height).map(|at| (at as u8).wrapping_mul(seed)).collect();
            let plane = Plane { width, height, pixels };
            let (mut room, mut edges) = (Vec::new(), Vec::new());
            let limits = Limits::of(&plane, 4);
            for row in 0..height {
                limits.edges(&plane, row, &mut room, &mut edges);
                prop_assert!(edges.len() % 2 == 0 && edges.is_sorted());
                let dark = edges.chunks(2).any(|pair| (pair[0]..pair[1]).contains(&0));
                prop_assert_eq!(limits.dark(&plane, 0, row), dark);
            }
        }
    }
}
