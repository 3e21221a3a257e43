//! A picture that is worked on, at full, half and quarter size, and its pixels' black and white.

use super::frame::Frame;

/// The most pixels of a picture that is worked on; larger photos are scaled down to it.
const WORKING_PIXELS: usize = 3 << 20;

/// Pixels on each side of the squares whose mean brightness is the threshold of the pixels around.
const BLOCK: usize = 8;

/// Blocks around a block that count for its threshold: 7 × 7 blocks, 56 pixels.
const REACH: usize = 3;

/// A gray picture without gaps between its rows.
#[derive(Debug, Clone)]
pub struct Plane {
    /// Pixels of a row.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// The pixels, row by row.
    pub pixels: Vec<u8>,
}

impl Plane {
    /// A frame's pixels, and by how much they were scaled down.
    pub fn of(frame: &Frame<'_>) -> (Self, usize) {
        let mut scale = 1;
        while (frame.width() / scale) * (frame.height() / scale) > WORKING_PIXELS {
            scale += 1;
        }
        let (width, height) = (frame.width() / scale, frame.height() / scale);
        let mut pixels = Vec::with_capacity(width * height);
        for row in 0..height {
            if scale == 1 {
                pixels.extend_from_slice(frame.row(row));
                continue;
            }
            let rows: Vec<_> = (0..scale).map(|line| frame.row(row * scale + line)).collect();
            pixels.extend((0..width).map(|column| {
                let square = rows
                    .iter()
                    .flat_map(|row| &row[column * scale..(column + 1) * scale]);
                (square.map(|&pixel| usize::from(pixel)).sum::<usize>() / (scale * scale)) as u8
            }));
        }
        let plane = Self {
            width,
            height,
            pixels,
        };
        (plane, scale)
    }

    /// The picture at half its size: each pixel the mean of four.
    pub fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut pixels = vec![0; width * height];
        for (row, line) in pixels.chunks_exact_mut(width.max(1)).enumerate() {
            let start = 2 * row * self.width;
            let above = &self.pixels[start..start + 2 * width];
            let below = &self.pixels[start + self.width..start + self.width + 2 * width];
            for ((pixel, a), b) in line
                .iter_mut()
                .zip(above.chunks_exact(2))
                .zip(below.chunks_exact(2))
            {
                let sum = u16::from(a[0]) + u16::from(a[1]) + u16::from(b[0]) + u16::from(b[1]);
                *pixel = ((sum + 2) / 4) as u8;
            }
        }
        Self {
            width,
            height,
            pixels,
        }
    }

    /// The brightness between pixels; at the border beyond it.
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let (width, height) = (self.width, self.height);
        let x = (x - 0.5).clamp(0.0, (width as f32 - 1.001).max(0.0));
        let y = (y - 0.5).clamp(0.0, (height as f32 - 1.001).max(0.0));
        let (left, top) = (x as usize, y as usize);
        let (fx, fy) = (x - left as f32, y - top as f32);
        let start = top * width + left;
        let pixel = |offset: usize| f32::from(self.pixels.get(start + offset).copied().unwrap_or(0));
        let above = pixel(0) + (pixel(1) - pixel(0)) * fx;
        let below = pixel(width) + (pixel(width + 1) - pixel(width)) * fx;
        above + (below - above) * fy
    }
}

/// Each pixel's black (1) or white, 64 to a word.
#[derive(Debug)]
pub struct Bits {
    /// Pixels of a row.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    words: usize,
    bits: Vec<u64>,
}

impl Bits {
    /// Dark is what is darker than its surroundings.
    pub fn of(plane: &Plane) -> Self {
        let (width, height) = (plane.width, plane.height);
        let words = width.div_ceil(64);
        let (thresholds, columns) = thresholds(plane);
        let mut bits = Vec::with_capacity(words * height);
        let mut limits = vec![0_u8; words * 64];
        for row in 0..height {
            if row % BLOCK == 0 {
                let line = row / BLOCK * columns;
                for (cell, limit) in limits.chunks_mut(BLOCK).zip(&thresholds[line..line + columns]) {
                    cell.fill(*limit);
                }
            }
            let pixels = &plane.pixels[row * width..(row + 1) * width];
            bits.extend(pixels.chunks(64).zip(limits.chunks_exact(64)).map(pack));
        }
        Self {
            width,
            height,
            words,
            bits,
        }
    }

