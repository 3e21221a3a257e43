//! Finder patterns seen closely: where exactly, how turned and tilted, and how like a finder pattern at all.

use super::finder::Finder;
use super::pins::{Pattern, Pin};
use super::plane::{Pictures, Plane};

/// Crossings that are looked at closely.
const LOOKS: usize = 16;

/// Likeness from which a crossing is worth a closer look.
const PROMISING: f32 = 0.35;

/// Likeness from which it is a finder pattern.
const SURE: f32 = 0.55;

/// Likeness below which a climb is given up after its first round.
const HOPELESS: f32 = 0.45;

/// Turns that are tried; a square looks the same after a quarter.
const TURNS: u8 = 6;

/// Slants that are tried: seen from the side, a turned square is slanted.
const SLANTS: [f32; 5] = [0.0, -0.5, 0.5, -1.1, 1.1];

/// Likeness from which one climb is enough.
const CLEAR: f32 = 0.9;

/// Shapes from which is climbed, the best first, until one is clear.
const CLIMBS: usize = 4;

/// Likeness from which a finder pattern points at others, and how many may.
const POINTING: f32 = 0.7;
const POINTERS: usize = 2;

/// Likeness at a third of its modules from which a place that is pointed at is looked at, and likeness from which it
/// is a finder pattern: less than where nothing points.
const HINT: f32 = 0.4;
const FAINT: f32 = 0.5;

/// Places that are looked at in each way.
const HINTS: usize = 3;

/// Steps of 0.6 modules from 32 to 52 modules away, and to either side.
const AWAY: i32 = 33;
const ASIDE: i32 = 8;

/// A finder pattern and one module's way along both of its sides, pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    /// Its center.
    pub center: [f32; 2],
    /// Along one side.
    pub across: [f32; 2],
    /// Along the other.
    pub down: [f32; 2],
    /// How like a finder pattern it is, up to 1.
    pub likeness: f32,
}

/// The finder patterns among crossings, the likeliest first, at most `most`.
pub fn marks(pictures: &Pictures<'_>, finders: &[Finder], most: usize) -> Vec<Mark> {
    let (pattern, sparse) = (Pattern::finder(), Pattern::sparse_finder());
    // Most of what crosses a single line by chance does not cross another.
    let seen = |finder: &&Finder| finder.slants > 0 || finder.hits > 1;
    let mut finders: Vec<&Finder> = finders.iter().filter(seen).collect();
    finders.sort_by(|a, b| b.worth().total_cmp(&a.worth()));
    let mut apart: Vec<&Finder> = Vec::new();
    for finder in finders {
        let near = |known: &Finder| {
            let size = (known.module / finder.module).ln().abs();
            (known.x - finder.x).hypot(known.y - finder.y) < 0.5 * known.module && size < 0.2
        };
        if !apart.iter().any(|known| near(known)) {
            apart.push(finder);
        }
    }
    let mut marks: Vec<Mark> = apart
        .into_iter()
        .take(LOOKS)
        .filter_map(|finder| Mark::of(pictures.of_module(finder.module), finder, &pattern, &sparse))
        .collect();
    marks.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
    let mut kept: Vec<Mark> = Vec::new();
    for mark in marks {
        if kept.len() < most && kept.iter().all(|known| known.apart(&mark) > 4.0 * known.module()) {
            kept.push(mark);
        }
    }
    kept
}

/// The finder patterns to which those of `marks` may point: no line crosses them well enough to be found by itself, but
/// it is known where to look.
pub fn neighbors(pictures: &Pictures<'_>, marks: &[Mark]) -> Vec<Mark> {
    let (pattern, sparse) = (Pattern::finder(), Pattern::sparse_finder());
    let mut found: Vec<Mark> = Vec::new();
    let good = marks
        .iter()
        .filter(|mark| mark.likeness > POINTING)
        .take(POINTERS);
    for mark in good {
        let plane = pictures.of_module(mark.module());
        for way in [[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]] {
            for near in mark.pointed(plane, &sparse, way) {
                let near = near.seen(plane, &pattern).climbed(plane, &pattern);
                let near = if near.likeness > HOPELESS {
                    near.climbed(plane, &pattern)
                } else {
                    near
                };
                let known = |known: &Mark| known.apart(&near) < 4.0 * near.module();
                if near.likeness > FAINT && !marks.iter().any(known) && !found.iter().any(known) {
                    found.push(near);
                }
            }
        }
    }
    found
}

