//! How a code is tilted, told by its timing lines.
//!
//! Three finder patterns fix a code up to how much farther away one of its sides is than another. Seen in perspective, the
//! alternating modules between two of them crowd toward the farther one, so the ratio of depths along each arm is the
//! one at which the timing line fits; and of the versions a card may have, the right one fits best.

use super::corners::Corners;
use super::plane::Plane;
use super::warp::Warp;

/// A guess of how a code lies.
#[derive(Debug, Clone, Copy)]
pub struct Tilt {
    /// Where it lies.
    pub warp: Warp,
    /// How well both timing lines fit, −1 to 1.
    pub timing: f32,
}

/// Ratios of depths that are tried, as logarithms around the first guess.
const STEP: f32 = 0.09;

/// Modules of the longest timing line, that of version 40.
const MOST: usize = 161;

/// The tilt at which the timing lines of a code of `side` modules fit best. `right` and `below` are how far away the
/// ends of the arms seem to be, the origin being 1.
pub fn of(plane: &Plane<'_>, corners: &Corners, side: usize, right: f32, below: f32) -> Option<Tilt> {
    let mut ratios = [right.ln(), below.ln()];
    let warp_of = |ratios: [f32; 2]| warp(corners, side, ratios.map(f32::exp));
    let mut best = [-1.0; 2];
    for (reach, step) in [(5, STEP), (2, STEP / 3.0)] {
        for arm in [0, 1] {
            let middle = ratios[arm];
            for turn in 0..=2 * reach {
                // From the middle outward: of two that fit alike the nearer one stays.
                let away = (turn + 1) / 2 * if turn % 2 == 0 { 1 } else { -1 };
                let mut tried = ratios;
                tried[arm] = middle + away as f32 * step;
                let Some(warp) = warp_of(tried) else { continue };
                let fits = timing(plane, &warp, side, arm);
                if fits > best[arm] {
                    (best[arm], ratios) = (fits, tried);
                }
            }
        }
    }
    Some(Tilt {
        warp: warp_of(ratios)?,
        timing: (best[0] + best[1]) / 2.0,
    })
}

/// The view in which the ends of the arms are so much farther away than the origin.
fn warp(corners: &Corners, side: usize, [right, below]: [f32; 2]) -> Option<Warp> {
    let depth = right + below - 1.0;
    if depth < 0.2 {
        return None;
    }
    let fourth = [0, 1].map(|axis| {
        (corners.right[axis] * right + corners.down[axis] * below - corners.origin[axis]) / depth
    });
    let picture = [corners.origin, corners.right, fourth, corners.down];
    Warp::over(side, 3.5, side as f32 - 3.5, picture)
}

/// How well the timing line along an arm (0: the row, 1: the column) fits, −1 to 1.
fn timing(plane: &Plane<'_>, warp: &Warp, side: usize, arm: usize) -> f32 {
    let value = |at: usize| {
        let along = at as f32 + 0.5;
        let (x, y) = if arm == 0 {
            warp.map(along, 6.5)
        } else {
            warp.map(6.5, along)
        };
        plane.at(x, y)
    };
    // Each module against the mean of its neighbors: shadows do not count.
    let mut lighter = [0.0_f32; MOST];
    let (mut before, mut here, mut squares) = (value(7), value(8), 0.0);
    let count = side - 16;
    for (at, lighter) in lighter.iter_mut().enumerate().take(count) {
        let next = value(at + 9);
        *lighter = (here - (before + next) / 2.0) * if at % 2 == 0 { -1.0 } else { 1.0 };
        squares += *lighter * *lighter;
        (before, here) = (here, next);
    }
    // A timing line alternates everywhere; a few strong edges are none.
    let usual = (squares / count as f32).sqrt().max(1.0);
    let fits = lighter[..count].iter().map(|fit| (fit / usual).clamp(-1.0, 1.0));
    fits.sum::<f32>() / count as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timing_lines_tell_the_depths_and_the_version() {
        // Timing lines of version 8 alone, in a view in which the right side is a fifth farther away than the left one.
        let corners = Corners {
            origin: [100.0, 100.0],
            right: [290.0, 120.0],
            down: [90.0, 310.0],
            side: 47.0,
            module: 4.6,
            misfit: 0.0,
        };
        let truth = warp(&corners, 49, [1.2, 1.05]).unwrap();
        let mut pixels = vec![200_u8; 400 * 400];
        for at in 7..42 {
            for fine in 0..400 {
                let (u, v) = (
                    at as f32 + (fine % 20) as f32 / 20.0,
                    6.0 + (fine / 20) as f32 / 20.0,
                );
                for (x, y) in [truth.map(u, v), truth.map(v, u)] {
                    pixels[y as usize * 400 + x as usize] = if at % 2 == 0 { 30 } else { 200 };
                }
            }
        }
        let plane = Plane::new(400, 400, pixels);
        let fits = [45, 49, 53].map(|side| of(&plane, &corners, side, 1.0, 1.0).unwrap());
        assert!(fits[1].timing > 0.7, "{:?}", fits[1]);
        assert!(
            fits[1].timing > 0.2 + fits[0].timing.max(fits[2].timing),
            "{fits:?}"
        );
        let ((x, y), (right, below)) = (fits[1].warp.map(49.0, 49.0), truth.map(49.0, 49.0));
        assert!((x - right).hypot(y - below) < 8.0, "{x} {y}, {right} {below}");
    }
}
