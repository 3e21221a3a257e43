//! The fixed layer as numbers of a palette, and what letters make of it.

use std::collections::HashMap;

use super::Pixels;
use super::palette::{Cover, Histogram, LEVELS, Palette, Rgb, mixed};
use crate::color::Color;

/// The colors of a side: those of its fixed layer, and what letters can make of them in their slots.
pub fn colors(rgb: &[u8], width: usize, slots: &[(Pixels, Vec<Color>)]) -> Histogram {
    let mut histogram = Histogram::default();
    let pixel = |x: usize, y: usize| -> Rgb { std::array::from_fn(|at| rgb[(y * width + x) * 3 + at]) };
    let height = rgb.len() / 3 / width.max(1);
    let all = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    all.for_each(|(x, y)| histogram.add(pixel(x, y), 1.0));
    for ([left, top, right, bottom], inks) in slots {
        let mut grounds: HashMap<Rgb, f64> = HashMap::new();
        let inside = (*top..*bottom).flat_map(|y| (*left..*right).map(move |x| (x, y)));
        inside.for_each(|(x, y)| *grounds.entry(pixel(x, y)).or_default() += 1.0);
        let mut grounds: Vec<_> = grounds.into_iter().collect();
        grounds.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        // Rare colors of the ground, such as thin lines, give near ones.
        for ((ground, weight), ink) in grounds
            .iter()
            .take(64)
            .flat_map(|ground| inks.iter().map(move |ink| (ground, ink)))
        {
            for level in 1..=LEVELS {
                // What a letter's edge covers of its slot: more would take colors from gradients, which then show bands.
                let share = if level == LEVELS { 0.04 } else { 0.002 };
                histogram.add(
                    mixed([ink.r, ink.g, ink.b], ink.a, *ground, level),
                    weight * share,
                );
            }
        }
    }
    histogram
}

/// The picture as rows of palette numbers, each after a zero.
pub fn numbers(rgb: &[u8], width: usize, palette: &Palette) -> Vec<u8> {
    let mut known: HashMap<Rgb, u8> = HashMap::new();
    let mut raw = Vec::with_capacity(rgb.len() / 3 + rgb.len() / 3 / width + super::SPARE);
    for row in rgb.chunks_exact(width * 3) {
        raw.push(0);
        for pixel in row.chunks_exact(3) {
            let color = [pixel[0], pixel[1], pixel[2]];
            raw.push(*known.entry(color).or_insert_with(|| palette.nearest(color)));
        }
    }
    raw
}

/// What each color of letters makes of each color.
pub fn covers(palette: &Palette, slots: &[(Pixels, Vec<Color>)]) -> HashMap<Color, Cover> {
    let mut covers = HashMap::new();
    for color in slots.iter().flat_map(|(_, colors)| colors) {
        covers
            .entry(*color)
            .or_insert_with(|| palette.cover([color.r, color.g, color.b], color.a));
    }
    covers
}
