//! Cards that have been carried for years: scratches, fading, blur, dirt and low contrast, the same in every run.

use crate::read_back::{Gray, front};
use crate::samples::{codes, templates};

/// What happens to a card; lengths in millimeters.
#[derive(Debug, Clone, Copy)]
enum Wear {
    /// So many scratches of a width across the code, light or dark.
    Scratches(usize, f32),
    /// White and black move toward gray until this share of the contrast is left.
    Fading(f32),
    /// Edges spread over this radius.
    Blur(f32),
    /// So many spots of a radius on the code.
    Dirt(usize, f32),
    /// One corner of the code is rubbed off to this share of its side.
    Corner(f32),
}

/// What every template must survive. Eight scratches of 0.3 mm are too many: two of four such cards are read, of `nomad`
/// all, of `sovereign` one.
const ALL: [Wear; 5] = [
    Wear::Scratches(5, 0.3),
    Wear::Fading(0.08),
    Wear::Blur(0.25),
    Wear::Dirt(14, 0.5),
    Wear::Corner(0.12),
];

/// Numbers that look random and are the same in every run.
struct Seeded(u64);

impl Seeded {
    /// From 0 up to 1.
    fn next(&mut self) -> f32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / (1_u64 << 24) as f32
    }
}

/// A code's modules in pixels: left, top, side.
pub type Square = [f32; 3];

/// The same picture after wear.
fn worn(gray: &Gray, wear: Wear, [left, top, side]: Square, dpi: u32, seed: u64) -> Gray {
    let (mut out, mut random) = (gray.clone(), Seeded(seed));
    let pixels = |mm: f32| mm / 25.4 * dpi as f32;
    match wear {
        Wear::Fading(share) => {
            let faded = |value: &u8| (128.0 + (f32::from(*value) - 128.0) * share) as u8;
            out.pixels = gray.pixels.iter().map(faded).collect();
        }
        Wear::Blur(mm) => out = blurred(gray, pixels(mm) as usize),
        Wear::Scratches(count, mm) => {
            for _ in 0..count {
                let mut end = || (left + random.next() * side, top + random.next() * side);
                let (from, to) = (end(), end());
                let tone = if random.next() < 0.6 { 235 } else { 40 };
                for step in 0..1000 {
                    let share = step as f32 / 1000.0;
                    let at = (from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share);
                    spot(&mut out, at, pixels(mm) / 2.0, tone);
                }
            }
        }
        Wear::Dirt(count, mm) => {
            for _ in 0..count {
                let at = (left + random.next() * side, top + random.next() * side);
                spot(&mut out, at, pixels(mm), 60 + (random.next() * 100.0) as u8);
            }
        }
        Wear::Corner(share) => {
            // The lower right corner, the only one without a finder pattern.
            let radius = side * share;
            spot(&mut out, (left + side * 0.93, top + side * 0.93), radius, 230);
        }
    }
    out
}

fn spot(gray: &mut Gray, (x, y): (f32, f32), radius: f32, tone: u8) {
    let rows = (y - radius).max(0.0) as usize..=((y + radius) as usize).min(gray.height - 1);
    for row in rows {
        for column in (x - radius).max(0.0) as usize..=((x + radius) as usize).min(gray.width - 1) {
            if (column as f32 - x).hypot(row as f32 - y) <= radius {
                gray.pixels[row * gray.width + column] = tone;
            }
        }
    }
}

/// Box blur, twice, in both directions.
fn blurred(gray: &Gray, radius: usize) -> Gray {
    let mut out = gray.clone();
    for (step, count, line, lines) in [
        (1, gray.width, gray.width, gray.height),
        (gray.width, gray.height, 1, gray.width),
    ]
    .into_iter()
    .cycle()
    .take(4)
    {
        for start in (0..lines).map(|at| at * line) {
            let old: Vec<u32> = (0..count)
                .map(|at| u32::from(out.pixels[start + at * step]))
                .collect();
            for at in 0..count {
                let around = &old[at.saturating_sub(radius)..(at + radius + 1).min(count)];
                out.pixels[start + at * step] = (around.iter().sum::<u32>() / around.len() as u32) as u8;
            }
        }
    }
    out
}

#[test]
fn every_templates_code_survives_years_in_a_pocket() {
    const DPI: u32 = 300;
    let [_, (link, _), _] = codes();
    let mut short = Vec::new();
    for template in templates() {
        let (gray, place) = front(&template, &link, DPI);
        let (gray, code) = gray.around(&place, DPI);
        for wear in ALL {
            let read = (1..=4)
                .filter(|seed| worn(&gray, wear, code, DPI, *seed).says(&place.text))
                .count();
            if read < 4 {
                short.push(format!("{}: {wear:?} read {read} times of 4", template.name));
            }
        }
    }
    assert!(short.is_empty(), "not read after wear:\n{}", short.join("\n"));
}
