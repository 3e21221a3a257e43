//! From a scene to pages: what a layout fixes becomes shared artwork, what a card has of its own its text and its code.
//!
//! Shapes that only some cards have (a line between attributes, a card's white ground of the code) are artwork as well,
//! written once for all cards that have the same ones. Fixed words are drawn by their outlines; they are the artwork's,
//! and only what differs from card to card is searched for.

use std::io::Write;

use kurbo::{PathEl, Shape as _};
use tiny_skia::PathSegment;

use super::repeated::Repeated;
use super::{
    About, Artwork, CodeAt, Document, Face, FormId, Glyph, Ink, POINTS_PER_MM, Paper, PdfError, Run, Segment,
};
use crate::color::Color;
use crate::fonts;
use crate::geometry::{MM_PER_UNIT, Rect};
use crate::paint::plain::outline;
use crate::scene::{Card, GlyphRun, ImageItem, Item, Layout, Paint, PathItem, Stroke};

/// Points of a unit.
const POINTS: f64 = 0.24;
/// Sets of shapes that are remembered.
const REMEMBERED: usize = 64;
/// How far a curve may lie from the outline that stands for it, units: 1 micrometer.
const TOLERANCE: f64 = 0.012;

/// A document of one layout's cards.
pub struct Cards<W> {
    document: Document<W>,
    size: (f64, f64),
    front: FormId,
    back: Option<FormId>,
    /// Shapes that cards had of their own, and the artwork of each.
    own: Vec<(Vec<Item>, FormId)>,
    /// Words that cards have in common, front and back.
    repeated: [Repeated; 2],
}

impl<W: Write> Cards<W> {
    /// Begins a document; writes what all cards share.
    pub fn new(out: W, about: About, paper: Paper, layout: &Layout) -> Result<Self, PdfError> {
        let mm = |units: f32| f64::from(units * MM_PER_UNIT);
        let mut document = Document::new(out, about, paper, mm(layout.width), mm(layout.height))?;
        // The document numbers fonts in the order in which it gets them, and leaves out those that nothing is set in.
        for font in fonts::all() {
            document.font(font.font().name, font.font().data)?;
        }
        let size = (
            mm(layout.width) * POINTS_PER_MM,
            mm(layout.height) * POINTS_PER_MM,
        );
        let has_back = !(layout.back.fixed.is_empty() && layout.back.slots.is_empty());
        let front = document.form(&artwork(size, &layout.front.fixed))?;
        let back = has_back.then(|| document.form(&artwork(size, &layout.back.fixed)));
        Ok(Self {
            size,
            front,
            back: back.transpose()?,
            own: Vec::new(),
            repeated: Default::default(),
            document,
        })
    }

    /// Adds a card of the layout.
    pub fn card(&mut self, card: &Card) -> Result<(), PdfError> {
        let over = [self.over(&card.front)?, self.over(&card.back)?];
        let [front, back] = [self.words(0, &card.front)?, self.words(1, &card.back)?];
        let [front_runs, back_runs] = [front.1.runs(), back.1.runs()];
        let face = |form, over, lines, runs, items| Face {
            form,
            over,
            lines,
            runs,
            code: code(items),
        };
        let front = face(self.front, over[0], front.0, &front_runs, &card.front);
        let back = self
            .back
            .map(|form| face(form, over[1], back.0, &back_runs, &card.back));
        self.document.card(&front, back.as_ref())
    }

    /// Pages so far.
    pub fn pages(&self) -> u64 {
        self.document.pages()
    }

    /// Writes the end, and gives back what was written to.
    pub fn finish(self) -> Result<W, PdfError> {
        self.document.finish()
    }

    /// A side's words: the form of those that many cards have, and the card's own.
    fn words<'c>(&mut self, side: usize, items: &'c [Item]) -> Result<(Option<FormId>, Lines<'c>), PdfError> {
        let runs: Vec<&GlyphRun> = items
            .iter()
            .filter_map(|item| match item {
                Item::Glyphs(run) => Some(run),
                _ => None,
            })
            .collect();
        let repeated = &mut self.repeated[side];
        if let Some(common) = repeated.learn(&runs) {
            let form = self.document.lines(&Lines::new(common).runs())?;
            repeated.keep(form);
        }
        let (form, own) = repeated.split(runs);
        Ok((form, Lines::new(own)))
    }

    /// The artwork of a card's own shapes, if it has any.
    fn over(&mut self, items: &[Item]) -> Result<Option<FormId>, PdfError> {
        let is_shape = |item: &&Item| !matches!(item, Item::Glyphs(_));
        let shapes = || items.iter().filter(is_shape).map(ground);
        if shapes().next().is_none() {
            return Ok(None);
        }
        if let Some((_, form)) = self
            .own
            .iter()
            .find(|(known, _)| shapes().eq(known.iter().cloned()))
        {
            return Ok(Some(*form));
        }
        let shapes: Vec<Item> = shapes().collect();
        let form = self.document.form(&artwork(self.size, &shapes))?;
        // A photo is one card's: it would be kept for nothing.
        let is_photo = |item: &Item| matches!(item, Item::Image(_));
        if self.own.len() < REMEMBERED && !shapes.iter().any(is_photo) {
            self.own.push((shapes, form));
        }
        Ok(Some(form))
    }
}

