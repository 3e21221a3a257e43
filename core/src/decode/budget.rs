//! How much work a frame is worth.

/// A limit of work, in steps of about a microsecond on a phone of the middle class.
///
/// Work is counted instead of measured with a clock, so that the same frame gives the same answer on every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    left: u32,
}

impl Budget {
    /// For frames of a camera, which come thirty times a second: there is always another frame.
    pub const CAMERA: Self = Self::steps(12_000);

    /// For a photo or a scanned page, of which there is only one.
    pub const PHOTO: Self = Self::steps(400_000);

    /// A budget of so many steps.
    pub const fn steps(steps: u32) -> Self {
        Self { left: steps }
    }

    /// Steps that are left.
    pub const fn left(&self) -> u32 {
        self.left
    }

    /// Takes steps; false, and nothing is left, once more are asked than there are.
    pub(super) fn take(&mut self, steps: u32) -> bool {
        let enough = steps <= self.left;
        self.left = self.left.saturating_sub(steps);
        enough
    }
}