    /// Whether a pixel is dark.
    pub fn dark(&self, x: usize, y: usize) -> bool {
        self.bits[y * self.words + x / 64] >> (x % 64) & 1 == 1
    }

    /// The places in a row at which dark begins or ends; the first is where dark begins.
    pub fn edges(&self, row: usize, edges: &mut Vec<u32>) {
        edges.clear();
        let mut last = 0;
        for (at, &word) in self.bits[row * self.words..(row + 1) * self.words]
            .iter()
            .enumerate()
        {
            let mut changes = word ^ (word << 1 | last);
            last = word >> 63;
            while changes != 0 {
                edges.push(64 * at as u32 + changes.trailing_zeros());
                changes &= changes - 1;
            }
        }
        if edges.len() % 2 == 1 {
            edges.push(self.width as u32);
        }
    }
}

fn pack((pixels, limits): (&[u8], &[u8])) -> u64 {
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

/// The mean brightness around each block, row by row, and the number of blocks in a row.
fn thresholds(plane: &Plane) -> (Vec<u8>, usize) {
    let (columns, rows) = (plane.width.div_ceil(BLOCK), plane.height.div_ceil(BLOCK));
    let mut means = vec![0_u32; columns * rows];
    for row in 0..rows {
        let (top, bottom) = (row * BLOCK, ((row + 1) * BLOCK).min(plane.height));
        let mut sums = vec![0_u16; plane.width];
        for line in top..bottom {
            let pixels = &plane.pixels[line * plane.width..(line + 1) * plane.width];
            for (sum, &pixel) in sums.iter_mut().zip(pixels) {
                *sum += u16::from(pixel);
            }
        }
        for (mean, sums) in means[row * columns..].iter_mut().zip(sums.chunks(BLOCK)) {
            let sum: u32 = sums.iter().map(|&sum| u32::from(sum)).sum();
            *mean = 16 * sum / (sums.len() * (bottom - top)) as u32;
        }
    }
    let across: Vec<_> = means.chunks(columns.max(1)).flat_map(smooth).collect();
    let mut smoothed = vec![0; columns * rows];
    for column in 0..columns {
        let line: Vec<_> = (0..rows).map(|row| across[row * columns + column]).collect();
        for (row, value) in smooth(&line).into_iter().enumerate() {
            smoothed[row * columns + column] = (value / 16) as u8;
        }
    }
    (smoothed, columns)
}

fn smooth(line: &[u32]) -> Vec<u32> {
    let window = |at: usize| &line[at.saturating_sub(REACH)..(at + REACH + 1).min(line.len())];
    (0..line.len())
        .map(|at| window(at).iter().sum::<u32>() / window(at).len() as u32)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn edges_are_where_dark_begins_and_ends() {
        let width = 200;
        let dark = |x: usize| (60..70).contains(&x) || (120..129).contains(&x) || x >= 190;
        let line: Vec<u8> = (0..width).map(|x| if dark(x) { 20 } else { 200 }).collect();
        let plane = Plane {
            width,
            height: 16,
            pixels: line.repeat(16),
        };
        let bits = Bits::of(&plane);
        let mut edges = Vec::new();
        bits.edges(3, &mut edges);
        assert_eq!(edges, [60, 70, 120, 129, 190, 200]);
    }

    proptest! {
        #[test]
        fn pictures_of_any_size_are_worked_on(width in 1_usize..90, height in 1_usize..40, seed: u8) {
            let pixels = (0..width * height).map(|at| (at as u8).wrapping_mul(seed)).collect();
            let plane = Plane { width, height, pixels };
            let bits = Bits::of(&plane);
            let mut edges = Vec::new();
            for row in 0..height {
                bits.edges(row, &mut edges);
                prop_assert!(edges.len() % 2 == 0 && edges.is_sorted());
            }
            let half = plane.halved();
            prop_assert_eq!(half.pixels.len(), (width / 2) * (height / 2));
            prop_assert!(plane.at(-5.0, 1e9) <= 255.0);
        }
    }
}
