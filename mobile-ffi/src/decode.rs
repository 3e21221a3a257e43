//! Camera frames as they cross the border: by address, so that a frame is never copied.

use teranga_core::decode::{self, Frame, Rotation};

use crate::error::{ErrorCode, TerangaError};

/// The luma plane of a camera frame in memory that the app holds.
///
/// On Android this is the direct buffer of an `Image`'s first plane (`Native.getDirectBufferPointer`), on iOS the base
/// address of a locked `CVPixelBuffer`'s plane 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct LumaFrame {
    /// Where the first byte lies.
    pub address: u64,
    /// Bytes that may be read from there.
    pub length: u64,
    /// Pixels of a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Bytes from row to row, at least the width.
    pub row_stride: u32,
    /// By how many degrees the picture must be turned clockwise to stand upright: 0, 90, 180 or 270.
    pub rotation: u32,
}

/// What the person who holds the phone can do when no code is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ScanAdvice {
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

impl From<decode::Advice> for ScanAdvice {
    fn from(advice: decode::Advice) -> Self {
        match advice {
            decode::Advice::Torch => Self::Torch,
            decode::Advice::Tilt => Self::Tilt,
            decode::Advice::Closer => Self::Closer,
            decode::Advice::FartherAway => Self::FartherAway,
            decode::Advice::HoldStill => Self::HoldStill,
        }
    }
}

impl LumaFrame {
    /// Looks at the frame where it lies.
    ///
    /// # Safety
    /// `length` bytes from `address` on are readable and nobody writes them until `look` returns.
    pub(crate) unsafe fn look<T>(
        &self,
        look: impl FnOnce(&Frame<'_>) -> Result<T, TerangaError>,
    ) -> Result<T, TerangaError> {
        let refused = |detail: &str| TerangaError::of(ErrorCode::Frame, detail);
        let (Ok(address), Ok(length)) = (usize::try_from(self.address), usize::try_from(self.length)) else {
            return Err(refused("the frame's address is not one of this device"));
        };
        if address == 0 || length == 0 || length > isize::MAX as usize {
            return Err(refused(
                "the frame has no bytes; check that its buffer is a direct one",
            ));
        }
        // SAFETY: the caller vouches for the bytes; they are not empty and not longer than a slice may be.
        let luma = unsafe { std::slice::from_raw_parts(address as *const u8, length) };
        let [width, height, stride] =
            [self.width, self.height, self.row_stride].map(|pixels| pixels as usize);
        let frame = Frame::new(luma, width, height, stride)
            .map_err(|error| refused(&error.to_string()))?
            .rotated(
                rotation(self.rotation).ok_or_else(|| refused("the rotation is not 0, 90, 180 or 270"))?,
            );
        look(&frame)
    }
}

fn rotation(degrees: u32) -> Option<Rotation> {
    match degrees {
        0 => Some(Rotation::None),
        90 => Some(Rotation::Quarter),
        180 => Some(Rotation::Half),
        270 => Some(Rotation::ThreeQuarters),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(bytes: &[u8], width: u32, height: u32, row_stride: u32, rotation: u32) -> LumaFrame {
        LumaFrame {
            address: bytes.as_ptr() as u64,
            length: bytes.len() as u64,
            width,
            height,
            row_stride,
            rotation,
        }
    }

    #[test]
    fn a_frame_is_looked_at_where_it_lies_and_a_wrong_one_is_refused() {
        let bytes = [7_u8; 64];
        let looked = |frame: LumaFrame| {
            // SAFETY: the bytes outlive the look.
            unsafe { frame.look(|_| Ok(())) }
        };
        assert!(looked(frame(&bytes, 8, 8, 8, 90)).is_ok());
        for wrong in [
            frame(&bytes, 8, 9, 8, 0),
            frame(&bytes, 9, 7, 8, 0),
            frame(&bytes, 0, 8, 8, 0),
            frame(&bytes, 8, 8, 8, 45),
            LumaFrame {
                address: 0,
                ..frame(&bytes, 8, 8, 8, 0)
            },
            frame(&[], 8, 8, 8, 0),
        ] {
            let TerangaError::Refused { code, .. } = looked(wrong).unwrap_err();
            assert_eq!(code, ErrorCode::Frame);
        }
    }
}
