//! Reading a code from the pixels that were printed, where it must be.

use teranga_core::decode::{self, Budget, Frame, Point};

use super::{Printer, within};
use crate::paint::plain::PaintError;
use crate::scene::{Card, Item, QrPlace};

impl Printer<'_> {
    /// Draws the codes of a card and nothing else, and reads them back.
    pub fn check(&mut self, card: &Card) -> Result<(), PaintError> {
        let codes = self.items(card).iter().filter_map(|item| match item {
            Item::Qr(place) => Some(place),
            _ => None,
        });
        codes.clone().for_each(|place| self.code(place));
        let read = codes.into_iter().all(|place| self.reads(place));
        self.restore();
        read.then_some(()).ok_or(PaintError::NotReadBack)
    }

    /// Whether the pixels in a code's box say what the code says.
    pub(super) fn reads(&self, place: &QrPlace) -> bool {
        let press = self.press;
        let [left, top, right, bottom] = within(place.rect, press.dpi, press.width, press.height);
        let (width, height) = (right - left, bottom - top);
        let mut pixels = Vec::with_capacity(width * height);
        for y in top..bottom {
            let row = &self.raw[y * press.stride() + left + 1..][..width];
            pixels.extend(row.iter().map(|&number| self.luma[usize::from(number)]));
        }
        let Ok(frame) = Frame::new(&pixels, width, height, width) else {
            return false;
        };
        let (module, [x, y]) = place.pixels(press.dpi);
        let side = module as f32 * place.code.side() as f32;
        let (x, y) = (x as f32 - left as f32, y as f32 - top as f32);
        let corners =
            [(x, y), (x + side, y), (x + side, y + side), (x, y + side)].map(|(x, y)| Point { x, y });
        match decode::read_grid(&frame, corners, place.code.version()) {
            Some(text) => text == *place.text,
            // The codes of cards have versions 7 to 9; any other is looked for.
            None if !(7..=9).contains(&place.code.version()) => {
                let found = decode::read(&frame, Budget::CAMERA, None);
                found.iter().any(|reading| reading.text == *place.text)
            }
            None => false,
        }
    }
}
