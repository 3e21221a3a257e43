//! A card's code at a guess of where it lies: its geometry is followed, its modules are looked at, its text is read.

use std::ops::Range;

use super::Budget;
use super::attempt::Attempt;
use super::corners::Corners;
use super::follow::{self, Followed};
use super::grid::Grid;
use super::judge::Judge;
use super::layout::{LAYOUTS, Layout};
use super::marks::Mark;
use super::pins::Pin;
use super::plane::{Pictures, Plane};
use super::tilt::{self, Tilt};
use super::warp::Warp;

/// A card that was read.
#[derive(Debug, Clone)]
pub struct CardRead {
    /// Its text.
    pub text: String,
    /// Where it lies.
    pub warp: Warp,
    /// QR version.
    pub version: u8,
    /// Seen in a mirror.
    pub mirrored: bool,
    /// Whether more than a plain look was needed.
    pub repaired: bool,
}

/// What a code that could not be read has shown, for the frames to come.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Its layout.
    pub layout: &'static Layout,
    /// Its modules as far as they were seen.
    pub grid: Grid,
    /// How well its fixed patterns are seen, up to 1.
    pub agreement: f32,
    /// Where it lies.
    pub warp: Warp,
}

/// A guess of where a code of a layout lies, and how well its fixed patterns are seen there.
#[derive(Debug, Clone)]
pub struct Start {
    /// How well its fixed patterns are seen there, up to 1.
    pub agreement: f32,
    /// The layout.
    pub layout: &'static Layout,
    /// Where it lies.
    pub warp: Warp,
    /// The patterns that were found.
    pub pins: Vec<Pin>,
}

impl Start {
    /// Whether the fixed patterns of a card are seen rather than not.
    pub fn is_likely(&self) -> bool {
        self.agreement > 0.5
    }
}

/// Agreement from which the text is tried at once.
const CLEAR: f32 = 0.7;

/// Agreement below which a guess is dropped.
const FAINT: f32 = 0.28;

/// Agreement of the modules that tell a card's code from others below which a guess is dropped.
const TELLING: f32 = 0.4;

/// How far finder patterns lie from a flat code's to be those of a bent one, modules.
const UNEVEN: Range<f32> = 0.2..1.2;

/// Timing lines that fit less are none.
const TIMED: f32 = 0.4;

/// Reads the card at three corners, if it is seen well; `depths` are how far away the ends of both arms seem to be, the
/// origin being 1. Guesses that might be worth more work go to `starts`.
pub fn quick(
    plane: &Plane<'_>,
    corners: &Corners,
    depths: [f32; 2],
    budget: &mut Budget,
    judge: Option<&dyn Judge>,
    starts: &mut Vec<Start>,
) -> Option<CardRead> {
    for (layout, tilt) in tilts(plane, corners, depths) {
        if !budget.take(150) {
            return None;
        }
        let Some(followed) = follow::follow(plane, &tilt.warp, layout) else {
            continue;
        };
        let (read, agreement) = look(plane, followed, layout, budget, judge, starts);
        if read.is_some() {
            return read;
        }
        if agreement > CLEAR {
            break;
        }
    }
    None
}

/// The same of a card that is bent, by its three finder patterns seen closely: at the origin, right, and down. One that
/// lies flat is not looked at.
pub fn bent(
    pictures: &Pictures<'_>,
    marks: &[Mark; 3],
    budget: &mut Budget,
    judge: Option<&dyn Judge>,
    starts: &mut Vec<Start>,
) -> Option<CardRead> {
    let uneven = LAYOUTS.each_ref().map(|layout| follow::unevenness(marks, layout));
    if uneven.iter().copied().fold(f32::MAX, f32::min) < UNEVEN.start {
        return None;
    }
    let plane = pictures.of_module(marks[0].module());
    LAYOUTS.iter().zip(uneven).find_map(|(layout, uneven)| {
        if !UNEVEN.contains(&uneven) || !budget.take(600) {
            return None;
        }
        let followed = follow::follow_bent(plane, marks, layout)?;
        look(plane, followed, layout, budget, judge, starts).0
    })
}

/// Reads a code that was followed, if it is seen well; and how well its fixed patterns are seen.
fn look(
    plane: &Plane<'_>,
    followed: Followed,
    layout: &'static Layout,
    budget: &mut Budget,
    judge: Option<&dyn Judge>,
    starts: &mut Vec<Start>,
) -> (Option<CardRead>, f32) {
    let Followed { warp, pins } = followed;
    let grid = Grid::sample(plane, &warp, layout.side).leveled();
    if grid.telling(layout) < TELLING {
        return (None, 0.0);
    }
    let agreement = grid.agreement(layout);
    if agreement > CLEAR
        && let Some(read) = Attempt::new(layout, judge).grid(&grid, budget)
    {
        return (Some(read.at(warp)), agreement);
    }
    if agreement > FAINT {
        starts.push(Start {
            agreement,
            layout,
            warp,
            pins,
        });
    }
    (None, agreement)
}

/// The layouts that the corners may have, the likeliest first.
fn tilts(plane: &Plane<'_>, corners: &Corners, [right, below]: [f32; 2]) -> Vec<(&'static Layout, Tilt)> {
    let near = |layout: &&Layout| (0.55..1.8).contains(&(corners.side / layout.side as f32));
    let tilts = LAYOUTS
        .iter()
        .filter(near)
        .filter_map(|layout| Some((layout, tilt::of(plane, corners, layout.side, right, below)?)));
    let mut tilts: Vec<_> = tilts.filter(|(_, tilt)| tilt.timing > TIMED).collect();
    let off = |layout: &Layout| (layout.side as f32 / corners.side).ln().abs();
    let worth = |(layout, tilt): &(&'static Layout, Tilt)| tilt.timing - 0.3 * off(layout);
    tilts.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
    tilts
}
