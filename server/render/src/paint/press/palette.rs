//! At most 256 colors for a side: those that fill areas exactly, the others as near as can be.

use std::collections::HashMap;

/// Steps from nothing to full cover of a letter's edge.
pub const LEVELS: usize = 16;
/// Colors of a palette.
const COLORS: usize = 256;
/// A color that fills this share of the pixels is kept exactly; less would keep each step of a wide gradient.
const AREA: f64 = 0.006;

pub type Rgb = [u8; 3];

/// Colors with how much of them there is.
#[derive(Default)]
pub struct Histogram(HashMap<Rgb, f64>);

impl Histogram {
    pub fn add(&mut self, color: Rgb, weight: f64) {
        *self.0.entry(color).or_default() += weight;
    }

    /// The palette for these colors.
    pub fn palette(&self) -> Palette {
        let mut colors: Vec<(Rgb, f64)> = self.0.iter().map(|(color, weight)| (*color, *weight)).collect();
        // A map's order is random; files must not be.
        colors.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let whole: f64 = colors.iter().map(|(_, weight)| weight).sum();
        let exact = match colors.len() <= COLORS {
            true => colors.len(),
            false => colors
                .iter()
                .take(COLORS / 2)
                .take_while(|(_, weight)| weight / whole >= AREA)
                .count(),
        };
        let mut palette: Vec<Rgb> = colors[..exact].iter().map(|(color, _)| *color).collect();
        if exact < colors.len() {
            palette.extend(cut(colors.split_off(exact), COLORS - exact));
        }
        Palette { colors: palette }
    }
}

/// Colors by number.
pub struct Palette {
    pub colors: Vec<Rgb>,
}

impl Palette {
    /// The number of the nearest color.
    pub fn nearest(&self, color: Rgb) -> u8 {
        let distance = |other: &Rgb| {
            // Green counts most and blue least, as eyes see them.
            let part = |at: usize, weight: i32| weight * (i32::from(color[at]) - i32::from(other[at])).pow(2);
            part(0, 3) + part(1, 6) + part(2, 2)
        };
        let nearest = self
            .colors
            .iter()
            .enumerate()
            .min_by_key(|(_, other)| distance(other));
        nearest.map_or(0, |(at, _)| at as u8)
    }

    /// For each color of the palette and each level, the number of the color when letters of `ink` cover it so far.
    pub fn cover(&self, ink: Rgb, alpha: u8) -> Cover {
        let mut table = Box::new([0; COLORS * ROOM]);
        for (at, below) in self.colors.iter().enumerate() {
            // What a letter does not cover stays as it is, also when two colors of the palette are the same.
            table[at * ROOM] = at as u8;
            for level in 1..=LEVELS {
                table[at * ROOM + level] = self.nearest(mixed(ink, alpha, *below, level));
            }
        }
        Cover(table)
    }
}

/// Room for the levels of a color, a power of two.
const ROOM: usize = 32;

/// What letters of one color make of every color.
pub struct Cover(Box<[u8; COLORS * ROOM]>);

impl Cover {
    /// The number of a color that is covered so far.
    #[inline]
    pub fn of(&self, below: u8, level: u8) -> u8 {
        self.0[usize::from(below) * ROOM + usize::from(level) % ROOM]
    }
}

/// Ink over a color at a level of cover.
pub fn mixed(ink: Rgb, alpha: u8, below: Rgb, level: usize) -> Rgb {
    let share = level as f32 / LEVELS as f32 * f32::from(alpha) / 255.0;
    std::array::from_fn(|at| {
        (f32::from(below[at]) + (f32::from(ink[at]) - f32::from(below[at])) * share).round() as u8
    })
}

/// Splits colors into boxes, that of the largest variance first, and gives each box's mean.
fn cut(colors: Vec<(Rgb, f64)>, count: usize) -> Vec<Rgb> {
    let mut boxes = vec![Split::of(colors)];
    while boxes.len() < count {
        let widest = (0..boxes.len()).max_by(|a, b| boxes[*a].variance.total_cmp(&boxes[*b].variance));
        let Some(at) = widest.filter(|at| boxes[*at].variance > 0.0) else {
            break;
        };
        let halves = boxes.swap_remove(at).halves();
        boxes.extend(halves.map(Split::of));
    }
    boxes
        .iter()
        .map(|split| split.mean.map(|value| value.round() as u8))
        .collect()
}

struct Split {
    colors: Vec<(Rgb, f64)>,
    mean: [f64; 3],
    axis: usize,
    variance: f64,
}

impl Split {
    fn of(colors: Vec<(Rgb, f64)>) -> Self {
        let whole: f64 = colors.iter().map(|(_, weight)| weight).sum();
        let sum = |at: usize| {
            colors
                .iter()
                .map(|(color, weight)| f64::from(color[at]) * weight)
                .sum::<f64>()
        };
        let mean = [0, 1, 2].map(|at| sum(at) / whole);
        let spread = |at: usize| {
            let square = |(color, weight): &(Rgb, f64)| (f64::from(color[at]) - mean[at]).powi(2) * weight;
            colors.iter().map(square).sum::<f64>()
        };
        let spreads = [0, 1, 2].map(spread);
        let axis = (0..3)
            .max_by(|a, b| spreads[*a].total_cmp(&spreads[*b]))
            .unwrap_or(0);
        let variance = if colors.len() > 1 { spreads[axis] } else { 0.0 };
        Self {
            colors,
            mean,
            axis,
            variance,
        }
    }

    fn halves(self) -> [Vec<(Rgb, f64)>; 2] {
        let (axis, mean) = (self.axis, self.mean[self.axis]);
        let (low, high) = self
            .colors
            .into_iter()
            .partition(|(color, _)| f64::from(color[axis]) <= mean);
        [low, high]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_colors_are_kept_exactly_and_many_nearly() {
        let mut few = Histogram::default();
        (0..200_u8).for_each(|at| few.add([at, 0, 255 - at], 1.0));
        let palette = few.palette();
        assert_eq!(
            palette.colors[usize::from(palette.nearest([7, 0, 248]))],
            [7, 0, 248]
        );
        let mut many = Histogram::default();
        (0..4096_u32).for_each(|at| many.add([(at >> 4) as u8, (at % 16 * 16) as u8, 60], 1.0));
        many.add([9, 8, 7], 10_000.0);
        let palette = many.palette();
        assert_eq!(palette.colors.len(), 256);
        assert!(palette.colors.contains(&[9, 8, 7]), "an area keeps its color");
        let near = palette.colors[usize::from(palette.nearest([100, 96, 60]))];
        assert!(
            (0..3).all(|at| near[at].abs_diff([100, 96, 60][at]) <= 16),
            "{near:?}"
        );
    }

    #[test]
    fn full_cover_is_the_ink_and_no_cover_changes_nothing() {
        assert_eq!(mixed([255, 0, 9], 255, [1, 2, 3], LEVELS), [255, 0, 9]);
        assert_eq!(mixed([255, 0, 9], 255, [1, 2, 3], 0), [1, 2, 3]);
    }
}
