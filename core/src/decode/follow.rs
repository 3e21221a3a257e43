//! A code followed from its finder patterns to its fourth corner.
//!
//! Each pattern that is found says better where the next one must be, from the arms between the finder patterns to the
//! fourth corner; so a code that is tilted or bent is followed to its end.

use super::layout::Layout;
use super::marks::Mark;
use super::pins::{Pattern, Pin};
use super::plane::Plane;
use super::roll::Roll;
use super::warp::Warp;

/// Likeness from which a pattern counts as found.
const FOUND: f32 = 0.45;

/// A code that was followed.
#[derive(Debug)]
pub struct Followed {
    /// Where it lies.
    pub warp: Warp,
    /// The patterns that were found.
    pub pins: Vec<Pin>,
}

/// Follows a code from a first guess; none where too little of it is found.
pub fn follow(plane: &Plane<'_>, first: &Warp, layout: &Layout) -> Option<Followed> {
    let side = layout.side as f32;
    let (finder, alignment) = (Pattern::finder(), Pattern::alignment());
    let mut trail = Trail::new(plane, first, layout);
    let mut missing = Vec::new();
    for code in [[3.5, 3.5], [side - 3.5, 3.5], [3.5, side - 3.5]] {
        if !trail.seek(&finder, code, 0.5, 2.0) {
            missing.push(code);
        }
        if missing.len() > 1 {
            return None;
        }
    }
    let reach = if missing.is_empty() { 1.5 } else { 2.5 };
    for (number, code) in places(layout).enumerate() {
        // A thumb may hide half of the alignment patterns, but not the first three of them and a finder pattern.
        if number == 3 && trail.pins.len() + missing.len() == 3 {
            return None;
        }
        trail.refit();
        trail.seek(&alignment, code, reach, 1.0);
    }
    for code in missing {
        trail.refit();
        trail.seek(&finder, code, 2.0, 2.0);
    }
    trail.refit();
    Some(Followed {
        warp: trail.warp,
        pins: trail.pins,
    })
}

/// What was found so far, and where the code lies by it.
struct Trail<'a> {
    plane: &'a Plane<'a>,
    side: usize,
    warp: Warp,
    pins: Vec<Pin>,
    /// The corners by the first guess: they count only as far as pins do not tell.
    guesses: [Pin; 4],
}

impl<'a> Trail<'a> {
    fn new(plane: &'a Plane<'a>, first: &Warp, layout: &Layout) -> Self {
        let (low, high) = (3.5, layout.side as f32 - 3.5);
        Self {
            plane,
            side: layout.side,
            warp: *first,
            pins: Vec::new(),
            guesses: [[low, low], [high, low], [high, high], [low, high]].map(|code| Pin {
                code,
                picture: first.map(code[0], code[1]).into(),
                weight: 0.02,
            }),
        }
    }

    /// Whether a pattern is found near a place.
    fn seek(&mut self, pattern: &Pattern, code: [f32; 2], reach: f32, weight: f32) -> bool {
        let (picture, likeness) = pattern.seek(self.plane, &self.warp, code, reach);
        let found = likeness > FOUND;
        self.pins.extend(found.then_some(Pin {
            code,
            picture,
            weight,
        }));
        found
    }

    fn refit(&mut self) {
        let pins = [&self.pins[..], &self.guesses].concat();
        if let Some(warp) = Warp::of_pins(self.side, &pins) {
            self.warp = warp;
        }
    }
}

/// How far three finder patterns lie from a flat code's, as a share of a module.
pub fn unevenness(marks: &[Mark; 3], layout: &Layout) -> f32 {
    let pins = corners(marks, layout);
    let flat = Warp::of_pins(layout.side, &pins);
    flat.map_or(0.0, |flat| flat.off(&pins) / marks[0].module())
}

/// Follows a bent code from its finder patterns seen closely: at the origin, right, and down.
pub fn follow_bent(plane: &Plane<'_>, marks: &[Mark; 3], layout: &Layout) -> Option<Followed> {
    let alignment = Pattern::alignment();
    let mut pins = corners(marks, layout);
    let mut roll = Roll::of_pins(layout.side, &pins)?;
    let mut found = 0;
    for (number, code) in places(layout).enumerate() {
        if number == 3 && found == 0 {
            return None;
        }
        let warp = Warp::rolled(layout.side, roll)?;
        let (picture, likeness) = alignment.seek(plane, &warp, code, 2.0);
        if likeness > FOUND {
            found += 1;
            pins.push(Pin {
                code,
                picture,
                weight: 1.5,
            });
            roll = roll.nearer(&pins)?;
        }
    }
    let roll = Roll::of_pins(layout.side, &pins)?.nearer(&pins)?;
    let warp = Warp::rolled(layout.side, roll)?;
    Some(Followed { warp, pins })
}

/// The pins of three finder patterns.
fn corners([origin, right, down]: &[Mark; 3], layout: &Layout) -> Vec<Pin> {
    let side = layout.side as f32;
    [
        origin.pins([3.5, 3.5]),
        right.pins([side - 3.5, 3.5]),
        down.pins([3.5, side - 3.5]),
    ]
    .concat()
}

/// The centers of a layout's alignment patterns, the nearest to the finder patterns first.
fn places(layout: &Layout) -> impl Iterator<Item = [f32; 2]> {
    let mut places = layout.alignments.clone();
    places.sort_by_key(|&(column, row)| (column + row, column.abs_diff(row)));
    places
        .into_iter()
        .map(|(column, row)| [column as f32 + 0.5, row as f32 + 0.5])
}