/// A code's white box for a code; everything else as it is.
fn ground(item: &Item) -> Item {
    match item {
        Item::Qr(place) => Item::Path(PathItem {
            path: std::sync::Arc::new(rounded(&place.rect, 0.0)),
            fill: Some(Paint::Color(Color::WHITE)),
            stroke: None,
        }),
        other => other.clone(),
    }
}

fn code(items: &[Item]) -> Option<CodeAt<'_>> {
    items.iter().find_map(|item| match item {
        Item::Qr(place) => {
            let side = place.module() * place.code.side() as f32;
            let inner = place.rect.centered(side, side);
            let Color { r, g, b, .. } = place.color;
            Some(CodeAt {
                code: &place.code,
                x: points(inner.x),
                y: points(inner.y),
                side: points(side),
                color: [r, g, b],
            })
        }
        _ => None,
    })
}

/// The texts of one side, with their glyphs as the document takes them.
struct Lines<'a>(Vec<(&'a GlyphRun, Vec<Glyph<'a>>)>);

impl<'a> Lines<'a> {
    fn new(runs: impl IntoIterator<Item = &'a GlyphRun>) -> Self {
        Self(runs.into_iter().map(|run| (run, glyphs(run))).collect())
    }

    fn runs(&self) -> Vec<Run<'_>> {
        self.0.iter().map(|(run, glyphs)| run_of(run, glyphs)).collect()
    }
}

fn run_of<'a>(run: &GlyphRun, glyphs: &'a [Glyph<'a>]) -> Run<'a> {
    let start = run.glyphs.first();
    Run {
        font: run.font.index(),
        size: points(run.size),
        color: channels(run.color),
        x: start.map_or(0.0, |glyph| points(glyph.x)),
        y: start.map_or(0.0, |glyph| points(glyph.y)),
        glyphs,
    }
}

/// Glyphs from their run's first one on, the letters of a cluster with its first glyph.
fn glyphs(run: &GlyphRun) -> Vec<Glyph<'_>> {
    let Some(first) = run.glyphs.first() else {
        return Vec::new();
    };
    let mut cluster = None;
    let glyph = |glyph: &crate::scene::Glyph| {
        let letters = (glyph.start as usize)..(glyph.end as usize);
        let is_same = cluster.replace(letters.clone()) == Some(letters.clone());
        Glyph {
            id: glyph.id,
            x: (glyph.x - first.x) / run.size,
            y: (glyph.y - first.y) / run.size,
            letters: run.text.get(letters).filter(|_| !is_same).unwrap_or_default(),
        }
    };
    run.glyphs.iter().map(glyph).collect()
}

/// Items as artwork.
fn artwork(size: (f64, f64), items: &[Item]) -> Artwork {
    let mut artwork = Artwork::new(size.0, size.1);
    for item in items {
        match item {
            Item::Path(item) => path(&mut artwork, item),
            Item::Glyphs(run) => outlines(&mut artwork, run),
            Item::Image(item) => image(&mut artwork, item),
            // The code itself is the card's; this is only reached for its ground.
            Item::Qr(place) => artwork.fill(&segments(&rounded(&place.rect, 0.0)), &Ink::Flat([255; 4])),
        }
    }
    artwork
}

fn path(artwork: &mut Artwork, item: &PathItem) {
    if let Some(fill) = &item.fill {
        artwork.fill(&segments(&item.path), &ink(fill));
    }
    match &item.stroke {
        Some(Stroke {
            paint: Paint::Color(color),
            width,
            dash,
            round: false,
        }) => {
            let dashes: Vec<f64> = dash.iter().map(|&length| points(length)).collect();
            artwork.stroke(&segments(&item.path), points(*width), channels(*color), &dashes);
        }
        // What a stroke operator cannot paint is filled: the outline of the stroke.
        Some(stroke) => {
            let cap = if stroke.round {
                kurbo::Cap::Round
            } else {
                kurbo::Cap::Butt
            };
            let style = kurbo::Stroke::new(stroke.width.into())
                .with_caps(cap)
                .with_join(kurbo::Join::Miter)
                .with_dashes(0.0, stroke.dash.iter().map(|&length| f64::from(length)));
            let outline = kurbo::stroke(item.path.iter(), &style, &kurbo::StrokeOpts::default(), TOLERANCE);
            artwork.fill(&segments(&outline), &ink(&stroke.paint));
        }
        None => {}
    }
}

