//! One frame: first what is cheap, then more where there is evidence of a code.

use super::Budget;
use super::card::{self, CardRead, Evidence};
use super::corners::{self, Corners};
use super::finder::{self, Finder};
use super::foreign::{self, ForeignRead};
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
use super::warp::Warp;

/// Triples of finder patterns that are looked at in a picture.
const TRIPLES: usize = 6;

/// The same where there is time to find every code of a sheet: three patterns of three codes can stand in a square too.
const TRIPLES_OF_A_SHEET: usize = 80;

/// Steps that only a photo has: a camera brings another frame soon.
const PATIENCE: u32 = 50_000;

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

/// The same where there is time and nothing else was read: modules of a few pixels that stand askew are seen no better.
const FAIR: f32 = 0.6;

/// The same in a negative, where it only says that a closer look is worth it.
const CLEAR_IN_A_NEGATIVE: f32 = 0.6;

/// What was seen of codes that could not be read.
#[derive(Debug, Default)]
pub struct Seen {
    /// Modules of the one that was seen best.
    pub evidence: Option<Evidence>,
    /// The best three finder patterns, in pixels of the frame as it was scaled.
    pub corners: Option<Corners>,
    /// By how much the frame was scaled down.
    pub scale: usize,
    /// Light on dark.
    pub inverted: bool,
    /// Something that may be a code.
    #[cfg(feature = "zxing")]
    pub anything: bool,
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
    let mut search = Search::new(frame, Pictures { full, half, noise }, judge);
    search.everywhere(budget, seen);
    #[cfg(feature = "zxing")]
    {
        seen.anything = search.has_seen_any();
    }
    if search.has_seen_any() || !is_light_on_dark(&search.pictures, budget) {
        return search.readings;
    }
    seen.inverted = true;
    #[cfg(feature = "zxing")]
    {
        seen.anything = true;
    }
    let mut search = Search::new(frame, search.pictures.negative(), judge);
    search.everywhere(budget, seen);
    search.readings
}

/// Whether finder patterns are there, light on dark; a frame of a camera is asked at half its size only, in
/// every sixth row.
fn is_light_on_dark(pictures: &Pictures<'_>, budget: &mut Budget) -> bool {
    let half = pictures.half.negative();
    if budget.left() < PATIENCE {
        return has_finders(&half, 6, budget);
    }
    let planes = [half.halved(), half, pictures.full.negative()];
    planes.iter().any(|plane| has_finders(plane, 3, budget))
}

fn has_finders(plane: &Plane<'_>, step: usize, budget: &mut Budget) -> bool {
    if !budget.take(steps(plane.pixels.len() / 1_500)) {
        return false;
    }
    let finders = finder::find(plane, &Limits::of(&plane.halved(), 0), step);
    corners::triples(&finders, TRIPLES)
        .iter()
        .filter_map(|triple| sight::look(plane, triple))
        .any(|sight| sight.agreement > CLEAR_IN_A_NEGATIVE)
}

fn steps(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The search for codes in a frame.
struct Search<'a> {
    frame: &'a Frame<'a>,
    pictures: Pictures<'a>,
    judge: Option<&'a dyn Judge>,
    readings: Vec<Reading>,
    starts: Vec<card::Start>,
    tried: Vec<Corners>,
    crossings: Vec<Finder>,
    /// Finder patterns that are seen too well to be something else.
    clear: Vec<Corners>,
    /// Those that are seen well enough for a second look, where there is time for one.
    fair: Vec<Corners>,
}

impl<'a> Search<'a> {
    fn new(frame: &'a Frame<'a>, pictures: Pictures<'a>, judge: Option<&'a dyn Judge>) -> Self {
        Self {
            frame,
            pictures,
            judge,
            readings: Vec::new(),
            starts: Vec::new(),
            tried: Vec::new(),
            crossings: Vec::new(),
            clear: Vec::new(),
            fair: Vec::new(),
        }
    }

    fn has_seen_any(&self) -> bool {
        !(self.readings.is_empty() && self.starts.is_empty() && self.clear.is_empty())
    }

    /// Looks for cards, and for codes of other makers where there are finder patterns that are no card's. A card that is
    /// seen but not read is hardly another maker's code: where time is short it gets no more than a plain look as one.
    fn everywhere(&mut self, budget: &mut Budget, seen: &mut Seen) {
        self.cards(budget, seen);
        self.foreign(self.clear.clone(), false, budget, seen);
        if self.readings.is_empty() {
            self.closely(budget, seen);
        }
        let may_be_foreign = budget.left() > PATIENCE || !self.starts.iter().any(card::Start::is_likely);
        if self.readings.is_empty() && may_be_foreign {
            self.foreign([&self.clear[..], &self.fair].concat(), true, budget, seen);
        }
    }

    /// Looks for codes of ordinary size, then for large and blurred ones, then for small ones; the first that finds any
    /// is the last.
    fn cards(&mut self, budget: &mut Budget, seen: &mut Seen) {
        let noise = self.pictures.noise;
        let quarter = self.pictures.half.halved();
        let limits = Limits::of(&quarter, (0.3 * noise) as u8);
        let finders = finder::find(&self.pictures.half, &limits, 3);
        if self.triples(finders, budget, seen) {
            return;
        }
        let eighth = quarter.halved();
        let finders = finder::find(&quarter, &Limits::of(&eighth, 0), 2);
        if self.triples(finders, budget, seen) {
            return;
        }
        // Other makers' smallest codes have few modules: held close, each is larger than any of a card.
        let finders = finder::find(&eighth, &Limits::of(&eighth.halved(), 0), 1);
        if self.triples(finders, budget, seen) {
            return;
        }
        if noise < HOPELESS {
            let limits = Limits::of(&self.pictures.half, (1.5 * noise) as u8);
            let finders = finder::find(&self.pictures.full, &limits, 4);
            self.triples(finders, budget, seen);
        }
    }

