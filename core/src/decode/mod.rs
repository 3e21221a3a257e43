//! From a camera frame to the text of a QR code, also on cards that were carried for years.
//!
//! Cards are what this is made for: three layouts, a known beginning, a signature that tells a right reading from a wrong
//! one. Codes of other makers are read by the same finder patterns and grids (`foreign`), light codes on dark as the
//! negative of the picture.
//!
//! [`read()`] looks at one [`Frame`]; a [`FrameScanner`] looks at the frames of a camera, keeps evidence from frame to
//! frame and says what would help ([`Advice`]). Work is limited by a [`Budget`], counted and not timed. A [`Judge`]
//! tells a right reading from a wrong one by the card's signature. [`read_grid`] reads a code whose place is known, on a
//! card that was just drawn.

mod attempt;
mod blocks;
mod budget;
mod card;
mod corners;
#[cfg(feature = "zxing")]
mod fallback;
mod finder;
mod follow;
mod foreign;
mod frame;
mod grid;
mod guesses;
mod judge;
mod known;
mod layout;
mod limits;
mod linear;
mod marks;
mod noise;
mod pins;
mod pipeline;
mod plane;
mod printed;
mod reading;
mod reed_solomon;
mod repair;
mod roll;
mod scanner;
mod sight;
mod tilt;
mod warp;

pub use budget::Budget;
pub use frame::{Frame, FrameError, MAX_PIXELS, Region, Rotation};
pub use judge::{Judge, TrustJudge};
pub use printed::read_grid;
pub use reading::{Found, Point, Reading};
pub use scanner::{Advice, FrameScanner, ScanStep};

/// The codes in a frame: cards and codes of other makers, none twice.
pub fn read(frame: &Frame<'_>, mut budget: Budget, judge: Option<&dyn Judge>) -> Vec<Reading> {
    pipeline::read(frame, &mut budget, judge, &mut pipeline::Seen::default())
}

#[cfg(test)]
mod tests;
