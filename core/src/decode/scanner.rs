//! Frames of a camera, one after the other.

use super::{Budget, Frame, Judge, Reading, read};

/// Keeps what earlier frames of the same card have shown.
#[derive(Debug, Default)]
pub struct FrameScanner {
    frames: u64,
}

/// What a frame has brought.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScanStep {
    /// The codes that were read.
    pub readings: Vec<Reading>,
    /// What would help, if nothing was read.
    pub advice: Option<Advice>,
}

/// What the person who holds the phone can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// It is too dark: turn the light on.
    Torch,
    /// A lamp is mirrored in the card: tilt it.
    Tilt,
    /// The code is too small in the picture: come closer.
    Closer,
    /// The code does not fit into the picture: move away.
    FartherAway,
    /// The picture is blurred: hold still.
    HoldStill,
}

impl FrameScanner {
    /// A scanner that has seen nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Looks at the next frame.
    pub fn push(&mut self, frame: &Frame<'_>, budget: Budget, judge: Option<&dyn Judge>) -> ScanStep {
        self.frames += 1;
        ScanStep {
            readings: read(frame, budget, judge),
            advice: None,
        }
    }

    /// Forgets what earlier frames have shown: another card is held up.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}
