//! A scene: a card before a background, its light, the lens and the sensor; and the picture that comes of it.

use super::face::{Face, Print};
use super::grid::Grid;
use super::light::{self, Glare};
use super::plane::Plane;
use super::pose::{Pose, Rays};
use super::{HEIGHT, WIDTH, optics, payload, sensor};
use crate::register::Rng;

/// Side of the squares in which the card is looked for, pixels.
const TILE: usize = 16;
/// Samples in each direction of a pixel, at most.
const SAMPLES: f32 = 8.0;

/// All that a picture comes of.
#[derive(Debug, Clone)]
pub struct Scene {
    /// What the code says.
    pub text: String,
    /// The card.
    pub face: Face,
    /// Where it is.
    pub pose: Pose,
    /// What is behind it.
    pub background: Plane,
    /// Light on card and background.
    pub light: Grid,
    /// Radius of the disk of defocus, pixels.
    pub defocus: f32,
    /// Standard deviation of the lens's blur, pixels.
    pub softness: f32,
    /// Path of the picture during the exposure, pixels.
    pub motion: [f32; 2],
    /// Mirrored lamps.
    pub glare: Vec<Glare>,
    /// Light that reaches the sensor evenly, as through a dirty lens.
    pub veil: f32,
    /// Exposure.
    pub gain: f32,
    /// Standard deviation of the noise, gray levels.
    pub noise: f32,
}

impl Scene {
    /// A card that any reader reads, held ordinarily; `module` is the size of a module in pixels.
    pub fn ordinary(module: f64, rng: &mut Rng) -> Self {
        let print = Print::ordinary(rng);
        Self::printed(module, &print, rng)
    }

    /// The same, with a printing of its own.
    pub fn printed(module: f64, print: &Print, rng: &mut Rng) -> Self {
        let (text, code) = payload::card(rng);
        Self {
            text,
            face: Face::print(&code, print, rng),
            pose: Pose {
                module,
                center: [rng.between(-120.0, 120.0), rng.between(-50.0, 50.0)],
                turn: rng.between(-0.2, 0.2),
                tilt: rng.between(0.0, 0.2),
                tilt_axis: rng.between(0.0, std::f64::consts::TAU),
                bend: None,
            },
            background: background(rng),
            light: light::room(rng),
            defocus: 0.0,
            softness: rng.between(0.6, 0.9) as f32,
            motion: [0.0; 2],
            glare: Vec::new(),
            veil: rng.between(0.0, 0.03) as f32,
            gain: rng.between(0.75, 1.15) as f32,
            noise: rng.between(1.0, 3.0) as f32,
        }
    }

    /// The code's center, pixels, and half its diagonal as seen straight on.
    pub fn target(&self) -> ([f64; 2], f64) {
        let center = [
            self.pose.center[0] + WIDTH as f64 / 2.0,
            self.pose.center[1] + HEIGHT as f64 / 2.0,
        ];
        (center, self.face.reach() * self.pose.module)
    }

    /// Takes the picture.
    pub fn shoot(&self, rng: &mut Rng) -> Vec<u8> {
        let mut picture = self.background.clone();
        self.draw_card(&mut picture);
        for (row, line) in picture.values.chunks_mut(WIDTH).enumerate() {
            self.light.row(row, WIDTH, |at, light| line[at] *= light);
        }
        picture = optics::defocus(&picture, self.defocus);
        picture = optics::smear(&picture, self.motion[0], self.motion[1]);
        picture = optics::soften(&picture, self.softness);
        for glare in &self.glare {
            glare.shine(&mut picture);
        }
        if self.veil > 0.0 {
            let veil = self.veil;
            picture
                .values
                .iter_mut()
                .for_each(|value| *value += (0.8 - *value) * veil);
        }
        sensor::read_out(&picture, self.gain, self.noise, rng)
    }

    fn draw_card(&self, picture: &mut Plane) {
        let rays = self.pose.rays();
        for (left, top) in self.tiles(&rays) {
            self.draw_tile(picture, &rays, left, top);
        }
    }

