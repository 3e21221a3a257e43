//! A card bent around something, as a flat sheet rolled onto a cylinder and seen by any camera.
//!
//! A place of the sheet goes around the cylinder by an angle in proportion to its distance from the middle line; what a
//! camera makes of places in space is a projective map of eleven numbers (Hartley and Zisserman 2004, section 6.1), and
//! those follow from pins by linear equations. Only how strongly and which way the card is bent is searched for.

use super::linear::solve;
use super::pins::Pin;

/// Bends that are tried, radians over half a side, and directions over half a turn.
const BENDS: [f32; 6] = [0.15, 0.3, 0.45, 0.6, 0.75, 0.9];
const WAYS: u8 = 12;

/// How much the depth of the bend is kept small where pins do not tell.
const CALM: f64 = 1e-3;

/// A rolled sheet before a camera.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Roll {
    /// Half a side, modules.
    middle: f32,
    /// Radians over half a side.
    bend: f32,
    /// The direction around the cylinder, radians in the code.
    way: f32,
    turn: [f32; 2],
    view: [f32; 11],
    /// Mean square of the distances from the pins, pixels².
    off: f32,
}

impl Roll {
    /// The roll that comes nearest to pins, of all bends and ways.
    pub fn of_pins(side: usize, pins: &[Pin]) -> Option<Self> {
        let ways = (0..WAYS).map(|way| f32::from(way) * std::f32::consts::PI / f32::from(WAYS));
        let all = ways.flat_map(|way| BENDS.map(|bend| (bend, way)));
        Self::best(side, pins, all)
    }

    /// The same, of bends and ways close to those of this one.
    pub fn nearer(&self, pins: &[Pin]) -> Option<Self> {
        let around = [-1.0, 0.0, 1.0];
        let all = around.into_iter().flat_map(|more| {
            around.map(|turn| ((self.bend + 0.07 * more).max(0.05), self.way + 0.12 * turn))
        });
        Self::best((2.0 * self.middle) as usize, pins, all)
    }

    fn best(side: usize, pins: &[Pin], all: impl Iterator<Item = (f32, f32)>) -> Option<Self> {
        all.filter_map(|(bend, way)| Self::fitted(side, pins, bend, way))
            .min_by(|a, b| a.off.total_cmp(&b.off))
    }

    fn fitted(side: usize, pins: &[Pin], bend: f32, way: f32) -> Option<Self> {
        let (sin, cos) = way.sin_cos();
        let mut roll = Self {
            middle: side as f32 / 2.0,
            bend,
            way,
            turn: [cos, sin],
            view: [0.0; 11],
            off: 0.0,
        };
        let (mut a, mut b) = ([[0.0; 11]; 11], [0.0; 11]);
        let [cx, cy] = pins.first()?.picture;
        for pin in pins {
            let place = roll.place(pin.code[0], pin.code[1]).map(f64::from);
            let picture = [pin.picture[0] - cx, pin.picture[1] - cy].map(|value| f64::from(value) / 100.0);
            for (axis, value) in picture.into_iter().enumerate() {
                add(&mut a, &mut b, place, axis, value, f64::from(pin.weight));
            }
        }
        for depth in [2, 6, 10] {
            a[depth][depth] += CALM * pins.len() as f64;
        }
        let view = solve(a, b)?.map(|value| value as f32);
        // Back from hundreds of pixels around the first pin.
        let [dx, dy, dz] = [8, 9, 10].map(|at| view[at]);
        let last = [dx, dy, dz, 1.0];
        for (at, depth) in last.into_iter().enumerate() {
            roll.view[at] = 100.0 * view[at] + cx * depth;
            roll.view[4 + at] = 100.0 * view[4 + at] + cy * depth;
        }
        roll.view[8..].copy_from_slice(&[dx, dy, dz]);
        let squares = pins.iter().map(|pin| {
            let (x, y) = roll.map(pin.code[0], pin.code[1]);
            pin.weight * ((x - pin.picture[0]).powi(2) + (y - pin.picture[1]).powi(2))
        });
        roll.off = squares.sum::<f32>() / pins.len() as f32;
        roll.off.is_finite().then_some(roll)
    }

    /// A place of the sheet in space: around, along, and how deep.
    fn place(&self, u: f32, v: f32) -> [f32; 3] {
        let (u, v) = (u / self.middle - 1.0, v / self.middle - 1.0);
        let [cos, sin] = self.turn;
        let (around, along) = (u * cos + v * sin, v * cos - u * sin);
        let (s, c) = (self.bend * around).sin_cos();
        [s / self.bend, along, 2.0 * (1.0 - c) / (self.bend * self.bend)]
    }

    /// The pixel of a place in the code, in modules from its upper left corner.
    pub fn map(&self, u: f32, v: f32) -> (f32, f32) {
        let [x, y, z] = self.place(u, v);
        let row = |at: usize| self.view[at] * x + self.view[at + 1] * y + self.view[at + 2] * z;
        let depth = row(8) + 1.0;
        ((row(0) + self.view[3]) / depth, (row(4) + self.view[7]) / depth)
    }
}

/// Adds one coordinate of one pin to the equations.
fn add(
    a: &mut [[f64; 11]; 11],
    b: &mut [f64; 11],
    [x, y, z]: [f64; 3],
    axis: usize,
    value: f64,
    weight: f64,
) {
    let mut row = [0.0; 11];
    row[4 * axis..4 * axis + 4].copy_from_slice(&[x, y, z, 1.0]);
    row[8..].copy_from_slice(&[-value * x, -value * y, -value * z]);
    for (at, &one) in row.iter().enumerate().filter(|(_, one)| **one != 0.0) {
        for (sum, &other) in a[at].iter_mut().zip(&row) {
            *sum += weight * one * other;
        }
        b[at] += weight * one * value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rolled_sheet_is_told_by_a_dozen_pins() {
        // A cylinder of 40 modules' radius around the vertical, 150 modules away, seen by a camera of 800 pixels.
        let picture = |u: f32, v: f32| {
            let angle = (u - 22.5) / 40.0;
            let depth = 150.0 + 40.0 * (1.0 - angle.cos());
            [
                300.0 + 800.0 * 40.0 * angle.sin() / depth,
                250.0 + 800.0 * (v - 22.5) / depth,
            ]
        };
        let pin = |u: f32, v: f32| Pin {
            code: [u, v],
            picture: picture(u, v),
            weight: 1.0,
        };
        let pins: Vec<Pin> = [4.0, 16.0, 29.0, 41.0]
            .into_iter()
            .flat_map(|u| [4.0, 22.0, 41.0].map(|v| pin(u, v)))
            .collect();
        let mut roll = Roll::of_pins(45, &pins).unwrap();
        for _ in 0..3 {
            roll = roll.nearer(&pins).unwrap();
        }
        for (u, v) in [(0.0, 0.0), (22.5, 45.0), (45.0, 10.0), (33.0, 31.0)] {
            let ((x, y), [right, below]) = (roll.map(u, v), picture(u, v));
            assert!(
                (x - right).hypot(y - below) < 0.4,
                "{u} {v}: {x} {y}, {right} {below}"
            );
        }
    }
}
