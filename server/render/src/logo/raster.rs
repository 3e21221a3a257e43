//! PNG and JPEG to pixels.

use std::io::Cursor;

use png::{Decoder, Limits, Transformations};
use resvg::tiny_skia::{ColorU8, Pixmap};
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::{LogoError, MAX_DECLARED, MAX_PIXELS, blank, check_size, reduced};

fn damaged(error: impl std::fmt::Display) -> LogoError {
    LogoError::Damaged(error.to_string())
}

/// Decodes a PNG: the first picture of an animated one.
pub fn png(file: &[u8]) -> Result<Pixmap, LogoError> {
    let limits = Limits {
        bytes: MAX_PIXELS as usize * 8,
    };
    let mut decoder = Decoder::new_with_limits(Cursor::new(file), limits);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    // Texts and profiles are not read at all: a compressed one could be a bomb.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(damaged)?;
    check_size(header.width.into(), header.height.into())?;
    let mut reader = decoder.read_info().map_err(damaged)?;
    let size = reader.output_buffer_size().ok_or_else(|| damaged("its size"))?;
    let mut pixels = vec![0; size];
    let frame = reader.next_frame(&mut pixels).map_err(damaged)?;
    let channels = frame.color_type.samples();
    pixmap(
        frame.width,
        frame.height,
        &pixels[..frame.buffer_size()],
        channels,
    )
}

/// Decodes a JPEG, a CMYK one too.
pub fn jpeg(file: &[u8]) -> Result<Pixmap, LogoError> {
    let side = MAX_DECLARED as usize;
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(side)
        .set_max_height(side)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    if let Some((width, height)) = declared_by_jpeg(file) {
        check_size(width, height)?;
    }
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(file), options);
    decoder.decode_headers().map_err(damaged)?;
    let info = decoder.info().ok_or_else(|| damaged("its header"))?;
    check_size(info.width.into(), info.height.into())?;
    if !file.windows(2).any(|marker| marker == [0xff, 0xd9]) {
        return Err(damaged("its end is missing"));
    }
    let pixels = decoder.decode().map_err(damaged)?;
    let channels = decoder
        .output_colorspace()
        .map_or(3, |space| space.num_components());
    pixmap(info.width.into(), info.height.into(), &pixels, channels)
}

/// Width and height in the frame header (ITU-T T.81, B.2.2), read before the decoder allocates anything.
fn declared_by_jpeg(file: &[u8]) -> Option<(u64, u64)> {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = file.get(at..at + 4) {
        let is_frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            let fields = file.get(at + 5..at + 9)?;
            let number = |at: usize| u64::from(fields[at]) << 8 | u64::from(fields[at + 1]);
            return Some((number(2), number(0)));
        }
        at += 2 + (usize::from(high) << 8 | usize::from(low)).max(2);
    }
    None
}

/// Pixels of 1 (gray), 2 (gray and alpha), 3 (RGB) or 4 (RGBA) bytes.
fn pixmap(width: u32, height: u32, bytes: &[u8], channels: usize) -> Result<Pixmap, LogoError> {
    let mut pixmap = blank(width, height)?;
    for (pixel, bytes) in pixmap.pixels_mut().iter_mut().zip(bytes.chunks_exact(channels)) {
        let color = match *bytes {
            [gray] => ColorU8::from_rgba(gray, gray, gray, 255),
            [gray, alpha] => ColorU8::from_rgba(gray, gray, gray, alpha),
            [red, green, blue] => ColorU8::from_rgba(red, green, blue, 255),
            [red, green, blue, alpha] => ColorU8::from_rgba(red, green, blue, alpha),
            _ => return Err(damaged("its colors")),
        };
        *pixel = color.premultiply();
    }
    reduced(pixmap)
}