    /// Tiles in which the card may be seen: those with a corner on it, and their neighbors.
    fn tiles(&self, rays: &Rays) -> Vec<(usize, usize)> {
        let (columns, rows) = (WIDTH / TILE, HEIGHT / TILE);
        let mut seen = vec![false; columns * rows];
        for row in 0..=rows {
            for column in 0..=columns {
                let met = rays.meet((column * TILE) as f64, (row * TILE) as f64);
                let on_card = met.and_then(|[x, y, _]| self.face.texels(x as f32, y as f32));
                if on_card.is_some() {
                    for near_row in row.saturating_sub(2)..(row + 2).min(rows) {
                        for near in column.saturating_sub(2)..(column + 2).min(columns) {
                            seen[near_row * columns + near] = true;
                        }
                    }
                }
            }
        }
        (0..seen.len())
            .filter(|&tile| seen[tile])
            .map(|tile| (tile % columns * TILE, tile / columns * TILE))
            .collect()
    }

    fn draw_tile(&self, picture: &mut Plane, rays: &Rays, left: usize, top: usize) {
        const CORNERS: usize = TILE + 1;
        let mut corners = [[f32::NAN; 3]; CORNERS * CORNERS];
        for (at, corner) in corners.iter_mut().enumerate() {
            let (x, y) = (left + at % CORNERS, top + at / CORNERS);
            if let Some(met) = rays.meet(x as f64, y as f64) {
                *corner = met.map(|value| value as f32);
            }
        }
        for row in 0..TILE {
            for column in 0..TILE {
                let at = row * CORNERS + column;
                let around = [
                    corners[at],
                    corners[at + 1],
                    corners[at + CORNERS],
                    corners[at + CORNERS + 1],
                ];
                let pixel = &mut picture.values[(top + row) * WIDTH + left + column];
                *pixel = self.sample(around, *pixel);
            }
        }
    }

    /// The mean reflectance of a pixel whose corners lie at these places of the card.
    fn sample(&self, corners: [[f32; 3]; 4], behind: f32) -> f32 {
        let [a, b, c, d] = corners;
        if corners.iter().any(|corner| corner[0].is_nan()) {
            return behind;
        }
        let texels = corners
            .iter()
            .filter_map(|corner| self.face.texels(corner[0], corner[1]))
            .fold(0.0_f32, f32::max);
        if texels == 0.0 {
            return behind;
        }
        let count = |to: [f32; 3]| {
            ((to[0] - a[0]).hypot(to[1] - a[1]) * texels)
                .ceil()
                .clamp(1.0, SAMPLES)
        };
        let (across, down) = (count(b), count(c));
        let mut sum = 0.0;
        for row in 0..down as usize {
            let v = (row as f32 + 0.5) / down;
            for column in 0..across as usize {
                let u = (column as f32 + 0.5) / across;
                let mix = |axis: usize| {
                    let upper = a[axis] + (b[axis] - a[axis]) * u;
                    let lower = c[axis] + (d[axis] - c[axis]) * u;
                    upper + (lower - upper) * v
                };
                let value = self.face.at(mix(0), mix(1));
                sum += value.map_or(behind, |value| value * (0.25 + 0.75 * mix(2)));
            }
        }
        sum / (across * down)
    }
}

/// A table, cloth, wall or the ground: unevenness at three scales.
pub fn background(rng: &mut Rng) -> Plane {
    let mut plane = Plane::new(WIDTH, HEIGHT, 0.0);
    let base = rng.between(0.1, 0.6) as f32;
    let grids = [(160, 0.5), (27, 0.3), (5, 0.3)].map(|(cell, strength)| {
        let strength = (rng.between(0.1, 1.0) * strength) as f32 * base;
        (Grid::random(cell, WIDTH, HEIGHT, rng), strength)
    });
    for (row, line) in plane.values.chunks_mut(WIDTH).enumerate() {
        line.fill(base);
        for (grid, strength) in &grids {
            grid.row(row, WIDTH, |at, value| line[at] += value * strength);
        }
        line.iter_mut().for_each(|value| *value = value.max(0.01));
    }
    plane
}
