//! From a camera frame to the text of a QR code, also on cards that were carried for years.
//!
//! [`read()`] looks at one [`Frame`]; a [`FrameScanner`] looks at the frames of a camera, keeps evidence from frame to
//! frame and says what would help ([`Advice`]). Work is limited by a [`Budget`], counted and not timed. A [`Judge`]
//! tells a right reading from a wrong one by the card's signature.

mod budget;
mod frame;
mod judge;
mod reading;
mod scanner;

pub use budget::Budget;
pub use frame::{Frame, FrameError, MAX_PIXELS, Region, Rotation};
pub use judge::{Judge, TrustJudge};
pub use reading::{Found, Point, Reading};
pub use scanner::{Advice, FrameScanner, ScanStep};

/// The codes in a frame: cards and codes of other makers, none twice.
pub fn read(frame: &Frame<'_>, mut budget: Budget, _judge: Option<&dyn Judge>) -> Vec<Reading> {
    // Thresholding and labelling every pixel, about ten nanoseconds each.
    let cost = frame.width() * frame.height() / 100;
    if !budget.take(u32::try_from(cost).unwrap_or(u32::MAX)) {
        return Vec::new();
    }
    let at = |x: usize, y: usize| frame.row(y)[x];
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(frame.width(), frame.height(), at);
    let mut readings = Vec::new();
    for grid in prepared.detect_grids() {
        let mut bytes = Vec::new();
        let Ok(meta) = grid.decode_to(&mut bytes) else {
            continue;
        };
        let corners = grid.bounds.map(|corner| {
            let (x, y) = frame.upright(corner.x as f32, corner.y as f32);
            Point { x, y }
        });
        readings.push(Reading {
            text: String::from_utf8(bytes.clone())
                .unwrap_or_else(|_| bytes.iter().map(|&b| char::from(b)).collect()),
            bytes,
            corners,
            version: u8::try_from(meta.version.0).unwrap_or(0),
            mirrored: false,
            inverted: false,
            found: Found::Plain,
        });
    }
    readings
}

#[cfg(test)]
mod tests;
