//! Codes are read from the pictures of cards by the same code that phones use.

use std::sync::Arc;

use teranga_core::decode::{self, Budget, Frame};
use teranga_render::data::CardData;
use teranga_render::paint::Face;
use teranga_render::paint::plain::{Canvas, side};
use teranga_render::paint::press::Press;
use teranga_render::scene::{Item, QrPlace};
use teranga_render::template::Template;

use crate::samples::{ALL, codes, data, layout, templates};
use crate::wear::Square;

/// A picture in shades of gray.
#[derive(Clone)]
pub struct Gray {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u8>,
}

impl Gray {
    pub fn of(canvas: &Canvas) -> Self {
        let luma =
            |p: &[u8]| ((u32::from(p[0]) * 299 + u32::from(p[1]) * 587 + u32::from(p[2]) * 114) / 1000) as u8;
        Self {
            width: canvas.width() as usize,
            height: canvas.height() as usize,
            pixels: canvas.rgb().chunks_exact(3).map(luma).collect(),
        }
    }

    /// The part with the code and what stands right around it, and where the modules are in it.
    pub fn around(&self, place: &QrPlace, dpi: u32) -> (Self, Square) {
        let (module, [left, top]) = place.pixels(dpi);
        let (left, top) = (left as usize, top as usize);
        let (side, more) = (module as usize * place.code.side(), 8 * module as usize);
        let rows = top.saturating_sub(more)..(top + side + more).min(self.height);
        let columns = left.saturating_sub(more)..(left + side + more).min(self.width);
        let row = |y: usize| &self.pixels[y * self.width..][columns.clone()];
        let part = Self {
            width: columns.len(),
            height: rows.len(),
            pixels: rows.clone().flat_map(|y| row(y).to_vec()).collect(),
        };
        let modules = [left - columns.start, top - rows.start, side].map(|at| at as f32);
        (part, modules)
    }

    /// Whether a code in the picture says this.
    pub fn says(&self, text: &str) -> bool {
        let frame = Frame::new(&self.pixels, self.width, self.height, self.width).unwrap();
        let found = decode::read(&frame, Budget::PHOTO, None);
        found.iter().any(|reading| reading.text == text)
    }
}

/// The front of the first sample with a text in its code.
pub fn front(template: &Template, text: &str, dpi: u32) -> (Gray, QrPlace) {
    let layout = layout(template, 2);
    let data = CardData {
        qr: text.to_owned(),
        ..data(&ALL[0])
    };
    let card = layout.card(&data).unwrap();
    let place = card.front.iter().find_map(|item| match item {
        Item::Qr(place) => Some(place.clone()),
        _ => None,
    });
    let canvas = side(&layout, &card, Face::Front, dpi).unwrap();
    (Gray::of(&canvas), place.unwrap())
}

#[test]
fn codes_of_versions_seven_to_nine_read_back_at_every_resolution() {
    for template in templates() {
        for (text, modules) in codes() {
            for dpi in [300, 450, 600] {
                let at = format!("{} at {dpi} dpi with {modules} modules", template.name);
                let (gray, place) = front(&template, &text, dpi);
                assert_eq!(place.code.side(), modules, "{at}");
                let mm = place.pixels(dpi).0 as f32 * 25.4 / dpi as f32;
                assert!(mm >= 0.33, "{at}: {mm} mm a module");
                // A whole card once; more pixels of the same take long.
                let seen = if dpi == 300 {
                    gray
                } else {
                    gray.around(&place, dpi).0
                };
                assert!(seen.says(&place.text), "{at}: not read");
            }
        }
    }
}

#[test]
fn four_modules_around_every_code_are_white() {
    let [_, (link, _), _] = codes();
    for template in templates() {
        for dpi in [300, 450, 600] {
            let (gray, place) = front(&template, &link, dpi);
            let (module, [left, top]) = place.pixels(dpi);
            let (quiet, drawn) = (4 * module as usize, place.code.side() * module as usize);
            let (left, top) = (left as usize - quiet, top as usize - quiet);
            for y in top..top + drawn + 2 * quiet {
                for x in left..left + drawn + 2 * quiet {
                    let inside =
                        |at: usize, start: usize| (start + quiet..start + quiet + drawn).contains(&at);
                    if !(inside(x, left) && inside(y, top)) {
                        let found = gray.pixels[y * gray.width + x];
                        assert_eq!(found, 255, "{} at {dpi} dpi, pixel {x} {y}", template.name);
                    }
                }
            }
        }
    }
}

#[test]
fn the_fast_painter_prints_no_template_whose_code_it_cannot_read() {
    for template in templates() {
        let layout = Arc::new(layout(&template, 2));
        let data = CardData {
            photo: None,
            ..data(&ALL[0])
        };
        let press = Press::new(Arc::clone(&layout), Face::Front, 300, std::slice::from_ref(&data)).unwrap();
        let file = press.printer().checked_png(&layout.card(&data).unwrap());
        assert!(file.is_ok(), "{}: {:?}", template.name, file.err());
    }
}
