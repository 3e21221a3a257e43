//! Boxes on a card, in units of 1/300 inch, y pointing down.

use kurbo::{BezPath, RoundedRect, Shape as _};
use serde::{Deserialize, Serialize};

/// Units of an inch: a unit is a pixel at 300 dpi.
pub const UNITS_PER_INCH: f32 = 300.0;
/// Millimeters of a unit.
pub const MM_PER_UNIT: f32 = 25.4 / UNITS_PER_INCH;

/// A box.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rect {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

impl Rect {
    /// Right edge.
    pub fn right(&self) -> f32 {
        self.x + self.w
    }

    /// Bottom edge.
    pub fn bottom(&self) -> f32 {
        self.y + self.h
    }

    /// Its outline, with round corners where the radius is not zero.
    pub fn rounded(&self, radius: f32) -> BezPath {
        // A hundredth of a unit is a micrometer.
        const TOLERANCE: f64 = 0.01;
        let [left, top, right, bottom] = [self.x, self.y, self.right(), self.bottom()].map(f64::from);
        if radius > 0.0 {
            RoundedRect::new(left, top, right, bottom, f64::from(radius)).to_path(TOLERANCE)
        } else {
            kurbo::Rect::new(left, top, right, bottom).to_path(TOLERANCE)
        }
    }

    /// The largest box of a form (width : height) in the middle of this one.
    pub fn contain(&self, width: f32, height: f32) -> Self {
        let scale = (self.w / width).min(self.h / height);
        self.centered(width * scale, height * scale)
    }

    /// A box of a size in the middle of this one.
    pub fn centered(&self, w: f32, h: f32) -> Self {
        Self {
            x: self.x + (self.w - w) / 2.0,
            y: self.y + (self.h - h) / 2.0,
            w,
            h,
        }
    }
}

/// Pixels of a length of units at a resolution, rounded half up: 1011 units are 1517 pixels at 450 dpi.
pub fn pixels(units: f32, dpi: u32) -> u32 {
    (f64::from(units) * f64::from(dpi) / 300.0 + 0.5).floor().max(1.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boarding_pass_has_the_published_pixels() {
        let of = |dpi| (pixels(1011.0, dpi), pixels(375.0, dpi));
        assert_eq!(
            [of(300), of(450), of(600)],
            [(1011, 375), (1517, 563), (2022, 750)]
        );
    }

    #[test]
    fn a_picture_is_kept_whole_in_the_middle() {
        let place = Rect {
            x: 10.0,
            y: 10.0,
            w: 100.0,
            h: 50.0,
        }
        .contain(40.0, 40.0);
        assert_eq!(
            place,
            Rect {
                x: 35.0,
                y: 10.0,
                w: 50.0,
                h: 50.0
            }
        );
    }
}
