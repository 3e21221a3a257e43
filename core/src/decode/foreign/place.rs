//! Which version a code has and where it lies, from its three finder patterns.
//!
//! The distance of the patterns tells the version roughly. The timing patterns between them tell it exactly: dark and
//! light change from module to module, and a version too many or too few is out of step after a few modules.

use crate::decode::corners::Corners;
use crate::decode::follow;
use crate::decode::layout::Layout;
use crate::decode::plane::Plane;
use crate::decode::sight::Sight;
use crate::decode::tilt;
use crate::decode::warp::Warp;

/// Versions that are tried at most.
const MOST: usize = 3;

/// How well the timing patterns of a version must be seen, up to 1.
const LEAST_TIMING: f32 = 0.3;

/// The versions whose timing patterns are seen, the best first, and the view in which they are.
pub fn versions(plane: &Plane<'_>, corners: &Corners, sight: &Sight) -> Vec<(u8, Warp)> {
    let side = |version: u8| 17 + 4 * usize::from(version);
    let near = |version: &u8| (side(*version) as f32 - sight.side).abs() < (0.13 * sight.side).max(6.5);
    let tilted = |version: u8| {
        let tilt = tilt::of(plane, corners, side(version), sight.right, sight.below)?;
        (tilt.timing > LEAST_TIMING).then_some((version, tilt))
    };
    let mut seen: Vec<_> = (1..=40).filter(near).filter_map(tilted).collect();
    seen.sort_by(|a, b| b.1.timing.total_cmp(&a.1.timing));
    seen.into_iter()
        .take(MOST)
        .map(|(version, tilt)| (version, tilt.warp))
        .collect()
}

/// A version that the code says it has, and the view in which its timing patterns are seen best.
pub fn of_version(plane: &Plane<'_>, corners: &Corners, sight: &Sight, version: u8) -> Option<(u8, Warp)> {
    let side = 17 + 4 * usize::from(version);
    let tilt = tilt::of(plane, corners, side, sight.right, sight.below)?;
    Some((version, tilt.warp))
}

/// Views in which a code may lie, the likeliest first.
pub fn views(plane: &Plane<'_>, corners: &Corners, first: &Warp, layout: &Layout) -> Vec<Warp> {
    let followed = follow::follow(plane, first, layout).map(|followed| followed.warp);
    // No alignment pattern tells where the smallest code's fourth corner is: most are hardly tilted.
    let guess = (layout.version == 1).then(|| square(corners, layout.side));
    guess.flatten().into_iter().chain(followed).collect()
}

/// The view of a code whose opposite sides are parallel.
fn square(corners: &Corners, side: usize) -> Option<Warp> {
    let fourth = [0, 1].map(|axis| corners.right[axis] + corners.down[axis] - corners.origin[axis]);
    let picture = [corners.origin, corners.right, fourth, corners.down];
    Warp::over(side, 3.5, side as f32 - 3.5, picture)
}
