//! Codes of other makers: read by a general reader, answered "not our card" by the verdict.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::frame::Frame;
use super::plane::Plane;
use super::reading::{Found, Point, Reading};

/// The codes of a picture, of any version and mode.
///
/// rqrr 0.11 stops the program where three things that look like finder patterns lie almost on one line: its geometry
/// asserts that points fit in 32 bits. To us such a picture has no code; nothing of the reader is used afterwards.
pub fn read(plane: &Plane<'_>, frame: &Frame<'_>, scale: usize) -> Vec<Reading> {
    catch_unwind(AssertUnwindSafe(|| codes(plane, frame, scale))).unwrap_or_default()
}

fn codes(plane: &Plane<'_>, frame: &Frame<'_>, scale: usize) -> Vec<Reading> {
    let at = |x: usize, y: usize| plane.pixels[y * plane.width + x];
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(plane.width, plane.height, at);
    let mut readings = Vec::new();
    for grid in prepared.detect_grids() {
        let mut bytes = Vec::new();
        let Ok(meta) = grid.decode_to(&mut bytes) else {
            continue;
        };
        let corners = grid.bounds.map(|corner| {
            let scale = scale as f32;
            let (x, y) = frame.upright(corner.x as f32 * scale, corner.y as f32 * scale);
            Point { x, y }
        });
        readings.push(Reading {
            text: String::from_utf8(bytes.clone())
                .unwrap_or_else(|_| bytes.iter().map(|&byte| char::from(byte)).collect()),
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
