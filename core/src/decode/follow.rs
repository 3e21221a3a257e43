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
    let mut warp = *first;
    let (mut pins, mut missing) = (Vec::new(), 0);
    for code in [[3.5, 3.5], [side - 3.5, 3.5], [3.5, side - 3.5]] {
        let (picture, likeness) = finder.seek(plane, &warp, code, 0.5);
        let (x, y) = warp.map(code[0], code[1]);
        let found = likeness > FOUND;
        pins.push(Pin {
            code,
            picture: if found { picture } else { [x, y] },
            weight: if found { 2.0 } else { 0.3 },
        });
        missing += usize::from(!found);
        if missing > 1 {
            return None;
        }
    }
    let guess = Pin {
        code: [side - 3.5, side - 3.5],
        picture: warp.map(side - 3.5, side - 3.5).into(),
        weight: 0.02,
    };
    for (number, code) in places(layout).enumerate() {
        // A thumb may hide half of the alignment patterns, but not the first three of them and a finder pattern.
        if number == 3 && pins.len() == 3 {
            return None;
        }
        let with_guess: Vec<Pin> = pins.iter().copied().chain([guess]).collect();
        if let Some(fitted) = Warp::of_pins(layout.side, &with_guess) {
            warp = fitted;
        }
        let (picture, likeness) = alignment.seek(plane, &warp, code, 1.5);
        if likeness > FOUND {
            pins.push(Pin {
                code,
                picture,
                weight: 1.0,
            });
        }
    }
    let with_guess: Vec<Pin> = pins.iter().copied().chain([guess]).collect();
    let warp = Warp::of_pins(layout.side, &with_guess).unwrap_or(warp);
    Some(Followed { warp, pins })
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
