//! What was read, and how.

/// A point of a frame in pixels, upright; (0, 0) is the outer corner of the first pixel.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// From the left.
    pub x: f32,
    /// From the top.
    pub y: f32,
}

/// A code that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// What it says, as bytes.
    pub bytes: Vec<u8>,
    /// What it says, as text: UTF-8 where the bytes are that, else each byte as the character of Latin-1.
    pub text: String,
    /// Its corners: the one between the finder patterns' arms, then in the code's own reading order (top right, bottom
    /// right, bottom left).
    pub corners: [Point; 4],
    /// QR version, 1 to 40.
    pub version: u8,
    /// Seen in a mirror or through the back of a pane.
    pub mirrored: bool,
    /// Light modules on dark.
    pub inverted: bool,
    /// What it took.
    pub found: Found,
}

/// What it took to read a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The picture as it is.
    Plain,
    /// Repairs of the picture, or corrections beyond what the code alone allows.
    Repaired,
    /// Another reader, where ours saw the code and could not read it. Only in builds with the feature `zxing`.
    SecondOpinion,
    /// The evidence of several frames together.
    Combined {
        /// How many.
        frames: u32,
    },
}
