//! The pictures that are kept of each template: a usual card's two sides, the longest name and one that runs to the left.

use std::path::{Path, PathBuf};

use teranga_render::paint::Face;
use teranga_render::paint::plain::{Canvas, side};

use super::{ALL, data, layout, templates};

/// Small, and large enough that a line of text shows.
pub const DPI: u32 = 100;

/// Where they are.
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cards/golden")
}

/// Names and pictures, drawn now.
pub fn pictures() -> impl Iterator<Item = (String, Canvas)> {
    let kept = [
        ("usual", Face::Front),
        ("usual", Face::Back),
        ("longest", Face::Front),
        ("arabic", Face::Front),
    ];
    templates().flat_map(move |template| {
        kept.map(|(label, face)| {
            let sample = ALL.iter().find(|sample| sample.label == label).unwrap();
            let layout = layout(&template, sample.logos);
            let canvas = side(&layout, &layout.card(&data(sample)).unwrap(), face, DPI).unwrap();
            let side = if face == Face::Front { "front" } else { "back" };
            (format!("{}-{label}-{side}", template.name), canvas)
        })
    })
}
