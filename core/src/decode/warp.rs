//! From modules of a code to pixels of a picture: a perspective view of a flat card, and its bend on top.

use super::layout::Layout;
use super::linear::solve;
use super::plane::Plane;

/// Where the modules of a code lie in a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Warp {
    side: f32,
    corners: [[f32; 2]; 4],
    view: [f32; 8],
    /// Displacements in pixels at 3 × 3 places of the code, row by row; quadratic between them.
    bend: [[f32; 2]; 9],
}

/// Points of the code whose color is known, and which color.
#[derive(Debug, Clone)]
pub struct Target {
    points: Vec<(f32, f32, f32)>,
}

impl Target {
    /// All fixed modules of a layout.
    pub fn of(layout: &Layout) -> Self {
        let count = |dark: bool| layout.fixed.iter().filter(|fixed| fixed.dark == dark).count() as f32;
        let (dark, light) = (count(true), count(false));
        // Both colors weigh the same, so that the brightness of the whole does not count.
        let points = layout.fixed.iter().map(|fixed| {
            let weight = if fixed.dark { -1.0 / dark } else { 1.0 / light };
            (fixed.column as f32 + 0.5, fixed.row as f32 + 0.5, weight)
        });
        Self {
            points: points.collect(),
        }
    }
}

impl Warp {
    /// The view that takes four points of the code (in modules) to four points of the picture (in pixels).
    pub fn through(side: usize, code: [[f32; 2]; 4], picture: [[f32; 2]; 4]) -> Option<Self> {
        let view = view(code, picture)?;
        let side = side as f32;
        let mut warp = Self {
            side,
            corners: [[0.0; 2]; 4],
            view,
            bend: [[0.0; 2]; 9],
        };
        warp.corners =
            [[0.0, 0.0], [side, 0.0], [side, side], [0.0, side]].map(|[u, v]| warp.flat(u, v).into());
        warp.corners
            .iter()
            .flatten()
            .all(|value| value.is_finite())
            .then_some(warp)
    }

    /// The pixel of a place in the code, in modules from its upper left corner.
    pub fn map(&self, u: f32, v: f32) -> (f32, f32) {
        let (mut x, mut y) = self.flat(u, v);
        let (across, down) = (quadratic(u / self.side), quadratic(v / self.side));
        for (row, weight) in down.into_iter().enumerate() {
            for (column, other) in across.into_iter().enumerate() {
                let [dx, dy] = self.bend[3 * row + column];
                x += weight * other * dx;
                y += weight * other * dy;
            }
        }
        (x, y)
    }

    fn flat(&self, u: f32, v: f32) -> (f32, f32) {
        let h = &self.view;
        let depth = h[6] * u + h[7] * v + 1.0;
        (
            (h[0] * u + h[1] * v + h[2]) / depth,
            (h[3] * u + h[4] * v + h[5]) / depth,
        )
    }

    /// How much brighter the light modules of the fixed patterns are than the dark ones.
    pub fn fit(&self, plane: &Plane, target: &Target) -> f32 {
        let value = |&(u, v, weight): &(f32, f32, f32)| {
            let (x, y) = self.map(u, v);
            weight * plane.at(x, y)
        };
        target.points.iter().map(value).sum()
    }

    /// Moves the corners, and then bends the code, for the best fit; steps in pixels go from `coarse` down to a tenth
    /// of a module. The fit that was reached.
    pub fn refine(&mut self, plane: &Plane, target: &Target, coarse: f32, bent: bool) -> f32 {
        let mut best = self.fit(plane, target);
        let mut step = coarse;
        for _ in 0..5 {
            best = self.climb(plane, target, step, best, 8, Self::move_corner);
            if bent {
                best = self.climb(plane, target, step, best, 18, Self::move_bend);
            }
            step /= 2.0;
        }
        best
    }

    fn climb(
        &mut self,
        plane: &Plane,
        target: &Target,
        step: f32,
        mut best: f32,
        ways: usize,
        change: fn(&Self, usize, f32) -> Option<Self>,
    ) -> f32 {
        for _ in 0..3 {
            let before = best;
            for way in 0..ways {
                for signed in [step, -step] {
                    let Some(moved) = change(self, way, signed) else {
                        continue;
                    };
                    let fit = moved.fit(plane, target);
                    if fit > best {
                        (best, *self) = (fit, moved);
                        break;
                    }
                }
            }
            if best <= before {
                break;
            }
        }
        best
    }

    fn move_corner(&self, way: usize, step: f32) -> Option<Self> {
        let mut corners = self.corners;
        corners[way / 2][way % 2] += step;
        let side = self.side;
        let view = view([[0.0, 0.0], [side, 0.0], [side, side], [0.0, side]], corners)?;
        Some(Self {
            corners,
            view,
            ..*self
        })
    }

    fn move_bend(&self, way: usize, step: f32) -> Option<Self> {
        let mut moved = *self;
        moved.bend[way / 2][way % 2] += step;
        Some(moved)
    }

    /// Size of a module at a place, pixels.
    pub fn module(&self) -> f32 {
        let [a, b, c, d] = self.corners;
        let diagonal = |p: [f32; 2], q: [f32; 2]| (p[0] - q[0]).hypot(p[1] - q[1]);
        (diagonal(a, c) + diagonal(b, d)) / (2.0 * std::f32::consts::SQRT_2 * self.side)
    }
}

/// Lagrange's polynomials for 0, ½ and 1.
fn quadratic(t: f32) -> [f32; 3] {
    [
        (1.0 - t) * (1.0 - 2.0 * t),
        4.0 * t * (1.0 - t),
        t * (2.0 * t - 1.0),
    ]
}

fn view(code: [[f32; 2]; 4], picture: [[f32; 2]; 4]) -> Option<[f32; 8]> {
    let mut a = [[0.0; 8]; 8];
    let mut b = [0.0; 8];
    for (at, (from, to)) in code.into_iter().zip(picture).enumerate() {
        let ([u, v], [x, y]) = (from.map(f64::from), to.map(f64::from));
        a[2 * at] = [u, v, 1.0, 0.0, 0.0, 0.0, -u * x, -v * x];
        a[2 * at + 1] = [0.0, 0.0, 0.0, u, v, 1.0, -u * y, -v * y];
        (b[2 * at], b[2 * at + 1]) = (x, y);
    }
    Some(solve(a, b)?.map(|value| value as f32))
}
