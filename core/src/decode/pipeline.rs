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
use super::marks;
use super::noise;
use super::plane::Plane;
use super::reading::{Found, Point, Reading};
use super::repair;
use super::sight;

/// Triples of finder patterns that are looked at in a picture.
const TRIPLES: usize = 6;

/// Finder patterns that are looked at closely.
const MARKS: usize = 8;

/// Guesses by them that are followed.
const GUESSES: usize = 10;

/// Noise from which the half-sized picture is looked at, gray levels.
const NOISY: f32 = 14.0;

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
    let half = full.halved();
    // In noise, a pixel of the half-sized picture says more than one of the whole.
    let noise = noise::noise(&full);
    let noisy = noise > NOISY;
    let (look, ratio) = if noisy { (&half, 2.0) } else { (&full, 1.0) };
    let mut search = Search {
        frame,
        look,
        ratio,
        scale: scale as f32 * ratio,
        judge,
        readings: Vec::new(),
        starts: Vec::new(),
        tried: Vec::new(),
        crossings: Vec::new(),
        sighted: false,
    };
    let quarter = half.halved();
    search.level(
        &half,
        &Limits::of(&quarter, (0.3 * noise) as u8),
        3,
        2.0,
        budget,
        seen,
    );
    if search.readings.is_empty() {
        search.level(&quarter, &Limits::of(&quarter.halved(), 0), 2, 4.0, budget, seen);
    }
    if search.readings.is_empty() && !noisy {
        search.level(
            &full,
            &Limits::of(&half, (1.5 * noise) as u8),
            4,
            1.0,
            budget,
            seen,
        );
    }
    if search.readings.is_empty() {
        search.closely(budget, seen);
    }
    let foreign = search.sighted && !search.starts.iter().any(card::Start::is_likely);
    let mut readings = search.readings;
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
    /// The picture that is looked at closely.
    look: &'a Plane<'a>,
    /// Its pixels in pixels of the frame as it was scaled.
    ratio: f32,
    /// Its pixels in pixels of the frame.
    scale: f32,
    judge: Option<&'a dyn Judge>,
    readings: Vec<Reading>,
    starts: Vec<card::Start>,
    tried: Vec<Corners>,
    crossings: Vec<Finder>,
    sighted: bool,
}

impl Search<'_> {
    /// Codes whose three finder patterns are seen in a picture whose pixels are `zoom` of the frame's as it was scaled;
    /// every `step`th row is looked at.
    fn level(
        &mut self,
        plane: &Plane<'_>,
        limits: &Limits,
        step: usize,
        zoom: f32,
        budget: &mut Budget,
        seen: &mut Seen,
    ) {
        if !budget.take(steps(plane.pixels.len() / 1_500)) {
            return;
        }
        let finders = finder::find(plane, limits, step);
        for triple in corners::triples(&finders, TRIPLES) {
            let triple = triple.scaled(zoom / self.ratio);
            if self
                .readings
                .iter()
                .any(|reading| reading.covers(&triple, self.frame, self.scale))
                || self.tried.iter().any(|known| known.is_like(&triple))
            {
                continue;
            }
            self.tried.push(triple);
            let Some(sight) = sight::look(self.look, &triple) else {
                continue;
            };
            self.sighted |= sight.agreement > CLEAR;
            let triple = Corners {
                side: sight.side,
                ..triple
            };
            self.follow(&triple, [sight.right, sight.below], budget, seen);
        }
        let near = zoom / self.ratio;
        self.crossings
            .extend(finders.iter().map(|finder| finder.zoomed(near)));
    }

    /// Codes of which only parts are seen, and more work on those that are seen but not read.
    fn closely(&mut self, budget: &mut Budget, seen: &mut Seen) {
        let marks = marks::marks(self.look, &self.crossings, MARKS);
        for guess in guesses::guesses(&marks).into_iter().take(GUESSES) {
            if self.follow(&guess.corners, guess.depths, budget, seen) {
                return;
            }
        }
        let starts = self.starts.clone();
        if let Some(read) = repair::thorough(self.look, starts, budget, self.judge, &mut seen.evidence) {
            self.keep(read);
        }
        if let Some(evidence) = &mut seen.evidence {
            evidence.warp = evidence.warp.zoomed(self.ratio);
        }
    }

    /// Whether the card at three corners was read.
    fn follow(&mut self, corners: &Corners, depths: [f32; 2], budget: &mut Budget, seen: &mut Seen) -> bool {
        let known = self.starts.len();
        if let Some(read) = card::quick(self.look, corners, depths, budget, self.judge, &mut self.starts) {
            self.keep(read);
            return true;
        }
        if self.starts.len() > known && seen.corners.is_none_or(|known| corners.misfit < known.misfit) {
            seen.corners = Some(corners.scaled(self.ratio));
        }
        false
    }

    fn keep(&mut self, read: CardRead) {
        let read = CardRead {
            warp: read.warp.zoomed(self.ratio),
            ..read
        };
        self.readings
            .push(reading(&read, self.frame, (self.scale / self.ratio) as usize));
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
