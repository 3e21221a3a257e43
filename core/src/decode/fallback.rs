//! A second opinion: zxing-cpp, where our own reader has seen a code and could not read it.
//!
//! It is C++, so it is an option of the build and never asked first. What it says is checked like any reading: a card
//! counts only if the judge accepts it, since how much of it was corrected is not known here.

use zxingcpp::{Barcode, BarcodeFormat, ImageFormat, ImageView, read};

use super::frame::Frame;
use super::judge::Judge;
use super::plane::Plane;
use super::reading::{Found, Point, Reading};
use crate::card::text::{self, CardText};

/// The codes that it reads in a frame.
pub fn readings(frame: &Frame<'_>, judge: Option<&dyn Judge>) -> Vec<Reading> {
    let (plane, scale) = Plane::of(frame);
    let view = ImageView::from_slice(&plane.pixels, plane.width, plane.height, ImageFormat::Lum);
    let Ok(view) = view else {
        return Vec::new();
    };
    let codes = read().formats(BarcodeFormat::QRCode).from(&view);
    let codes = codes.unwrap_or_default();
    codes
        .iter()
        .filter(|code| code.is_valid() && is_credible(&code.text(), judge))
        .filter_map(|code| reading(code, frame, scale as f32))
        .collect()
}

/// Whether a text may be what the code says: of a card only with the judge's word, if there is one.
fn is_credible(text: &str, judge: Option<&dyn Judge>) -> bool {
    let is_card = matches!(text::parse(text), Ok(CardText::Signed(_)));
    !text.is_empty() && (!is_card || judge.is_none_or(|judge| judge.accepts(text)))
}

fn reading(code: &Barcode, frame: &Frame<'_>, scale: f32) -> Option<Reading> {
    let place = code.position();
    let corners = [
        place.top_left,
        place.top_right,
        place.bottom_right,
        place.bottom_left,
    ];
    let corners = corners.map(|corner| {
        let (x, y) = frame.upright(corner.x as f32 * scale, corner.y as f32 * scale);
        Point { x, y }
    });
    Some(Reading {
        bytes: code.bytes(),
        text: code.text(),
        corners,
        version: code.extra_with_key("Version").parse().ok()?,
        mirrored: code.is_mirrored(),
        inverted: code.is_inverted(),
        found: Found::SecondOpinion,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Never;

    impl Judge for Never {
        fn accepts(&self, _text: &str) -> bool {
            false
        }
    }

    /// A frame with a code drawn at four pixels a module.
    fn drawn(text: &str) -> (Vec<u8>, usize) {
        let code = qrcode::QrCode::new(text).unwrap();
        let side = (code.width() + 8) * 4;
        let dark = |at: usize| {
            let place = |pixel: usize| (pixel / 4).checked_sub(4).filter(|&module| module < code.width());
            let module = place(at % side).zip(place(at / side));
            module.is_some_and(|module| code[module] == qrcode::Color::Dark)
        };
        let luma = (0..side * side).map(|at| if dark(at) { 30 } else { 220 });
        (luma.collect(), side)
    }

    #[test]
    fn another_makers_code_is_read_whatever_the_judge_says() {
        let (luma, side) = drawn("HTTPS://EXAMPLE.ORG/MENU");
        let frame = Frame::new(&luma, side, side, side).unwrap();
        for judge in [None, Some(&Never as &dyn Judge)] {
            let found = readings(&frame, judge);
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].text, "HTTPS://EXAMPLE.ORG/MENU");
            assert_eq!((found[0].version, found[0].found), (2, Found::SecondOpinion));
            let first = found[0].corners[0];
            assert!((first.x - 16.0).hypot(first.y - 16.0) < 4.0, "{first:?}");
        }
    }

    #[test]
    fn a_card_that_the_judge_does_not_accept_is_not_read() {
        let bytes = crate::decode::tests::cards::card_text();
        let (luma, side) = drawn(&bytes);
        let frame = Frame::new(&luma, side, side, side).unwrap();
        assert_eq!(readings(&frame, None).len(), 1);
        assert_eq!(readings(&frame, Some(&Never)), []);
    }
}