impl Mark {
    /// The best places for a finder pattern of the same shape in the way of one of the sides.
    fn pointed(&self, plane: &Plane<'_>, sparse: &Pattern, [u, v]: [f32; 2]) -> Vec<Self> {
        let mut places = Vec::new();
        for away in 0..=AWAY {
            for aside in -ASIDE..=ASIDE {
                let (away, aside) = (32.0 + 0.6 * away as f32, 0.6 * aside as f32);
                let center = self.at(u * away - v * aside, v * away + u * aside);
                let place = Self { center, ..*self }.seen(plane, sparse);
                if place.likeness > HINT {
                    places.push(place);
                }
            }
        }
        places.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
        let mut best: Vec<Self> = Vec::new();
        for place in places {
            if best.len() < HINTS && best.iter().all(|known| known.apart(&place) > 2.0 * self.module()) {
                best.push(place);
            }
        }
        best
    }

    /// A crossing seen closely.
    fn of(plane: &Plane<'_>, finder: &Finder, pattern: &Pattern, sparse: &Pattern) -> Option<Self> {
        let shapes = (0..TURNS).flat_map(|turn| SLANTS.map(|slant| Self::shaped(finder, turn, slant)));
        let mut starts: Vec<Self> = shapes.map(|start| start.seen(plane, sparse)).collect();
        starts.sort_by(|a, b| b.likeness.total_cmp(&a.likeness));
        let mut best = starts.first()?.seen(plane, pattern);
        if best.likeness < PROMISING {
            return None;
        }
        for start in starts.into_iter().take(CLIMBS) {
            let mut mark = start.seen(plane, pattern).climbed(plane, pattern);
            if mark.likeness < CLEAR {
                mark = mark.climbed(plane, pattern);
            }
            if mark.likeness > best.likeness {
                best = mark;
            }
            if !(SURE..CLEAR).contains(&best.likeness) {
                break;
            }
        }
        (best.likeness > SURE).then_some(best)
    }

    /// A turned and slanted square that is as wide and as high as a crossing.
    fn shaped(finder: &Finder, turn: u8, slant: f32) -> Self {
        let angle = f32::from(turn) * std::f32::consts::FRAC_PI_2 / f32::from(TURNS);
        let (sin, cos) = angle.sin_cos();
        let (across, down) = ([cos + slant * sin, sin], [slant * cos - sin, cos]);
        // The lines through its center, in modules of the square: its area is 1 for any slant.
        let row = down[1].abs().max(across[1].abs());
        let column = down[0].abs().max(across[0].abs());
        let (x, y) = (finder.wide * row, finder.high * column);
        Self {
            center: [finder.x, finder.y],
            across: [across[0] * x, across[1] * y],
            down: [down[0] * x, down[1] * y],
            likeness: -1.0,
        }
    }

    fn seen(self, plane: &Plane<'_>, pattern: &Pattern) -> Self {
        Self {
            likeness: pattern.likeness(plane, self.center, self.across, self.down),
            ..self
        }
    }

    /// Moved, turned and stretched until it is most like a finder pattern.
    fn climbed(self, plane: &Plane<'_>, pattern: &Pattern) -> Self {
        let module = self.module();
        let mut best = self;
        for (shift, stretch) in [(0.4, 0.12), (0.2, 0.06), (0.1, 0.03), (0.05, 0.015)] {
            for way in 0..12 {
                let step = if way < 4 { shift } else { stretch } * module;
                let mut moved = best;
                let [x, y] = match way / 4 {
                    0 => &mut moved.center,
                    1 => &mut moved.across,
                    _ => &mut moved.down,
                };
                *(if way % 4 < 2 { x } else { y }) += if way % 2 == 0 { step } else { -step };
                let moved = moved.seen(plane, pattern);
                if moved.likeness > best.likeness {
                    best = moved;
                }
            }
            if best.likeness < HOPELESS {
                break;
            }
        }
        best
    }

    /// Size of a module, pixels.
    pub fn module(&self) -> f32 {
        let area = self.across[0] * self.down[1] - self.across[1] * self.down[0];
        area.abs().sqrt().max(0.1)
    }

    fn apart(&self, other: &Self) -> f32 {
        (self.center[0] - other.center[0]).hypot(self.center[1] - other.center[1])
    }

