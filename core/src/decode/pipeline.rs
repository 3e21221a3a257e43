//! One frame: first what is cheap, then more where there is evidence of a code.

use super::Budget;
use super::card::{self, CardRead, Evidence};
use super::corners::{self, Corners};
use super::finder::{self, Finder};
use super::foreign;
use super::frame::Frame;
use super::guesses;
use super::judge::Judge;
use super::limits::Limits;
use super::marks::{self, Mark};
use super::noise;
use super::plane::{Pictures, Plane};
use super::reading::{Found, Point, Reading};
use super::repair;
use super::sight;

/// Triples of finder patterns that are looked at in a picture.
const TRIPLES: usize = 6;

/// Finder patterns that are looked at closely.
const MARKS: usize = 8;

/// Guesses by them that are followed.
const GUESSES: usize = 6;

/// Noise from which no code is seen in single pixels, gray levels.
const HOPELESS: f32 = 40.0;

/// Of these, those that may be of bent cards.
const BENT: usize = 1;

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
    if full.width < 21 || full.height < 21 || !budget.take(steps(full.pixels.len() / 1_000)) {
        return Vec::new();
    }
    let (half, noise) = (full.halved(), noise::noise(&full));
    let mut search = Search {
        frame,
        pictures: Pictures { full, half, noise },
        scale,
        judge,
        readings: Vec::new(),
        starts: Vec::new(),
        tried: Vec::new(),
        crossings: Vec::new(),
        sighted: false,
    };
    search.everywhere(budget, seen);
    let foreign = search.sighted && !search.starts.iter().any(card::Start::is_likely);
    let (mut readings, full) = (search.readings, search.pictures.full);
    // A card that is seen but not read is no other maker's code.
    if readings.is_empty() && foreign && budget.take(steps(full.pixels.len() / 100)) {
        readings.extend(foreign::read(&full, frame, scale));
    }
    readings
}

fn steps(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The search for codes in a frame.
struct Search<'a> {
    frame: &'a Frame<'a>,
    pictures: Pictures<'a>,
    /// By how much the frame was scaled down.
    scale: usize,
    judge: Option<&'a dyn Judge>,
    readings: Vec<Reading>,
    starts: Vec<card::Start>,
    tried: Vec<Corners>,
    crossings: Vec<Finder>,
    sighted: bool,
}

impl Search<'_> {
    /// Looks for codes of ordinary size, then for large and blurred ones, then for small ones, then closely; the first
    /// that finds any is the last.
    fn everywhere(&mut self, budget: &mut Budget, seen: &mut Seen) {
        let noise = self.pictures.noise;
        let quarter = self.pictures.half.halved();
        let limits = Limits::of(&quarter, (0.3 * noise) as u8);
        let finders = finder::find(&self.pictures.half, &limits, 3);
        if self.triples(finders, budget, seen) {
            return;
        }
        let finders = finder::find(&quarter, &Limits::of(&quarter.halved(), 0), 2);
        if self.triples(finders, budget, seen) {
            return;
        }
        if noise < HOPELESS {
            let limits = Limits::of(&self.pictures.half, (1.5 * noise) as u8);
            let finders = finder::find(&self.pictures.full, &limits, 4);
            if self.triples(finders, budget, seen) {
                return;
            }
        }
        self.closely(budget, seen);
    }

    /// Whether there are codes at three finder patterns each.
    fn triples(&mut self, finders: Vec<Finder>, budget: &mut Budget, seen: &mut Seen) -> bool {
        for triple in corners::triples(&finders, TRIPLES) {
            let read = |reading: &Reading| reading.covers(&triple, self.frame, self.scale as f32);
            if self.readings.iter().any(read) || self.tried.iter().any(|known| known.is_like(&triple)) {
                continue;
            }
            self.tried.push(triple);
            let Some(sight) = sight::look(self.pictures.of_module(triple.module), &triple) else {
                continue;
            };
            self.sighted |= sight.agreement > CLEAR;
            let triple = Corners {
                side: sight.side,
                ..triple
            };
            self.follow(&triple, [sight.right, sight.below], budget, seen);
        }
        self.crossings.extend(finders);
        !self.readings.is_empty()
    }

    /// Codes of which only parts are seen, and more work on those that are seen but not read.
    fn closely(&mut self, budget: &mut Budget, seen: &mut Seen) {
        let mut marks = marks::marks(&self.pictures, &self.crossings, MARKS);
        if self.guesses(&marks, budget, seen) {
            return;
        }
        let whole = |guess: &guesses::Guess| guess.marks.is_some();
        if self.starts.is_empty() && !guesses::guesses(&marks).iter().any(whole) {
            let more = marks::neighbors(&self.pictures, &marks);
            marks.extend(more.iter().copied());
            if !more.is_empty() && self.guesses(&marks, budget, seen) {
                return;
            }
        }
        if self.bent(&marks, budget) {
            return;
        }
        let starts = self.starts.clone();
        let read = repair::thorough(&self.pictures, starts, budget, self.judge, &mut seen.evidence);
        let reading = read.map(|read| reading(&read, self.frame, self.scale));
        self.readings.extend(reading);
    }

    /// Whether there is a code at one of the guesses by marks.
    fn guesses(&mut self, marks: &[Mark], budget: &mut Budget, seen: &mut Seen) -> bool {
        let guesses = guesses::guesses(marks).into_iter().take(GUESSES);
        guesses
            .into_iter()
            .any(|guess| self.follow(&guess.corners, guess.depths, budget, seen))
    }

    /// Whether there is a bent card at three marks.
    fn bent(&mut self, marks: &[Mark], budget: &mut Budget) -> bool {
        let guesses = guesses::guesses(marks).into_iter();
        for marks in guesses.filter_map(|guess| guess.marks).take(BENT) {
            if let Some(read) = card::bent(&self.pictures, &marks, budget, self.judge, &mut self.starts) {
                self.readings.push(reading(&read, self.frame, self.scale));
                return true;
            }
        }
        false
    }

    /// Whether the card at three corners was read.
    fn follow(&mut self, corners: &Corners, depths: [f32; 2], budget: &mut Budget, seen: &mut Seen) -> bool {
        let known = self.starts.len();
        let plane = self.pictures.of_module(corners.module);
        if let Some(read) = card::quick(plane, corners, depths, budget, self.judge, &mut self.starts) {
            self.readings.push(reading(&read, self.frame, self.scale));
            return true;
        }
        if self.starts.len() > known && seen.corners.is_none_or(|known| corners.misfit < known.misfit) {
            seen.corners = Some(*corners);
        }
        false
    }
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
    /// Whether another three are the same, as far as a second look would tell nothing new.
    fn is_like(&self, other: &Self) -> bool {
        let apart = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]) < 0.7 * self.module;
        apart(self.origin, other.origin) && apart(self.right, other.right) && apart(self.down, other.down)
    }
}

impl Reading {
    /// Whether a finder pattern of the triple lies on this code.
    fn covers(&self, triple: &Corners, frame: &Frame<'_>, scale: f32) -> bool {
        let [x, y] = triple.origin.map(|value| value * scale);
        let (x, y) = frame.upright(x, y);
        let edge = |a: Point, b: Point| (b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x);
        let signs: Vec<bool> = (0..4)
            .map(|at| edge(self.corners[at], self.corners[(at + 1) % 4]) > 0.0)
            .collect();
        signs.iter().all(|&sign| sign == signs[0])
    }
}
