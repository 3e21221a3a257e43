//! One frame: first what is cheap, then more where there is evidence of a code.

use super::Budget;
use super::card::{self, CardRead, Evidence};
use super::corners::{self, Corners};
use super::finder;
use super::foreign;
use super::frame::Frame;
use super::judge::Judge;
use super::limits::Limits;
use super::plane::Plane;
use super::reading::{Found, Point, Reading};
use super::sight;

/// Triples of finder patterns that are looked at in a picture.
const TRIPLES: usize = 6;

/// How well three finder patterns are seen at least to be those of another maker's code.
const CLEAR: f32 = 0.85;

/// What was seen of codes that could not be read.
#[derive(Debug, Default)]
pub struct Seen {
    /// Modules of the one that was seen best.
    pub evidence: Option<Evidence>,
    /// The best three finder patterns, in pixels of the frame as it was scaled.
    pub corners: Option<Corners>,
    /// By how much the frame was scaled down.
    pub scale: usize,
}

/// The codes of a frame.
pub fn read(
    frame: &Frame<'_>,
    budget: &mut Budget,
    judge: Option<&dyn Judge>,
    seen: &mut Seen,
) -> Vec<Reading> {
    let (full, scale) = Plane::of(frame);
    seen.scale = scale;
    if full.width < 21 || full.height < 21 {
        return Vec::new();
    }
    let half = full.halved();
    let quarter = half.halved();
    let planes = [full, half, quarter];
    let mut readings: Vec<Reading> = Vec::new();
    let mut starts = Vec::new();
    let mut sighted = false;
    for (level, zoom) in [(1, 2.0), (0, 1.0), (2, 4.0)] {
        let cost = planes[level].pixels.len() / 1_500;
        if !budget.take(u32::try_from(cost).unwrap_or(u32::MAX)) {
            break;
        }
        let plane = &planes[level];
        let finders = finder::find(plane, &Limits::of(plane), 2);
        for triple in corners::triples(&finders, TRIPLES) {
            let triple = triple.scaled(zoom);
            if readings
                .iter()
                .any(|reading| reading.covers(&triple, frame, scale))
            {
                continue;
            }
            sighted |= sight::look(&planes[0], &triple).is_some_and(|sight| sight.agreement > CLEAR);
            let known = starts.len();
            if let Some(read) = card::quick(&planes[0], &triple, budget, judge, &mut starts) {
                readings.push(reading(&read, frame, scale));
            } else if starts.len() > known && seen.corners.is_none_or(|known| triple.misfit < known.misfit) {
                seen.corners = Some(triple);
            }
        }
        if !readings.is_empty() {
            return readings;
        }
    }
    // A card that is seen but not read is no other maker's code.
    let is_card = starts.iter().any(card::Start::is_likely);
    if let Some(read) = card::thorough(&planes, starts, budget, judge, &mut seen.evidence) {
        return vec![reading(&read, frame, scale)];
    }
    let cost = u32::try_from(planes[0].pixels.len() / 100).unwrap_or(u32::MAX);
    if sighted && !is_card && budget.take(cost) {
        readings.extend(foreign::read(&planes[0], frame, scale));
    }
    readings
}

/// A card as a reading of the frame.
pub fn reading(read: &CardRead, frame: &Frame<'_>, scale: usize) -> Reading {
    let side = f32::from(17 + 4 * read.version);
    let corners = [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)].map(|(u, v)| {
        let (x, y) = read.warp.map(u, v);
        let (x, y) = frame.upright(x * scale as f32, y * scale as f32);
        Point { x, y }
    });
    Reading {
        bytes: read.text.clone().into_bytes(),
        text: read.text.clone(),
        corners,
        version: read.version,
        mirrored: read.mirrored,
        inverted: false,
        found: if read.repaired {
            Found::Repaired
        } else {
            Found::Plain
        },
    }
}

impl Corners {
    /// The same in a picture `zoom` times as large.
    fn scaled(self, zoom: f32) -> Self {
        Self {
            origin: self.origin.map(|value| value * zoom),
            right: self.right.map(|value| value * zoom),
            down: self.down.map(|value| value * zoom),
            module: self.module * zoom,
            ..self
        }
    }
}

impl Reading {
    /// Whether a finder pattern of the triple lies on this code.
    fn covers(&self, triple: &Corners, frame: &Frame<'_>, scale: usize) -> bool {
        let [x, y] = triple.origin.map(|value| value * scale as f32);
        let (x, y) = frame.upright(x, y);
        let edge = |a: Point, b: Point| (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x);
        let signs: Vec<bool> = (0..4)
            .map(|at| edge(self.corners[at], self.corners[(at + 1) % 4]) > 0.0)
            .collect();
        signs.iter().all(|&sign| sign == signs[0])
    }
}
