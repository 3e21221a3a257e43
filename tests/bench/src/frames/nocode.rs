//! Frames in which there is nothing to read: backgrounds, writing, weaves, bar codes, and what looks most like a code
//! without being one, down to three finder patterns around random modules.

use std::f64::consts::TAU;

use super::plane::Plane;
use super::{HEIGHT, WIDTH, light, optics, scene, sensor};
use crate::register::Rng;

/// Reflectance by place; one unit is one module, stripe or letter.
type Pattern = Box<dyn Fn(f32, f32) -> f32>;

/// A pattern's name, and how it is made of a seed.
type Named = (&'static str, fn(u64) -> Pattern);

const PATTERNS: &[Named] = &[
    ("checkerboard", |_| {
        Box::new(|x, y| tone((cell(x) + cell(y)) & 1 == 0))
    }),
    ("random matrix", |seed| {
        Box::new(move |x, y| tone(dice(seed, cell(x), cell(y)) & 1 == 0))
    }),
    ("bar code", |seed| {
        Box::new(move |x, y| {
            let inside = (y / 40.0).rem_euclid(2.0) < 1.2;
            tone(!inside || dice(seed, cell(x), cell(y / 80.0)) & 1 == 0)
        })
    }),
    ("stripes of 1:1:3:1:1", |_| {
        Box::new(|x, _| tone(!finder_line(x.rem_euclid(9.0) as i32)))
    }),
    ("weave", |_| {
        Box::new(|x, y| {
            let over = (cell(x / 2.0) + cell(y / 2.0)) & 1 == 0;
            let thread = if over { x } else { y };
            0.25 + 0.3 * (thread * std::f32::consts::PI).sin().abs()
        })
    }),
    ("writing", |seed| Box::new(move |x, y| writing(seed, x, y))),
    ("finder patterns", |seed| {
        Box::new(move |x, y| {
            let (column, row) = (cell(x / 12.0), cell(y / 12.0));
            let (u, v) = (
                (x - column as f32 * 12.0) as i32 - 2,
                (y - row as f32 * 12.0) as i32 - 2,
            );
            tone(dice(seed, column, row).is_multiple_of(3) || !is_finder(u, v))
        })
    }),
    ("code of random modules", |seed| {
        Box::new(move |x, y| no_code(seed, x, y))
    }),
    ("rings", |_| Box::new(|x, y| tone(x.hypot(y) as i32 & 1 == 0))),
    ("dots", |seed| {
        Box::new(move |x, y| {
            let radius = 0.2 + (dice(seed, cell(x / 9.0), cell(y / 9.0)) % 8) as f32 * 0.04;
            let (u, v) = (x - x.floor() - 0.5, y - y.floor() - 0.5);
            tone(u.hypot(v) > radius)
        })
    }),
    ("bricks", |_| {
        Box::new(|x, y| {
            let shift = if cell(y / 3.0) & 1 == 0 { 0.0 } else { 3.5 };
            tone((x + shift).rem_euclid(7.0) < 6.0 && y.rem_euclid(3.0) < 2.2)
        })
    }),
    ("waves", |_| {
        Box::new(|x, y| 0.4 + 0.35 * (x * 1.3 + (y * 0.7).sin() * 2.0).sin())
    }),
    ("nothing but the background", |_| Box::new(|_, _| f32::NAN)),
    ("dark", |_| Box::new(|_, _| 0.002)),
    ("bright", |_| Box::new(|_, _| 1.5)),
    ("slope", |_| Box::new(|x, y| 0.4 + (x + 0.3 * y) * 0.003)),
];

/// Makes one frame.
pub fn shoot(seed: u64, number: usize) -> Vec<u8> {
    let mut rng = Rng::new(seed ^ 0xc0de ^ ((number as u64) << 24));
    let mut rng = Rng::new(rng.next());
    let (_, make) = PATTERNS[number % PATTERNS.len()];
    let pattern = make(rng.next());
    let mut picture = scene::background(&mut rng);
    draw(&mut picture, &pattern, &mut rng);
    let lamp = if rng.chance(30) {
        light::uneven([640.0, 360.0], 400.0, rng.between(0.2, 0.9), &mut rng)
    } else {
        light::room(&mut rng)
    };
    for (row, line) in picture.values.chunks_mut(WIDTH).enumerate() {
        lamp.row(row, WIDTH, |at, light| line[at] *= light);
    }
    picture = optics::soften(&picture, rng.between(0.5, 1.6) as f32);
    if rng.chance(20) {
        picture = optics::defocus(&picture, rng.between(1.0, 5.0) as f32);
    }
    let noise = if rng.chance(15) {
        rng.between(10.0, 60.0)
    } else {
        rng.between(0.5, 6.0)
    };
    sensor::read_out(&picture, rng.between(0.6, 1.4) as f32, noise as f32, &mut rng)
}

/// Lays the pattern over a part of the picture, turned and in a size of its own.
fn draw(picture: &mut Plane, pattern: &Pattern, rng: &mut Rng) {
    let angle = if rng.chance(40) {
        0.0
    } else {
        rng.between(0.0, TAU)
    };
    let size = rng.between(1.5, 9.0).powf(1.2);
    let (sin, cos) = ((angle.sin() / size) as f32, (angle.cos() / size) as f32);
    let (shear, squeeze) = (rng.between(-0.2, 0.2) as f32, rng.between(0.7, 1.4) as f32);
    let (width, height) = (WIDTH as f64, HEIGHT as f64);
    let (across, down) = (rng.between(0.3, 1.3) * width, rng.between(0.4, 1.3) * height);
    let (x, y) = (rng.between(0.2, 0.8) * width, rng.between(0.2, 0.8) * height);
    let area = [x - across / 2.0, y - down / 2.0, x + across / 2.0, y + down / 2.0].map(|side| side as f32);
    let (x, y) = (x as f32, y as f32);
    let light = rng.between(0.5, 0.95) as f32;
    picture.paint(area, |px, py, behind| {
        let (dx, dy) = (px - x, (py - y) * squeeze);
        let value = pattern(dx * cos + dy * sin + shear * dy * cos, dy * cos - dx * sin);
        if value.is_nan() { behind } else { value * light }
    });
}

fn tone(light: bool) -> f32 {
    if light { 0.85 } else { 0.05 }
}

fn cell(place: f32) -> i64 {
    place.floor() as i64
}

/// A random number that belongs to a cell.
fn dice(seed: u64, column: i64, row: i64) -> u64 {
    let mixed = seed ^ (column as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (row as u64).rotate_left(32);
    Rng::new(mixed).next() >> 7
}

/// Dark modules of a line through the middle of a finder pattern.
fn finder_line(at: i32) -> bool {
    matches!(at, 0 | 2..=4 | 6)
}

fn is_finder(u: i32, v: i32) -> bool {
    let ring = (u - 3).abs().max((v - 3).abs());
    (0..7).contains(&u) && (0..7).contains(&v) && ring != 2
}

/// The shape of a version 7 code with random modules inside.
fn no_code(seed: u64, x: f32, y: f32) -> f32 {
    const SIDE: i32 = 45;
    let (u, v) = (cell(x) as i32 + SIDE / 2, cell(y) as i32 + SIDE / 2);
    let corners = [(0, 0), (SIDE - 7, 0), (0, SIDE - 7)];
    if let Some((left, top)) = corners
        .into_iter()
        .find(|(left, top)| (left - 1..left + 8).contains(&u) && (top - 1..top + 8).contains(&v))
    {
        return tone(!is_finder(u - left, v - top));
    }
    if !(0..SIDE).contains(&u) || !(0..SIDE).contains(&v) {
        return if (-4..SIDE + 4).contains(&u) && (-4..SIDE + 4).contains(&v) {
            0.85
        } else {
            f32::NAN
        };
    }
    if u == 6 || v == 6 {
        return tone((u + v) & 1 == 1);
    }
    tone(dice(seed, u.into(), v.into()) & 1 == 0)
}

/// Lines of strokes: each cell of the page holds a few.
fn writing(seed: u64, x: f32, y: f32) -> f32 {
    let (x, y) = (x * 6.0, y * 6.0);
    let (column, row) = (cell(x / 6.0), cell(y / 10.0));
    let (u, v) = (x - column as f32 * 6.0, y - row as f32 * 10.0);
    let letter = dice(seed, column, row);
    let upright = (letter & 3) as f32 + 0.5;
    let level = (letter >> 2 & 3) as f32 * 2.0;
    let blank = letter >> 4 & 7 == 0 || v > 7.0 || u > 5.0;
    let on_stroke = (u - upright).abs() < 0.6 || (v - level).abs() < 0.6;
    tone(blank || !on_stroke)
}
