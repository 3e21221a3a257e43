//! Templates: what a card looks like, as a file that a designer edits.
//!
//! A template is one TOML file with both sides. Lengths are **units of 1/300 inch**: one unit is one pixel at 300 dpi,
//! 0.0847 mm; an ID-1 card is 1011 × 638, and y points down. Elements are painted in the order of the file, except
//! that what depends on the card's own data is painted above all that does not.
//!
//! ```toml
//! name = "example"
//! title = "Example"
//! width = 1011
//! height = 638
//! corner = 37.5                        # round corners of pictures; pages are printed to the edge and cut round
//! date_format = "%d/%m/%Y"             # jiff's strftime
//!
//! [palette]                            # names that elements use and a configuration may change
//! bg = "#0a1a33"
//! accent = "#d4af37"
//!
//! [texts]                              # words that a configuration may change or translate: "{text.scan}"
//! scan = "Scan to verify"
//!
//! [[contrast]]                         # pairs that must stay legible, checked after a configuration changed colors
//! text = "accent"
//! on = "bg"
//! least = 3.0
//!
//! [gradients.sky]
//! kind = "linear"                      # or "radial": from = center, radius = R
//! from = [0, 0]
//! to = [1011, 0]
//! stops = [["bg", 0.0], ["accent/30", 1.0]]
//!
//! [styles.label]                       # keys that elements share: an element with style = "label" has these too
//! weight = "semibold"
//! size = 26
//! color = "accent"
//!
//! [[front]]                            # one element; [[back]] for the other side
//! kind = "rect"                        # rect: x y w h radius · ellipse: cx cy rx ry · circle: cx cy r
//! x = 0                                # line: x y x2 y2 · path: d (SVG path data)
//! y = 0
//! w = 1011
//! h = 638
//! fill = "sky"                         # a palette name, a gradient, "#rrggbb"; "accent/30" is accent at 30 %
//! stroke = "accent"                    # shapes: fill, stroke with width, dash = [on, off], cap = "butt" | "round"
//! width = 2
//! rotate = 15                          # degrees, around the middle of the shape
//! repeat = { nx = 3, dx = 40, ny = 2, dy = 40 }
//!
//! [[front]]
//! kind = "text"
//! text = "{attribute.1.label}"         # fields below; "|short" keeps eight letters, "|upper" makes capitals
//! x = 60
//! y = 40
//! w = 400
//! h = 36                               # at least 1.2 × size a line
//! font = "sans"                        # sans, condensed, serif, mono
//! weight = "bold"                      # regular, semibold, bold, black
//! size = 28                            # fits as it is, else shrinks to min_size (default 60 %),
//! min_size = 18                        # else wraps on up to `lines`, else is cut with an ellipsis
//! lines = 2
//! leading = 1.25                       # line to line, in ems
//! color = "accent"
//! align = "left"                       # left, center, right, or start: right for text that runs from right to left
//! valign = "middle"                    # top, middle, bottom
//! spacing = 0.08                       # between letters, in ems
//! upper = true
//! scale = "title"                      # grows with the configuration's title size; others with its font scale
//! when = ["attribute.1", "!photo"]     # only if all hold: a field's name, logo.1–3, photo, ! for not
//!
//! [[front]]
//! kind = "qr"                          # white with the quiet zone inside: at least 228 units for our longest text
//! x = 740
//! y = 60
//! w = 228
//! h = 228
//!
//! [[front]]
//! kind = "image"                       # logo.1, logo.2, logo.3, photo; kept whole and centered, a photo fills
//! image = "logo.1"
//! x = 20
//! y = 20
//! w = 90
//! h = 40
//! radius = 6
//!
//! [[front]]
//! kind = "logos"                       # all logos side by side in one box, packed to align; each whole
//! x = 20
//! y = 20
//! w = 400
//! h = 70
//! gap = 12
//! plate = "#ffffff"                    # ground of each, with `padding` inside and round corners of `radius`
//! padding = 8
//!
//! [[front]]
//! kind = "grid"                        # all attributes: label and value of each, row by row in columns
//! x = 60
//! y = 300
//! w = 500
//! h = 180
//! columns = 2                          # `count` cells (4) in columns (2), `gap` between them
//! gap = 20
//! label = "label"                      # style of labels; with label_w they stand left of the value, else above
//! value = "value"                      # style of values
//! stroke = "accent/30"                 # a line under each cell that is there; `width`
//!
//! [[front]]
//! kind = "wave"                        # a sine line from x y over w: amplitude, wavelength; strands braid it
//! x = 0
//! y = 300
//! w = 1011
//! amplitude = 30
//! wavelength = 340
//! strands = 6
//! stroke = "accent/20"
//!
//! [[front]]
//! kind = "rosette"                     # a guilloche: radius r swings by amplitude, once a petal, in strands
//! cx = 500
//! cy = 300
//! r = 120
//! amplitude = 40
//! petals = 12
//! strands = 8
//! stroke = "accent/20"
//! ```
//!
//! Elements may also be written a line each: `front = [{ kind = "rect", ... }, ...]`, before the first `[table]`.
//!
//! Fields: `name mpi_id programme campaign title subtitle enrolled issued expires tracked_entity card_code
//! attribute.N.label attribute.N.value text.KEY`. A text whose fields are all empty is not drawn.

mod builtin;
mod curves;
mod grid;
mod parse;
mod pattern;
mod raw;
mod shown;

use std::collections::BTreeMap;

use kurbo::BezPath;

