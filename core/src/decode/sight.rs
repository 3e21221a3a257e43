//! A closer look at three finder patterns: are they there, how large is a module at each, and so how the code is tilted.

use super::corners::Corners;
use super::plane::Plane;

/// How well a finder pattern's modules are seen at least.
const LEAST_AGREEMENT: f32 = 0.2;

/// Brightness between a pattern's light and dark modules at least.
const LEAST_CONTRAST: f32 = 2.0;

/// What the patterns say of the code.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sight {
    /// How far away the end of the row's arm is, the origin being 1.
    pub right: f32,
    /// How far away the end of the column's arm is.
    pub below: f32,
    /// Modules on a side.
    pub side: f32,
    /// How well the faintest of the three is seen, up to 1.
    pub agreement: f32,
}

/// Looks closely; none where the three are not finder patterns.
pub fn look(plane: &Plane<'_>, corners: &Corners) -> Option<Sight> {
    let across = direction(corners.origin, corners.right, corners.side);
    let down = direction(corners.origin, corners.down, corners.side);
    let mut levels = [0.0; 3];
    let mut agreement = 1.0_f32;
    for (level, center) in levels
        .iter_mut()
        .zip([corners.origin, corners.right, corners.down])
    {
        let seen;
        (*level, seen) = threshold(plane, center, across, down)?;
        agreement = agreement.min(seen);
    }
    let widths = |end: [f32; 2], way: [f32; 2], level: f32| {
        let at_origin = width(plane, corners.origin, way, levels[0])?;
        let at_end = width(plane, end, way, level)?;
        let apart = (end[0] - corners.origin[0]).hypot(end[1] - corners.origin[1]);
        // Along a line seen in perspective, lengths shrink with the square of the depth.
        Some((
            (at_origin / at_end).sqrt(),
            7.0 + 7.0 * apart / (at_origin * at_end).sqrt(),
        ))
    };
    let plain = (1.0, corners.side);
    let (right, sides_right) = widths(corners.right, across, levels[1]).unwrap_or(plain);
    let (below, sides_below) = widths(corners.down, down, levels[2]).unwrap_or(plain);
    let (right, below) = (right.clamp(0.6, 1.7), below.clamp(0.6, 1.7));
    Some(Sight {
        right,
        below,
        side: (sides_right * sides_below).sqrt(),
        agreement,
    })
}

/// One module along the way from a center to another.
fn direction(from: [f32; 2], to: [f32; 2], side: f32) -> [f32; 2] {
    [0, 1].map(|axis| (to[axis] - from[axis]) / (side - 7.0).max(1.0))
}

/// The brightness between dark and light of a finder pattern, and how well it is seen; none where there is no pattern.
fn threshold(plane: &Plane<'_>, center: [f32; 2], across: [f32; 2], down: [f32; 2]) -> Option<(f32, f32)> {
    let mut values = [(false, 0.0); 81];
    for (at, value) in values.iter_mut().enumerate() {
        let (column, row) = (at as i32 % 9 - 4, at as i32 / 9 - 4);
        let ring = column.abs().max(row.abs());
        let (u, v) = (column as f32, row as f32);
        let x = center[0] + u * across[0] + v * down[0];
        let y = center[1] + u * across[1] + v * down[1];
        *value = (ring != 2 && ring != 4, plane.at(x, y));
    }
    let mean = |wanted: bool| {
        let of = values.iter().filter(|(dark, _)| *dark == wanted);
        let (sum, count) = of.fold((0.0, 0.0), |(sum, count), (_, value)| (sum + value, count + 1.0));
        sum / count
    };
    let (dark, light) = (mean(true), mean(false));
    let level = (dark + light) / 2.0;
    let (mut right, mut all) = (0.0, 0.0);
    for (dark, value) in values {
        right += if dark { level - value } else { value - level };
        all += (value - level).abs();
    }
    (light - dark > LEAST_CONTRAST && right > LEAST_AGREEMENT * all).then_some((level, right / all))
}

/// The width of a pattern along a way, seven modules, pixels.
fn width(plane: &Plane<'_>, center: [f32; 2], way: [f32; 2], level: f32) -> Option<f32> {
    let forth = reach(plane, center, way, level)?;
    let back = reach(plane, center, way.map(|step| -step), level)?;
    Some((forth + back) * way[0].hypot(way[1]))
}

/// Modules from the center to the pattern's outer edge, where brightness passes the level for the third time.
fn reach(plane: &Plane<'_>, center: [f32; 2], way: [f32; 2], level: f32) -> Option<f32> {
    const STEP: f32 = 0.1;
    let value = |away: f32| plane.at(center[0] + away * way[0], center[1] + away * way[1]) - level;
    let (mut crossings, mut before) = (0, value(0.0));
    if before > 0.0 {
        return None;
    }
    for step in 1..65 {
        let now = value(step as f32 * STEP);
        if (now > 0.0) != (before > 0.0) {
            crossings += 1;
            if crossings == 3 {
                return Some((step as f32 - now / (now - before)) * STEP);
            }
        }
        before = now;
    }
    None
}