    /// A place in modules from the center.
    pub fn at(&self, u: f32, v: f32) -> [f32; 2] {
        [0, 1].map(|axis| self.center[axis] + u * self.across[axis] + v * self.down[axis])
    }

    /// A point of the picture in modules from the center.
    pub fn modules(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let (x, y) = (x - self.center[0], y - self.center[1]);
        let (a, d) = (self.across, self.down);
        let area = a[0] * d[1] - a[1] * d[0];
        [(x * d[1] - y * d[0]) / area, (a[0] * y - a[1] * x) / area]
    }

    /// The same with `across` as near as possible to a way, and `down` to its right hand.
    pub fn facing(&self, way: [f32; 2]) -> Self {
        let ways = [
            (self.across, self.down),
            (self.down, self.across.map(|step| -step)),
            (self.across.map(|step| -step), self.down.map(|step| -step)),
            (self.down.map(|step| -step), self.across),
        ];
        let length = |v: [f32; 2]| v[0].hypot(v[1]).max(1e-3);
        let along = |v: [f32; 2]| (v[0] * way[0] + v[1] * way[1]) / length(v);
        let best = ways.into_iter().max_by(|x, y| along(x.0).total_cmp(&along(y.0)));
        let (across, down) = best.unwrap_or((self.across, self.down));
        Self {
            across,
            down,
            ..*self
        }
    }

    /// Its center and outer corners as pins of a code in which its center is at `code`.
    pub fn pins(&self, code: [f32; 2]) -> [Pin; 5] {
        [(0.0, 0.0), (-3.5, -3.5), (3.5, -3.5), (3.5, 3.5), (-3.5, 3.5)].map(|(u, v)| Pin {
            code: [code[0] + u, code[1] + v],
            picture: self.at(u, v),
            weight: if u == 0.0 { 2.0 } else { 0.5 },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::finder;
    use super::super::limits::Limits;
    use super::*;

    /// A picture of one finder pattern with these ways of one module.
    fn drawn(center: [f32; 2], across: [f32; 2], down: [f32; 2]) -> Plane<'static> {
        let mark = Mark {
            center,
            across,
            down,
            likeness: 1.0,
        };
        let pixel = |at: usize| {
            let [u, v] = mark.modules([(at % 120) as f32 + 0.5, (at / 120) as f32 + 0.5]);
            let ring = u.abs().max(v.abs());
            if ring < 1.5 || (2.5..3.5).contains(&ring) {
                30
            } else {
                200
            }
        };
        Plane::new(120, 100, (0..120 * 100).map(pixel).collect::<Vec<u8>>())
    }

    #[test]
    fn a_finder_pattern_is_fitted_however_it_is_turned_and_slanted() {
        for (across, down) in [
            ([5.0, 0.0], [0.0, 5.0]),
            ([4.0, 3.0], [-3.0, 4.0]),
            ([4.9, 2.0], [-3.5, 2.1]),
            ([5.5, 1.0], [0.5, 2.2]),
        ] {
            let full = drawn([61.3, 48.8], across, down);
            let half = full.halved();
            let finders = finder::find(&half, &Limits::of(&half.halved(), 0), 1);
            let pictures = Pictures {
                full,
                half,
                noise: 0.0,
            };
            let found = marks(&pictures, &finders, 4);
            assert_eq!(found.len(), 1, "{across:?} {down:?}");
            let facing = found[0].facing(across);
            assert!(facing.likeness > 0.9, "{facing:?}");
            let off = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
            assert!(off(facing.center, [61.3, 48.8]) < 0.8, "{facing:?}");
            assert!(
                off(facing.across, across) < 0.8 && off(facing.down, down) < 0.8,
                "{facing:?}"
            );
        }
    }

    #[test]
    fn what_is_flat_or_striped_is_no_finder_pattern() {
        let stripes: Vec<u8> = (0..120 * 100)
            .map(|at| if at % 120 / 5 % 2 == 0 { 30 } else { 200 })
            .collect();
        for pixels in [vec![128; 120 * 100], stripes] {
            let plane = Plane::new(120, 100, pixels);
            let mark = Mark {
                center: [60.0, 50.0],
                across: [5.0, 0.0],
                down: [0.0, 5.0],
                likeness: 0.0,
            };
            assert!(mark.seen(&plane, &Pattern::finder()).likeness < SURE);
        }
    }
}
