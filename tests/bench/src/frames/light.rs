//! Light on the card, and glare over it.

use std::f64::consts::TAU;

use super::grid::Grid;
use super::plane::Plane;
use super::{HEIGHT, WIDTH};
use crate::register::Rng;

/// Pixels between the places at which light is computed.
const CELL: usize = 4;

/// A shadow with a straight or round edge: how dark it is, and how soft.
#[derive(Debug, Clone, Copy)]
struct Shadow {
    at: [f32; 2],
    direction: [f32; 2],
    round: Option<f32>,
    depth: f32,
    soft: f32,
}

impl Shadow {
    fn light(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (x - self.at[0], y - self.at[1]);
        let inside = match self.round {
            Some(radius) => radius - dx.hypot(dy),
            None => dx * self.direction[0] + dy * self.direction[1],
        };
        1.0 - self.depth / (1.0 + (-inside / self.soft).exp())
    }
}

/// Light that falls off to one side of the code and has shadows in it; the deeper the more uneven, from 0 to 1.
///
/// `center` and `reach` are the code's place and half its diagonal, pixels.
pub fn uneven(center: [f64; 2], reach: f64, unevenness: f64, rng: &mut Rng) -> Grid {
    let slope = slope(rng);
    let darkest = 1.0 - 0.985 * unevenness;
    let shadows: Vec<Shadow> = (0..2).map(|_| shadow(center, reach, unevenness, rng)).collect();
    let (center, reach) = (center.map(|place| place as f32), reach as f32);
    Grid::of(CELL, WIDTH, HEIGHT, |x, y| {
        let along = ((x - center[0]) * slope[0] + (y - center[1]) * slope[1]) / reach;
        // From 1 on the bright side to the darkest on the other, by equal ratios.
        let light = (darkest as f32).powf((along * 0.5 + 0.5).clamp(0.0, 1.0));
        shadows
            .iter()
            .fold(light * 1.1, |light, shadow| light * shadow.light(x, y))
    })
}

fn slope(rng: &mut Rng) -> [f32; 2] {
    let angle = rng.between(0.0, TAU);
    [angle.cos() as f32, angle.sin() as f32]
}

fn shadow(center: [f64; 2], reach: f64, unevenness: f64, rng: &mut Rng) -> Shadow {
    let near = |place: f64, rng: &mut Rng| (place + rng.between(-0.7, 0.7) * reach) as f32;
    Shadow {
        at: [near(center[0], rng), near(center[1], rng)],
        direction: slope(rng),
        round: rng.chance(40).then(|| (rng.between(0.2, 0.7) * reach) as f32),
        depth: (0.75 * unevenness * rng.between(0.5, 1.0)) as f32,
        soft: rng.between(2.0, 25.0) as f32,
    }
}

/// A room's light: nearly even.
pub fn room(rng: &mut Rng) -> Grid {
    let slope = slope(rng);
    let fall = rng.between(0.0, 0.35) as f32;
    Grid::of(64, WIDTH, HEIGHT, |x, y| {
        let along = (x - 640.0) / 640.0 * slope[0] + (y - 360.0) / 640.0 * slope[1];
        1.0 - fall * (along * 0.5 + 0.5).clamp(0.0, 1.0)
    })
}

/// A lamp or window mirrored by a card's lamination: a bright patch with a soft border.
#[derive(Debug, Clone, Copy)]
pub struct Glare {
    center: [f32; 2],
    radii: [f32; 2],
    turn: f32,
    strength: f32,
    // 2 for a soft patch, more for one with a hard border.
    power: f32,
}

impl Glare {
    /// A patch somewhere over a code of a half diagonal `reach`, about `size` of it in radius.
    pub fn over(center: [f64; 2], reach: f64, size: f64, rng: &mut Rng) -> Self {
        let near = |place: f64, rng: &mut Rng| (place + rng.between(-0.55, 0.55) * reach) as f32;
        let (radius, shape) = (size * reach, rng.between(0.6, 1.6));
        Self {
            center: [near(center[0], rng), near(center[1], rng)],
            radii: [(radius * shape) as f32, (radius / shape) as f32],
            turn: rng.between(0.0, TAU) as f32,
            strength: rng.between(1.2, 4.0) as f32,
            power: rng.between(2.0, 8.0) as f32,
        }
    }

    /// Adds it to a picture.
    pub fn shine(&self, plane: &mut Plane) {
        let reach = self.radii[0].max(self.radii[1]) * 2.6;
        let (sin, cos) = self.turn.sin_cos();
        let [x, y] = self.center;
        plane.paint([x - reach, y - reach, x + reach, y + reach], |px, py, value| {
            let (dx, dy) = (px - x, py - y);
            let (u, v) = (
                (dx * cos + dy * sin) / self.radii[0],
                (dy * cos - dx * sin) / self.radii[1],
            );
            let away = (u * u + v * v).powf(self.power / 2.0);
            value + self.strength * (-away).exp()
        });
    }
}