fn image(artwork: &mut Artwork, item: &ImageItem) {
    let Rect { x, y, w, h } = item.rect;
    let clip = segments(&rounded(&item.clip, item.radius));
    artwork.picture(&item.picture, [x, y, w, h].map(points), &clip);
}

fn outlines(artwork: &mut Artwork, run: &GlyphRun) {
    let em = f64::from(run.size / run.font.font().units_per_em);
    let mut line = Vec::new();
    for glyph in &run.glyphs {
        let at = |point: tiny_skia::Point| {
            let (x, y) = (f64::from(point.x) * em, f64::from(point.y) * em);
            (
                (f64::from(glyph.x) + x) * POINTS,
                (f64::from(glyph.y) - y) * POINTS,
            )
        };
        let mut pen = (0.0, 0.0);
        let outline = outline(run.font, glyph.id);
        for segment in outline.iter().flat_map(tiny_skia::Path::segments) {
            let segment = match segment {
                PathSegment::MoveTo(p) => Segment::Move(at(p).0, at(p).1),
                PathSegment::LineTo(p) => Segment::Line(at(p).0, at(p).1),
                PathSegment::QuadTo(a, p) => raised(pen, at(a), at(p)),
                PathSegment::CubicTo(a, b, p) => curve(at(a), at(b), at(p)),
                PathSegment::Close => Segment::Close,
            };
            pen = end(&segment, pen);
            line.push(segment);
        }
    }
    artwork.fill(&line, &Ink::Flat(channels(run.color)));
}

fn ink(paint: &Paint) -> Ink {
    let stops = |stops: &[(Color, f32)]| {
        let stop = |(color, share): &(Color, f32)| (f64::from(*share), channels(*color));
        stops.iter().map(stop).collect()
    };
    let point = |[x, y]: [f32; 2]| (points(x), points(y));
    match paint {
        Paint::Color(color) => Ink::Flat(channels(*color)),
        Paint::Linear { from, to, stops: all } => Ink::Linear {
            from: point(*from),
            to: point(*to),
            stops: stops(all),
        },
        Paint::Radial {
            center,
            radius,
            stops: all,
        } => Ink::Radial {
            center: point(*center),
            radius: points(*radius),
            stops: stops(all),
        },
    }
}

fn rounded(rect: &Rect, radius: f32) -> kurbo::BezPath {
    let [left, top, right, bottom] = [rect.x, rect.y, rect.right(), rect.bottom()].map(f64::from);
    if radius > 0.0 {
        kurbo::RoundedRect::new(left, top, right, bottom, f64::from(radius)).to_path(TOLERANCE)
    } else {
        kurbo::Rect::new(left, top, right, bottom).to_path(TOLERANCE)
    }
}

fn segments(path: &kurbo::BezPath) -> Vec<Segment> {
    let at = |point: kurbo::Point| (point.x * POINTS, point.y * POINTS);
    let mut pen = (0.0, 0.0);
    let segment = |element: &PathEl| {
        let segment = match *element {
            PathEl::MoveTo(p) => Segment::Move(at(p).0, at(p).1),
            PathEl::LineTo(p) => Segment::Line(at(p).0, at(p).1),
            PathEl::QuadTo(a, p) => raised(pen, at(a), at(p)),
            PathEl::CurveTo(a, b, p) => curve(at(a), at(b), at(p)),
            PathEl::ClosePath => Segment::Close,
        };
        pen = end(&segment, pen);
        segment
    };
    path.elements().iter().map(segment).collect()
}

fn curve(a: (f64, f64), b: (f64, f64), to: (f64, f64)) -> Segment {
    Segment::Curve([a.0, a.1, b.0, b.1, to.0, to.1])
}

/// A quadratic curve as a cubic one.
fn raised(from: (f64, f64), control: (f64, f64), to: (f64, f64)) -> Segment {
    let toward = |end: (f64, f64)| {
        let part = |end: f64, control: f64| end + (control - end) * 2.0 / 3.0;
        (part(end.0, control.0), part(end.1, control.1))
    };
    curve(toward(from), toward(to), to)
}

fn end(segment: &Segment, pen: (f64, f64)) -> (f64, f64) {
    match segment {
        Segment::Move(x, y) | Segment::Line(x, y) => (*x, *y),
        Segment::Curve([.., x, y]) => (*x, *y),
        Segment::Close => pen,
    }
}

fn points(units: f32) -> f64 {
    f64::from(units) * POINTS
}

fn channels(color: Color) -> [u8; 4] {
    [color.r, color.g, color.b, color.a]
}