    /// Whether there are codes at three finder patterns each.
    fn triples(&mut self, finders: Vec<Finder>, budget: &mut Budget, seen: &mut Seen) -> bool {
        let patient = budget.left() > PATIENCE;
        let most = if patient { TRIPLES_OF_A_SHEET } else { TRIPLES };
        for triple in corners::triples(&finders, most) {
            if self.is_read(&triple, seen) || self.tried.iter().any(|known| known.is_like(&triple)) {
                continue;
            }
            self.tried.push(triple);
            let Some(sight) = sight::look(self.pictures.of_module(triple.module), &triple) else {
                continue;
            };
            let triple = Corners {
                side: sight.side,
                ..triple
            };
            if sight.agreement > CLEAR {
                self.clear.push(triple);
            } else if patient && sight.agreement > FAIR {
                self.fair.push(triple);
            }
            self.follow(&triple, [sight.right, sight.below], budget, seen);
        }
        self.crossings.extend(finders);
        !self.readings.is_empty()
    }

    /// Codes of other makers at finder patterns.
    fn foreign(&mut self, places: Vec<Corners>, patience: bool, budget: &mut Budget, seen: &Seen) {
        for triple in places {
            if self.is_read(&triple, seen) {
                continue;
            }
            let plane = self.pictures.of_module(triple.module);
            if let Some(read) = foreign::read(plane, &triple, budget, patience) {
                self.readings.push(foreign_reading(read, self.frame, seen));
            }
        }
    }

    fn is_read(&self, triple: &Corners, seen: &Seen) -> bool {
        let mut readings = self.readings.iter();
        readings.any(|reading| reading.covers(triple, self.frame, seen.scale as f32))
    }

    /// Codes of which only parts are seen, and more work on those that are seen but not read.
    fn closely(&mut self, budget: &mut Budget, seen: &mut Seen) {
        let mut marks = marks::marks(&self.pictures, &self.crossings, MARKS);
        if self.guesses(&marks, budget, seen) {
            return;
        }
        let whole = |guess: &guesses::Guess| guess.marks.is_some();
        let clear = |start: &card::Start| start.agreement > CLEAR;
        if !self.starts.iter().any(clear) && !guesses::guesses(&marks).iter().any(whole) {
            let more = marks::neighbors(&self.pictures, &marks);
            marks.extend(more.iter().copied());
            if !more.is_empty() && self.guesses(&marks, budget, seen) {
                return;
            }
        }
        if self.bent(&marks, budget, seen) {
            return;
        }
        let starts = self.starts.clone();
        let read = repair::thorough(&self.pictures, starts, budget, self.judge, &mut seen.evidence);
        let reading = read.map(|read| reading(&read, self.frame, seen));
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
    fn bent(&mut self, marks: &[Mark], budget: &mut Budget, seen: &Seen) -> bool {
        let guesses = guesses::guesses(marks).into_iter();
        for marks in guesses.filter_map(|guess| guess.marks).take(BENT) {
            if let Some(read) = card::bent(&self.pictures, &marks, budget, self.judge, &mut self.starts) {
                self.readings.push(reading(&read, self.frame, seen));
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
            self.readings.push(reading(&read, self.frame, seen));
            return true;
        }
        if self.starts.len() > known && seen.corners.is_none_or(|known| corners.misfit < known.misfit) {
            seen.corners = Some(*corners);
        }
        false
    }
}

/// A card as a reading of the frame.
pub fn reading(read: &CardRead, frame: &Frame<'_>, seen: &Seen) -> Reading {
    Reading {
        bytes: read.text.clone().into_bytes(),
        text: read.text.clone(),
        corners: outline(&read.warp, read.version, read.mirrored, frame, seen.scale),
        version: read.version,
        mirrored: read.mirrored,
        inverted: seen.inverted,
        found: found(read.repaired),
    }
}

fn foreign_reading(read: ForeignRead, frame: &Frame<'_>, seen: &Seen) -> Reading {
    Reading {
        bytes: read.content.bytes,
        text: read.content.text,
        corners: outline(&read.warp, read.version, read.mirrored, frame, seen.scale),
        version: read.version,
        mirrored: read.mirrored,
        inverted: seen.inverted,
        found: found(read.repaired),
    }
}

fn found(repaired: bool) -> Found {
    if repaired { Found::Repaired } else { Found::Plain }
}

/// The corners of a code in its own reading order.
fn outline(warp: &Warp, version: u8, mirrored: bool, frame: &Frame<'_>, scale: usize) -> [Point; 4] {
    let side = f32::from(17 + 4 * version);
    [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)].map(|(u, v)| {
        let (x, y) = if mirrored { warp.map(v, u) } else { warp.map(u, v) };
        let (x, y) = frame.upright(x * scale as f32, y * scale as f32);
        Point { x, y }
    })
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