use crate::color::Color;
use crate::fonts::{Family, Weight};
use crate::geometry::Rect;

pub use builtin::{builtin, names};
pub use parse::TemplateError;
pub use pattern::{Fact, Field, Form, Pattern, Piece};

/// A template, read and checked.
#[derive(Debug, Clone)]
pub struct Template {
    /// Its name: `sovereign`.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it is for, for people.
    pub purpose: String,
    /// Width of a card, units.
    pub width: f32,
    /// Height of a card, units.
    pub height: f32,
    /// Radius of the corners of pictures, units.
    pub corner: f32,
    /// How dates are written (jiff's strftime).
    pub date_format: String,
    /// Named colors.
    pub palette: BTreeMap<String, Color>,
    /// Named gradients.
    pub gradients: BTreeMap<String, Gradient>,
    /// Named words.
    pub texts: BTreeMap<String, String>,
    /// Pairs of colors that must stay legible.
    pub contrasts: Vec<Contrast>,
    /// Elements of the front.
    pub front: Vec<Element>,
    /// Elements of the back.
    pub back: Vec<Element>,
}

/// A pair of colors that must stay legible.
#[derive(Debug, Clone, PartialEq)]
pub struct Contrast {
    /// Color of the text.
    pub text: Tint,
    /// Color of the ground.
    pub on: Tint,
    /// Smallest ratio (WCAG), 1 to 21.
    pub least: f32,
}

/// A color by name or value, at a share of its opacity.
#[derive(Debug, Clone, PartialEq)]
pub struct Tint {
    /// Name in the palette, or the color itself.
    pub color: Result<Color, String>,
    /// Share of its opacity, 0 to 1.
    pub share: f32,
}

/// What fills a shape.
#[derive(Debug, Clone, PartialEq)]
pub enum Ink {
    /// One color.
    Tint(Tint),
    /// The gradient of that name.
    Gradient(String),
}

/// Colors that go over into each other. Points are in units of the card.
#[derive(Debug, Clone, PartialEq)]
pub struct Gradient {
    /// Where it begins; the center of a radial one.
    pub from: [f32; 2],
    /// Along which line, or how far around.
    pub reach: Reach,
    /// Colors with their places, 0 to 1.
    pub stops: Vec<(Tint, f32)>,
}

/// The form of a gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reach {
    /// Linear, up to this point.
    To([f32; 2]),
    /// Radial, with this radius.
    Radius(f32),
}

/// One element of a side.
#[derive(Debug, Clone)]
pub struct Element {
    /// Where it stands in the file, for messages: `front element 3 (text)`.
    pub at: String,
    /// What must hold for it to be drawn.
    pub when: Vec<Condition>,
    /// What it is.
    pub kind: Kind,
}

/// Something that must hold, or must not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// What.
    pub fact: Fact,
    /// Whether it must hold.
    pub holds: bool,
}

/// What an element is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A shape, with its repetitions in it.
    Shape(Shape),
    /// A text in a box.
    Text(Box<TextSlot>),
    /// The QR code with its white ground.
    Qr {
        /// Where.
        rect: Rect,
        /// Color of dark modules.
        color: Tint,
    },
    /// All logos.
    Logos(LogoRow),
    /// A picture.
    Image {
        /// Where.
        rect: Rect,
        /// Which.
        source: Source,
        /// Radius of its corners.
        radius: f32,
    },
}

/// Where all logos stand, and how.
#[derive(Debug, Clone)]
pub struct LogoRow {
    /// The box of all of them.
    pub rect: Rect,
    /// Between two, units.
    pub gap: f32,
    /// Ground of each.
    pub plate: Option<Tint>,
    /// From the edge of its ground to a logo, units.
    pub padding: f32,
    /// Radius of its ground's corners.
    pub radius: f32,
    /// Left, center or right: 0, 0.5, 1.
    pub align: f32,
}

/// Which picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A logo, from 0.
    Logo(usize),
    /// The person's photo.
    Photo,
}

/// A filled or stroked path.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Its outline, units.
    pub path: BezPath,
    /// What fills it.
    pub fill: Option<Ink>,
    /// What its outline is drawn with.
    pub stroke: Option<StrokeStyle>,
}

/// How an outline is drawn.
#[derive(Debug, Clone)]
pub struct StrokeStyle {
    /// Its color.
    pub ink: Ink,
    /// Its width, units.
    pub width: f32,
    /// On and off lengths, units; empty for a whole line.
    pub dash: Vec<f32>,
    /// Whether ends are round.
    pub round: bool,
}

/// A text in a box.
#[derive(Debug, Clone)]
pub struct TextSlot {
    /// The box.
    pub rect: Rect,
    /// What it says.
    pub pattern: Pattern,
    /// Family of the font.
    pub family: Family,
    /// Weight of the font.
    pub weight: Weight,
    /// Size as designed, units.
    pub size: f32,
    /// Smallest size, units.
    pub min_size: f32,
    /// Lines allowed.
    pub lines: usize,
    /// Line to line, ems.
    pub leading: f32,
    /// Between letters, ems.
    pub spacing: f32,
    /// Capitals.
    pub upper: bool,
    /// Whether it grows with the title size instead of the font scale.
    pub is_title: bool,
    /// Its color.
    pub color: Tint,
    /// Left, center or right: 0, 0.5, 1.
    pub align: f32,
    /// Whether lines that run from right to left stand at the other side.
    pub is_mirrored: bool,
    /// Top, middle or bottom: 0, 0.5, 1.
    pub valign: f32,
}
