//! The brightness between dark and light around each place of a picture.
//!
//! Light is uneven, prints are faded, lenses blur; so what is dark is told by the mean brightness of the 14 × 14 pixels
//! around. That is less than a finder pattern whose modules have two pixels or more: such a small window follows even
//! the faint rings that a blurred pattern still has, where a larger one would mix in what lies around the card.

use super::plane::Plane;

/// Pixels of the half-sized picture on each side of a pixel that count: 7 × 7.
const REACH: usize = 3;

/// One over the pixels of a whole window, times 2¹⁶.
const SHARE: u32 = (1 << 16) / 49 + 1;

/// A limit for each square of 2 × 2 pixels.
#[derive(Debug)]
pub struct Limits {
    columns: usize,
    rows: usize,
    values: Vec<u8>,
}

impl Limits {
    /// Of a picture by its half-sized picture, whose pixels are the means of squares already. Dark is what is darker
    /// than its surroundings by `margin`, so that the noise of flat places is none.
    pub fn of(half: &Plane<'_>, margin: u8) -> Self {
        let (columns, rows) = (half.width, half.height);
        let mut values = vec![0; columns * rows];
        // A border that repeats the outermost pixels keeps every window whole.
        let mut sums = vec![0_u16; columns + 2 * REACH];
        let line = |row: isize| {
            let row = row.clamp(0, rows as isize - 1) as usize;
            &half.pixels[row * columns..(row + 1) * columns]
        };
        for row in -(REACH as isize)..REACH as isize {
            add(&mut sums, line(row));
        }
        for (row, into) in values.chunks_exact_mut(columns.max(1)).enumerate() {
            let row = row as isize;
            add(&mut sums, line(row + REACH as isize));
            let (first, last) = (sums[REACH], sums[REACH + columns - 1]);
            sums[..REACH].fill(first);
            sums[REACH + columns..].fill(last);
            means(&sums, margin, into);
            subtract(&mut sums, line(row - REACH as isize));
        }
        Self {
            columns,
            rows,
            values,
        }
    }

    /// Whether a pixel is dark.
    pub fn dark(&self, plane: &Plane<'_>, x: usize, y: usize) -> bool {
        let (column, row) = ((x / 2).min(self.columns - 1), (y / 2).min(self.rows - 1));
        plane.pixels[y * plane.width + x] < self.values[row * self.columns + column]
    }

    /// The places in a row at which dark begins or ends; the first is where dark begins. `line` is room for the row's
    /// limits.
    pub fn edges(&self, plane: &Plane<'_>, row: usize, line: &mut Vec<u8>, edges: &mut Vec<u32>) {
        let pixels = &plane.pixels[row * plane.width..(row + 1) * plane.width];
        let start = (row / 2).min(self.rows - 1) * self.columns;
        let limits = &self.values[start..start + self.columns];
        line.resize(pixels.len().next_multiple_of(64), 0);
        for (pair, &limit) in line.chunks_exact_mut(2).zip(limits) {
            pair.copy_from_slice(&[limit, limit]);
        }
        line[2 * self.columns..].fill(limits[self.columns - 1]);
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

fn add(sums: &mut [u16], pixels: &[u8]) {
    for (sum, &pixel) in sums[REACH..].iter_mut().zip(pixels) {
        *sum += u16::from(pixel);
    }
}

fn subtract(sums: &mut [u16], pixels: &[u8]) {
    for (sum, &pixel) in sums[REACH..].iter_mut().zip(pixels) {
        *sum -= u16::from(pixel);
    }
}

/// Means of windows by the sums of their columns.
fn means(sums: &[u16], margin: u8, into: &mut [u8]) {
    let [a, b, c, d, e, f, g] = [0, 1, 2, 3, 4, 5, 6].map(|shift| &sums[shift..shift + into.len()]);
    for at in 0..into.len() {
        let sum = a[at] + b[at] + c[at] + d[at] + e[at] + f[at] + g[at];
        into[at] = (((u32::from(sum) * SHARE) >> 16) as u8).saturating_sub(margin);
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn edges_are_where_dark_begins_and_ends() {
        let width = 200;
        let dark = |x: usize| (60..63).contains(&x) || (66..72).contains(&x) || x >= 190;
        let line: Vec<u8> = (0..width).map(|x| if dark(x) { 20 } else { 200 }).collect();
        let plane = Plane::new(width, 16, line.repeat(16));
        let limits = Limits::of(&plane.halved(), 0);
        let (mut room, mut edges) = (Vec::new(), Vec::new());
        limits.edges(&plane, 3, &mut room, &mut edges);
        assert_eq!(edges, [60, 63, 66, 72, 190, 196]);
        assert!(limits.dark(&plane, 60, 9) && !limits.dark(&plane, 59, 9));
    }

    proptest! {
        #[test]
        fn pictures_of_any_size_have_limits(width in 2_usize..90, height in 2_usize..40, seed: u8) {
            let pixels: Vec<u8> = (0..width * height).map(|at| (at as u8).wrapping_mul(seed)).collect();
            let plane = Plane::new(width, height, pixels);
            let (mut room, mut edges) = (Vec::new(), Vec::new());
            let limits = Limits::of(&plane.halved(), 0);
            for row in 0..height {
                limits.edges(&plane, row, &mut room, &mut edges);
                prop_assert!(edges.len() % 2 == 0 && edges.is_sorted());
                let dark = edges.chunks(2).any(|pair| (pair[0]..pair[1]).contains(&0));
                prop_assert_eq!(limits.dark(&plane, 0, row), dark);
            }
        }
    }
}
