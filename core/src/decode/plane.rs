//! A picture that is worked on, at full, half and quarter size.

use std::borrow::Cow;

use super::frame::Frame;

/// The most pixels of a picture that is worked on; larger photos are scaled down to it.
const WORKING_PIXELS: usize = 3 << 20;

/// Noise from which it is smoothed, gray levels.
const NOISY: f32 = 8.0;

/// Modules that are large enough for the half-sized picture, pixels at full size.
const LARGE: f32 = 3.2;

/// A gray picture without gaps between its rows.
#[derive(Debug, Clone)]
pub struct Plane<'a> {
    /// Pixels of a row.
    pub width: usize,
    /// Number of rows.
    pub height: usize,
    /// The pixels, row by row.
    pub pixels: Cow<'a, [u8]>,
    /// Width of a pixel, in pixels of the picture at full size.
    pub size: f32,
    shrink: f32,
}

/// The pictures in which codes are looked at closely.
#[derive(Debug)]
pub struct Pictures<'a> {
    /// At full size.
    pub full: Plane<'a>,
    /// At half its size.
    pub half: Plane<'a>,
    /// Standard deviation of the noise at full size, gray levels.
    pub noise: f32,
}

impl Pictures<'_> {
    /// Dark for light.
    pub fn negative(&self) -> Pictures<'static> {
        Pictures {
            full: self.full.negative(),
            half: self.half.negative(),
            noise: self.noise,
        }
    }

    /// The one in which modules of a size, in pixels at full size, are seen best: in noise a pixel of the half-sized
    /// picture says more than one of the whole, if the modules still have two of them.
    pub fn of_module(&self, module: f32) -> &Plane<'_> {
        if self.noise > NOISY && module > LARGE {
            &self.half
        } else {
            &self.full
        }
    }
}

impl<'a> Plane<'a> {
    /// A picture of pixels, row by row.
    pub fn new(width: usize, height: usize, pixels: impl Into<Cow<'a, [u8]>>) -> Self {
        Self {
            width,
            height,
            pixels: pixels.into(),
            size: 1.0,
            shrink: 1.0,
        }
    }

    /// A frame's pixels, where they lie if they lie together, and by how much they were scaled down.
    pub fn of(frame: &Frame<'a>) -> (Self, usize) {
        let mut scale = 1;
        while (frame.width() / scale) * (frame.height() / scale) > WORKING_PIXELS {
            scale += 1;
        }
        let (width, height) = (frame.width() / scale, frame.height() / scale);
        if let Some(pixels) = frame.whole().filter(|_| scale == 1) {
            return (Self::new(width, height, pixels), scale);
        }
        let mut pixels = Vec::with_capacity(width * height);
        for row in 0..height {
            if scale == 1 {
                pixels.extend_from_slice(frame.row(row));
                continue;
            }
            let rows: Vec<_> = (0..scale).map(|line| frame.row(row * scale + line)).collect();
            pixels.extend((0..width).map(|column| {
                let square = rows
                    .iter()
                    .flat_map(|row| &row[column * scale..(column + 1) * scale]);
                (square.map(|&pixel| usize::from(pixel)).sum::<usize>() / (scale * scale)) as u8
            }));
        }
        (Self::new(width, height, pixels), scale)
    }

    /// Dark for light.
    pub fn negative(&self) -> Plane<'static> {
        let pixels: Vec<u8> = self.pixels.iter().map(|pixel| !pixel).collect();
        Plane {
            width: self.width,
            height: self.height,
            pixels: pixels.into(),
            size: self.size,
            shrink: self.shrink,
        }
    }

    /// The picture at half its size: each pixel the mean of four.
    pub fn halved(&self) -> Plane<'static> {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut pixels = vec![0; width * height];
        for (row, line) in pixels.chunks_exact_mut(width.max(1)).enumerate() {
            let start = 2 * row * self.width;
            let above = &self.pixels[start..start + 2 * width];
            let below = &self.pixels[start + self.width..start + self.width + 2 * width];
            // Two pixels at a time as one number: compilers turn it into wide instructions.
            for ((pixel, a), b) in line
                .iter_mut()
                .zip(above.as_chunks::<2>().0)
                .zip(below.as_chunks::<2>().0)
            {
                let (a, b) = (u16::from_le_bytes(*a), u16::from_le_bytes(*b));
                let sum = (a & 0xff) + (a >> 8) + (b & 0xff) + (b >> 8);
                *pixel = ((sum + 2) / 4) as u8;
            }
        }
        Plane {
            size: 2.0 * self.size,
            shrink: 0.5 * self.shrink,
            ..Plane::new(width, height, pixels)
        }
    }

    /// The brightness at a place, in pixels at full size, between pixels; at the border beyond it.
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let (width, height) = (self.width, self.height);
        let x = (x * self.shrink - 0.5).clamp(0.0, (width as f32 - 1.001).max(0.0));
        let y = (y * self.shrink - 0.5).clamp(0.0, (height as f32 - 1.001).max(0.0));
        let (left, top) = (x as usize, y as usize);
        let (fx, fy) = (x - left as f32, y - top as f32);
        let start = top * width + left;
        let pair = |start: usize| match self.pixels.get(start..start + 2) {
            Some(&[left, right]) => (f32::from(left), f32::from(right)),
            _ => (0.0, 0.0),
        };
        let ((a, b), (c, d)) = (pair(start), pair(start + width));
        let above = a + (b - a) * fx;
        let below = c + (d - c) * fx;
        above + (below - above) * fy
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pictures_of_any_size_are_worked_on(width in 1_usize..90, height in 1_usize..40, seed: u8) {
            let pixels: Vec<u8> = (0..width * height).map(|at| (at as u8).wrapping_mul(seed)).collect();
            let plane = Plane::new(width, height, pixels);
            let half = plane.halved();
            prop_assert_eq!(half.pixels.len(), (width / 2) * (height / 2));
            prop_assert!(plane.at(-5.0, 1e9) <= 255.0);
        }
    }
}
