//! Finder patterns: squares whose every line through the center is dark, light, dark, light, dark as 1 : 1 : 3 : 1 : 1.

use super::limits::Limits;
use super::plane::Plane;

/// The most finder patterns that are kept of a picture, the best seen ones.
const MOST: usize = 14;

/// The most crossings that are looked at closely in a picture: noise has thousands.
const MOST_CHECKS: usize = 12_000;

/// Least brightness between dark and light; noise on plain paper has less.
const LEAST_CONTRAST: f32 = 3.0;

/// Where a finder pattern seems to be, in pixels of the picture at full size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Finder {
    /// Center, pixels.
    pub x: f32,
    /// Center, pixels.
    pub y: f32,
    /// Size of a module, pixels, the mean of both ways.
    pub module: f32,
    /// A seventh of its width along a row, pixels.
    pub wide: f32,
    /// A seventh of its height along a column, pixels.
    pub high: f32,
    /// Lines that crossed it.
    pub hits: u32,
    /// How much lighter its gaps are than its rings, at least.
    pub contrast: f32,
    /// On how many of the two lines from corner to corner it is seen as well.
    pub slants: u32,
}

impl Finder {
    fn zoomed(self, zoom: f32) -> Self {
        Self {
            x: self.x * zoom,
            y: self.y * zoom,
            module: self.module * zoom,
            wide: self.wide * zoom,
            high: self.high * zoom,
            ..self
        }
    }

    /// How likely it is one.
    pub fn worth(&self) -> f32 {
        self.contrast * (self.hits.min(9) as f32).sqrt() * (1 + self.slants) as f32
    }
}

/// The finder patterns of a picture, the best seen first; every `step`th row is looked at.
pub fn find(plane: &Plane<'_>, bits: &Limits, step: usize) -> Vec<Finder> {
    let mut found: Vec<Finder> = Vec::new();
    let (mut room, mut edges) = (Vec::new(), Vec::new());
    let mut checks = 0;
    for row in (1..plane.height).step_by(step) {
        bits.edges(plane, row, &mut room, &mut edges);
        for six in edges.windows(6).step_by(2) {
            if checks > MOST_CHECKS || !in_proportion(six) || contrast_of(plane, row, six) < LEAST_CONTRAST {
                continue;
            }
            checks += 1;
            let x = (six[2] + six[3]) as f32 / 2.0;
            let module = (six[5] - six[0]) as f32 / 7.0;
            let y = row as f32 + 0.5;
            let near =
                |finder: &&mut Finder| (finder.x - x).abs().max((finder.y - y).abs()) < 2.5 * finder.module;
            if let Some(known) = found.iter_mut().find(near) {
                known.hits += 1;
            } else if let Some(finder) = check(plane, bits, x, row, module) {
                found.push(finder);
            }
        }
    }
    found.sort_by(|a, b| b.worth().total_cmp(&a.worth()));
    found.truncate(MOST);
    found
        .into_iter()
        .map(|finder| finder.zoomed(plane.size))
        .collect()
}

/// Whether six edges, dark to light and back, are in the proportion 1 : 1 : 3 : 1 : 1, roughly.
fn in_proportion(edges: &[u32]) -> bool {
    let total = edges[5] - edges[0];
    if total < 7 {
        return false;
    }
    let run = |at: usize| 28 * (edges[at + 1] - edges[at]);
    // The center first: it turns most candidates away.
    if !(7 * total..=18 * total).contains(&run(2)) {
        return false;
    }
    // Blur and dot gain move ink from ring to gap, but both gaps and both rings alike.
    let narrow = |at: usize| (total..=8 * total).contains(&run(at));
    let alike = |one: usize, other: usize| run(one).abs_diff(run(other)) <= 56 + 3 * total;
    [0, 1, 3, 4].into_iter().all(narrow) && alike(0, 4) && alike(1, 3)
}

