//! A frame: the luma plane of a camera picture or of a photo, borrowed as it lies in memory.

/// The most pixels of a frame. Larger photos are scaled down before they are given here.
pub const MAX_PIXELS: usize = 64 << 20;

/// A luma plane (one byte per pixel, 0 is black), rows `stride` bytes apart, or a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    luma: &'a [u8],
    width: usize,
    height: usize,
    stride: usize,
    left: usize,
    top: usize,
    rotation: Rotation,
}

/// How far the picture must be turned clockwise to stand upright, as camera interfaces say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rotation {
    /// It stands upright.
    #[default]
    None,
    /// By 90°.
    Quarter,
    /// By 180°.
    Half,
    /// By 270°.
    ThreeQuarters,
}

/// A rectangle of a frame, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Pixels left of it.
    pub left: usize,
    /// Pixels above it.
    pub top: usize,
    /// Its width.
    pub width: usize,
    /// Its height.
    pub height: usize,
}

/// Why bytes are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// No pixels.
    #[error("the frame has no pixels; check its width and height")]
    Empty,
    /// Rows that overlap.
    #[error("rows of {width} pixels do not fit a stride of {stride} bytes; check the order of the arguments")]
    StrideTooSmall {
        /// Pixels of a row.
        width: usize,
        /// Bytes from row to row.
        stride: usize,
    },
    /// Fewer bytes than the size says.
    #[error("a frame of this size has {needed} bytes, {held} were given; check width, height and stride")]
    TooShort {
        /// Bytes up to the last pixel.
        needed: usize,
        /// Bytes that were given.
        held: usize,
    },
    /// More pixels than are looked at.
    #[error("the frame has more than {MAX_PIXELS} pixels; scale it down first")]
    TooLarge,
    /// A region that is not inside of the frame.
    #[error("the region does not lie inside of the frame")]
    OutsideOfFrame,
}

impl<'a> Frame<'a> {
    /// A frame of `height` rows of `width` pixels, rows `stride` bytes apart. The last row may end with its last pixel.
    pub fn new(luma: &'a [u8], width: usize, height: usize, stride: usize) -> Result<Self, FrameError> {
        if width == 0 || height == 0 {
            return Err(FrameError::Empty);
        }
        if stride < width {
            return Err(FrameError::StrideTooSmall { width, stride });
        }
        let pixels = width.checked_mul(height).filter(|&pixels| pixels <= MAX_PIXELS);
        let whole_rows = stride.checked_mul(height - 1);
        let (Some(_), Some(whole_rows)) = (pixels, whole_rows) else {
            return Err(FrameError::TooLarge);
        };
        let (needed, held) = (whole_rows.saturating_add(width), luma.len());
        if held < needed {
            return Err(FrameError::TooShort { needed, held });
        }
        Ok(Self {
            luma,
            width,
            height,
            stride,
            left: 0,
            top: 0,
            rotation: Rotation::None,
        })
    }

    /// The same frame, to be turned by `rotation` to stand upright: the corners of readings are given in the upright
    /// picture.
    pub fn rotated(self, rotation: Rotation) -> Self {
        Self { rotation, ..self }
    }

    /// A part of the frame, in pixels as they lie in memory. Readings keep the coordinates of the whole frame given
    /// to [`Frame::new`], turned upright within the region.
    pub fn region(self, region: Region) -> Result<Self, FrameError> {
        if region.width == 0 || region.height == 0 {
            return Err(FrameError::Empty);
        }
        let fits = |start: usize, length: usize, whole: usize| {
            start.checked_add(length).is_some_and(|end| end <= whole)
        };
        if !fits(region.left, region.width, self.width) || !fits(region.top, region.height, self.height) {
            return Err(FrameError::OutsideOfFrame);
        }
        let start = region.top * self.stride + region.left;
        Ok(Self {
            luma: &self.luma[start..],
            width: region.width,
            height: region.height,
            left: self.left + region.left,
            top: self.top + region.top,
            ..self
        })
    }

    /// Pixels of a row.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Number of rows.
    pub fn height(&self) -> usize {
        self.height
    }

    /// The pixels of a row; none below the last.
    pub fn row(&self, row: usize) -> &'a [u8] {
        if row >= self.height {
            return &[];
        }
        let start = row * self.stride;
        &self.luma[start..start + self.width]
    }

    /// All pixels, where rows lie one after the other without gaps.
    pub(super) fn whole(&self) -> Option<&'a [u8]> {
        (self.stride == self.width).then(|| &self.luma[..self.width * self.height])
    }

    /// A point of this part, in the upright coordinates that readings have.
    pub(super) fn upright(&self, x: f32, y: f32) -> (f32, f32) {
        let (width, height) = (self.width as f32, self.height as f32);
        let (x, y) = match self.rotation {
            Rotation::None => (x, y),
            Rotation::Quarter => (height - y, x),
            Rotation::Half => (width - x, height - y),
            Rotation::ThreeQuarters => (y, width - x),
        };
        (x + self.left as f32, y + self.top as f32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_lie_are_refused_by_name() {
        let bytes = [0; 100];
        for (size, error) in [
            ((0, 10, 10), FrameError::Empty),
            ((10, 0, 10), FrameError::Empty),
            ((10, 10, 9), FrameError::StrideTooSmall { width: 10, stride: 9 }),
            (
                (10, 11, 10),
                FrameError::TooShort {
                    needed: 110,
                    held: 100,
                },
            ),
            (
                (10, 10, 11),
                FrameError::TooShort {
                    needed: 109,
                    held: 100,
                },
            ),
            ((12_000, 9_000, 12_000), FrameError::TooLarge),
            ((usize::MAX, usize::MAX, usize::MAX), FrameError::TooLarge),
            ((1, usize::MAX, usize::MAX), FrameError::TooLarge),
        ] {
            let (width, height, stride) = size;
            assert_eq!(Frame::new(&bytes, width, height, stride), Err(error), "{size:?}");
        }
        assert!(Frame::new(&bytes, 10, 10, 10).is_ok());
        assert!(Frame::new(&bytes, 1, 10, 11).is_ok(), "the last row may be short");
    }

    #[test]
    fn a_region_is_a_window_and_stays_inside() {
        let bytes: Vec<u8> = (0..100).collect();
        let whole = Frame::new(&bytes, 10, 10, 10).unwrap();
        let region = |left, top, width, height| {
            whole.region(Region {
                left,
                top,
                width,
                height,
            })
        };
        let part = region(3, 2, 4, 8).unwrap();
        assert_eq!((part.row(0), part.row(7)), (&bytes[23..27], &bytes[93..97]));
        assert!(part.row(8).is_empty());
        assert_eq!(part.upright(1.0, 1.0), (4.0, 3.0));
        assert_eq!(region(3, 2, 8, 1), Err(FrameError::OutsideOfFrame));
        assert_eq!(region(usize::MAX, 0, 1, 1), Err(FrameError::OutsideOfFrame));
        assert_eq!(region(0, 0, 0, 1), Err(FrameError::Empty));
    }

    #[test]
    fn turned_frames_give_upright_points() {
        let bytes = [0; 200];
        let frame = Frame::new(&bytes, 20, 10, 20).unwrap();
        for (rotation, point) in [
            (Rotation::None, (2.0, 1.0)),
            (Rotation::Quarter, (9.0, 2.0)),
            (Rotation::Half, (18.0, 9.0)),
            (Rotation::ThreeQuarters, (1.0, 18.0)),
        ] {
            assert_eq!(frame.rotated(rotation).upright(2.0, 1.0), point);
        }
    }
}
