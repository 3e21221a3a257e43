//! Photos to luma: PNG and JPEG, bounded by what their headers say.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use png::{Decoder, Limits, Transformations};
use teranga_core::decode::{Frame, FrameError, MAX_PIXELS};
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

/// Endings of files in a folder that are taken for photos or documents.
const ENDINGS: [&str; 4] = ["png", "jpg", "jpeg", "pdf"];
/// The most bytes of a file.
const MAX_BYTES: u64 = 256 << 20;
/// What to do about a file that ends too early or has other bytes than it should.
const DAMAGED: &str = "the photo is damaged; copy it again";

/// One byte a pixel, row by row.
pub struct Photo {
    luma: Vec<u8>,
    width: usize,
    height: usize,
}

impl Photo {
    /// Reads a photo; its content says what it is, not its name. Its dimensions are checked before memory for them is
    /// taken.
    pub fn open(file: &Path) -> anyhow::Result<Self> {
        let length = std::fs::metadata(file).context("cannot open it")?.len();
        ensure!(length <= MAX_BYTES, "the file is too large for a photo");
        let bytes = std::fs::read(file).context("cannot open it")?;
        if bytes.starts_with(b"\x89PNG") {
            png(&bytes)
        } else if bytes.starts_with(&[0xff, 0xd8]) {
            jpeg(&bytes)
        } else {
            bail!("it is no PNG or JPEG photo and no PDF file; convert it first")
        }
    }

    /// Gray levels, row by row.
    pub(super) fn new(luma: Vec<u8>, width: usize, height: usize) -> Self {
        Self { luma, width, height }
    }

    /// As the decoder takes it.
    pub fn frame(&self) -> Result<Frame<'_>, FrameError> {
        Frame::new(&self.luma, self.width, self.height, self.width)
    }
}

/// Refuses more pixels than are looked at.
pub(super) fn check_size(width: usize, height: usize) -> anyhow::Result<()> {
    ensure!(
        width.saturating_mul(height) <= MAX_PIXELS,
        "a photo of {width} × {height} pixels is too large; scale it down to {} megapixels at most",
        MAX_PIXELS / 1_000_000
    );
    Ok(())
}

fn png(bytes: &[u8]) -> anyhow::Result<Photo> {
    let limits = Limits {
        bytes: MAX_PIXELS * 8,
    };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    // Texts and profiles are not read at all: a compressed one could be a bomb.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().context(DAMAGED)?;
    let (width, height) = (header.width as usize, header.height as usize);
    check_size(width, height)?;
    let mut reader = decoder.read_info().context(DAMAGED)?;
    let mut pixels = vec![0; reader.output_buffer_size().context(DAMAGED)?];
    let frame = reader.next_frame(&mut pixels).context(DAMAGED)?;
    pixels.truncate(frame.buffer_size());
    Ok(Photo {
        luma: luma(pixels, frame.color_type.samples()),
        width: frame.width as usize,
        height: frame.height as usize,
    })
}

/// A JPEG photo.
pub(super) fn jpeg(bytes: &[u8]) -> anyhow::Result<Photo> {
    // The decoder refuses a longer side by itself, before it takes memory.
    let side = usize::from(u16::MAX);
    let options = DecoderOptions::default()
        .set_max_width(side)
        .set_max_height(side)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(Cursor::new(bytes), options);
    decoder.decode_headers().context(DAMAGED)?;
    let info = decoder.info().context(DAMAGED)?;
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    check_size(width, height)?;
    let luma = decoder.decode().context(DAMAGED)?;
    Ok(Photo { luma, width, height })
}

/// Brightness of a color of three bytes (ITU-R BT.601, in 1/256).
pub(super) fn gray(red: u32, green: u32, blue: u32) -> u32 {
    (77 * red + 150 * green + 29 * blue) >> 8
}

/// Gray levels of pixels of so many bytes; what is transparent shows white paper behind it.
fn luma(pixels: Vec<u8>, samples: usize) -> Vec<u8> {
    let gray = |red: u8, green: u8, blue: u8| gray(red.into(), green.into(), blue.into());
    let over_white = |gray: u32, alpha: u8| (gray * u32::from(alpha) + 255 * (255 - u32::from(alpha))) / 255;
    if samples == 1 {
        return pixels;
    }
    let level = |pixel: &[u8]| match *pixel {
        [level, alpha] => over_white(level.into(), alpha),
        [red, green, blue] => gray(red, green, blue),
        [red, green, blue, alpha] => over_white(gray(red, green, blue), alpha),
        _ => 255,
    };
    pixels
        .chunks_exact(samples)
        .map(|pixel| level(pixel) as u8)
        .collect()
}

/// The photos and PDF files of a folder in the order of their names.
pub fn folder(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).context("cannot open the folder")? {
        let path = entry.context("cannot read the folder")?.path();
        let ending = path
            .extension()
            .map(|ending| ending.to_string_lossy().to_lowercase());
        if path.is_file() && ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str())) {
            files.push(path);
        }
    }
    ensure!(
        !files.is_empty(),
        "no PNG or JPEG photos and no PDF files are in this folder"
    );
    files.sort();
    Ok(files)
}