/// Crosses a candidate from top to bottom and once more from left to right.
fn check(plane: &Plane<'_>, bits: &Limits, x: f32, row: usize, module: f32) -> Option<Finder> {
    let (y, high) = cross(plane, bits, x as usize, row, module, true)?;
    let (x, wide) = cross(plane, bits, x as usize, y as usize, module, false)?;
    let ratio = high / wide;
    let contrast = contrast(plane, [x, y], [wide, 0.0]).min(contrast(plane, [x, y], [0.0, high]));
    if !(0.15..6.5).contains(&ratio) || contrast < LEAST_CONTRAST {
        return None;
    }
    let aslant = |way: f32| u32::from(fits_aslant(plane, bits, [x, y], [wide, way * high]));
    Some(Finder {
        x,
        y,
        slants: aslant(1.0) + aslant(-1.0),
        module: (high + wide) / 2.0,
        wide,
        high,
        hits: 1,
        contrast,
    })
}

/// Whether the line through a center along a way of one module has the proportions too: all lines do.
fn fits_aslant(plane: &Plane<'_>, bits: &Limits, center: [f32; 2], way: [f32; 2]) -> bool {
    const STEPS: f32 = 4.0;
    let dark = |step: i32| {
        let [x, y] = [0, 1].map(|axis| center[axis] + step as f32 / STEPS * way[axis]);
        let inside = x >= 0.0 && y >= 0.0 && (x as usize) < plane.width && (y as usize) < plane.height;
        inside && bits.dark(plane, x as usize, y as usize)
    };
    let most = (6.0 * STEPS) as i32;
    let mut edges = [most as u32; 6];
    let mut step = 0;
    for (edge, is_dark) in [(3, true), (4, false), (5, true)] {
        while step < most && dark(step) == is_dark {
            step += 1;
        }
        edges[edge] += step as u32;
    }
    step = 0;
    for (edge, is_dark) in [(2, true), (1, false), (0, true)] {
        while step < most && dark(-step) == is_dark {
            step += 1;
        }
        edges[edge] -= step as u32;
    }
    in_proportion(&edges)
}

/// How much lighter the gaps of a crossing are than its dark runs, by one pixel of each.
fn contrast_of(plane: &Plane<'_>, row: usize, edges: &[u32]) -> f32 {
    let middle = |at: usize| {
        let column = usize::min((edges[at] + edges[at + 1]) as usize / 2, plane.width - 1);
        f32::from(plane.pixels[row * plane.width + column])
    };
    // Means, for the least and the most of five would be taken by noise.
    (middle(1) + middle(3)) / 2.0 - (middle(0) + middle(2) + middle(4)) / 3.0
}

/// How much lighter the gaps on both sides of a center are than the rings and the center, along a way of one module.
fn contrast(plane: &Plane<'_>, center: [f32; 2], way: [f32; 2]) -> f32 {
    let place = |away: f32, axis: usize| plane.size * (center[axis] + away * way[axis]);
    let at = |away: f32| plane.at(place(away, 0), place(away, 1));
    (at(-2.0) + at(2.0)) / 2.0 - (at(0.0) + at(-3.0) + at(3.0)) / 3.0
}

/// The center and the module of the runs through a dark pixel, along a column or a row.
fn cross(
    plane: &Plane<'_>,
    bits: &Limits,
    x: usize,
    y: usize,
    module: f32,
    down: bool,
) -> Option<(f32, f32)> {
    let (at, end) = if down { (y, plane.height) } else { (x, plane.width) };
    let dark = |place: usize| {
        if down {
            bits.dark(plane, x, place)
        } else {
            bits.dark(plane, place, y)
        }
    };
    if at >= end || !dark(at) {
        return None;
    }
    let most = (6.0 * module) as usize + 3;
    let mut edges = [0_u32; 6];
    let mut place = at;
    for (edge, is_dark) in [(3, true), (4, false), (5, true)] {
        let start = place;
        while place < end && dark(place) == is_dark && place - start < most {
            place += 1;
        }
        edges[edge] = place as u32;
    }
    place = at;
    for (edge, is_dark) in [(2, true), (1, false), (0, true)] {
        let start = place;
        while place > 0 && dark(place - 1) == is_dark && start - place < most {
            place -= 1;
        }
        edges[edge] = place as u32;
    }
    let center = (edges[2] + edges[3]) as f32 / 2.0;
    in_proportion(&edges).then(|| (center, (edges[5] - edges[0]) as f32 / 7.0))
}
