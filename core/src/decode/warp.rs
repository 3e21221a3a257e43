//! From modules of a code to pixels of a picture: a perspective view of a flat card, or of a rolled one.

use super::linear::solve;
use super::pins::Pin;
use super::roll::Roll;

/// Where the modules of a code lie in a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Warp {
    side: f32,
    corners: [[f32; 2]; 4],
    view: [f32; 8],
    roll: Option<Roll>,
}

impl Warp {
    /// The view that takes the square of the code between `low` and `high` modules to a quadrangle of the picture
    /// (Heckbert 1989, section 2.2.3).
    pub fn over(side: usize, low: f32, high: f32, picture: [[f32; 2]; 4]) -> Option<Self> {
        let [a, b, c, d] = picture;
        let sum = [0, 1].map(|axis| a[axis] - b[axis] + c[axis] - d[axis]);
        let (one, other) = (
            [0, 1].map(|axis| b[axis] - c[axis]),
            [0, 1].map(|axis| d[axis] - c[axis]),
        );
        let area = one[0] * other[1] - one[1] * other[0];
        let g = (sum[0] * other[1] - sum[1] * other[0]) / area;
        let h = (one[0] * sum[1] - one[1] * sum[0]) / area;
        let across = [0, 1].map(|axis| b[axis] - a[axis] + g * b[axis]);
        let down = [0, 1].map(|axis| d[axis] - a[axis] + h * d[axis]);
        // From the unit square to modules.
        let size = high - low;
        let (g, h) = (g / size, h / size);
        let (across, down) = (across.map(|step| step / size), down.map(|step| step / size));
        let start = [0, 1].map(|axis| a[axis] - low * (across[axis] + down[axis]));
        let depth = 1.0 - low * (g + h);
        let view =
            [across[0], down[0], start[0], across[1], down[1], start[1], g, h].map(|value| value / depth);
        Self::of_view(side, view)
    }

    fn of_view(side: usize, view: [f32; 8]) -> Option<Self> {
        let side = side as f32;
        let mut warp = Self {
            side,
            corners: [[0.0; 2]; 4],
            view,
            roll: None,
        };
        warp.corners =
            [[0.0, 0.0], [side, 0.0], [side, side], [0.0, side]].map(|[u, v]| warp.flat(u, v).into());
        let finite = warp.corners.iter().flatten().all(|value| value.is_finite());
        finite.then_some(warp)
    }

    /// The view that comes nearest to pins, by least squares; at least four are needed.
    pub fn of_pins(side: usize, pins: &[Pin]) -> Option<Self> {
        let middle = side as f64 / 2.0;
        let mut a = [[0.0; 8]; 8];
        let mut b = [0.0; 8];
        // Small numbers around zero keep the equations well conditioned.
        let [cx, cy] = pins.first()?.picture.map(f64::from);
        for pin in pins {
            let [u, v] = pin.code.map(|place| f64::from(place) / middle - 1.0);
            let [x, y] = pin.picture.map(f64::from);
            let (x, y) = ((x - cx) / 100.0, (y - cy) / 100.0);
            let weight = f64::from(pin.weight);
            for (row, value) in [
                ([u, v, 1.0, 0.0, 0.0, 0.0, -u * x, -v * x], x),
                ([0.0, 0.0, 0.0, u, v, 1.0, -u * y, -v * y], y),
            ] {
                for (at, &one) in row.iter().enumerate() {
                    for (sum, &other) in a[at].iter_mut().zip(&row) {
                        *sum += weight * one * other;
                    }
                    b[at] += weight * one * value;
                }
            }
        }
        let h = solve(a, b)?;
        let corner = |u: f64, v: f64| {
            let depth = h[6] * u + h[7] * v + 1.0;
            let (x, y) = (h[0] * u + h[1] * v + h[2], h[3] * u + h[4] * v + h[5]);
            [(100.0 * x / depth + cx) as f32, (100.0 * y / depth + cy) as f32]
        };
        let corners = [(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)].map(|(u, v)| corner(u, v));
        Self::over(side, 0.0, side as f32, corners)
    }

    /// A rolled sheet.
    pub fn rolled(side: usize, roll: Roll) -> Option<Self> {
        let whole = side as f32;
        let corners =
            [(0.0, 0.0), (whole, 0.0), (whole, whole), (0.0, whole)].map(|(u, v)| roll.map(u, v).into());
        let flat = Self::over(side, 0.0, whole, corners)?;
        Some(Self {
            roll: Some(roll),
            ..flat
        })
    }

    /// Whether it is one.
    pub fn is_rolled(&self) -> bool {
        self.roll.is_some()
    }

    /// How far pins lie from where they should, pixels (root of the mean square).
    pub fn off(&self, pins: &[Pin]) -> f32 {
        let squares = pins.iter().map(|pin| {
            let (x, y) = self.map(pin.code[0], pin.code[1]);
            (x - pin.picture[0]).powi(2) + (y - pin.picture[1]).powi(2)
        });
        (squares.sum::<f32>() / pins.len().max(1) as f32).sqrt()
    }

    /// The pixel of a place in the code, in modules from its upper left corner.
    pub fn map(&self, u: f32, v: f32) -> (f32, f32) {
        match &self.roll {
            Some(roll) => roll.map(u, v),
            None => self.flat(u, v),
        }
    }

    fn flat(&self, u: f32, v: f32) -> (f32, f32) {
        let h = &self.view;
        let depth = h[6] * u + h[7] * v + 1.0;
        (
            (h[0] * u + h[1] * v + h[2]) / depth,
            (h[3] * u + h[4] * v + h[5]) / depth,
        )
    }

    /// Size of a module at a place, pixels.
    pub fn module(&self) -> f32 {
        let [a, b, c, d] = self.corners;
        let diagonal = |p: [f32; 2], q: [f32; 2]| (p[0] - q[0]).hypot(p[1] - q[1]);
        (diagonal(a, c) + diagonal(b, d)) / (2.0 * std::f32::consts::SQRT_2 * self.side)
    }
}
