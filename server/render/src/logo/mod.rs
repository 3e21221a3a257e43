//! Logos: files from anywhere, which are believed nothing.
//!
//! A logo is decoded, made small, and only its pixels go on: no byte of the file reaches a card, a PDF or a browser.
//! What a file is, its content says, not its name. A declared size is checked before anything is allocated for it; an
//! SVG is walked before it is drawn, and is refused if it would fetch, run, repeat or nest more than a logo needs.

mod raster;
mod svg;
#[cfg(test)]
mod tests;

use png::{BitDepth, ColorType, Encoder};
use resvg::tiny_skia::{FilterQuality, Pixmap, PixmapPaint, Transform};

/// The most bytes of a file.
pub const MAX_BYTES: usize = 2 << 20;
/// The most pixels that a file may declare on a side.
pub const MAX_DECLARED: u32 = 8192;
/// The most pixels that a file may declare in all: 16 million, 64 MB when decoded.
pub const MAX_PIXELS: u64 = 16 << 20;
/// The longer side of a logo that is kept: 43 mm at 600 dpi.
pub const MAX_SIDE: u32 = 1024;
/// Logos of a card.
pub const MAX_LOGOS: usize = 3;

/// Pixels of a logo.
#[derive(Debug, Clone, PartialEq)]
pub struct Logo(Pixmap);

/// Why a file is no logo of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogoError {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// More bytes than allowed.
    #[error("the file has {0} bytes; a logo has at most {MAX_BYTES}. Save it smaller")]
    TooManyBytes(usize),
    /// Another format.
    #[error("the file is {0}; a logo is a PNG, a JPEG or an SVG")]
    WrongFormat(&'static str),
    /// A size that no logo has.
    #[error(
        "the picture says that it has {width} × {height} pixels; a logo has at most {MAX_DECLARED} on a side and {MAX_PIXELS} in all"
    )]
    TooLarge {
        /// Declared width.
        width: u64,
        /// Declared height.
        height: u64,
    },
    /// Cut off or damaged.
    #[error("the picture is damaged or cut off: {0}")]
    Damaged(String),
    /// An SVG that does more than draw.
    #[error("the SVG {0}")]
    Unsafe(String),
}

impl Logo {
    /// Decodes a file. Its name does not matter.
    pub fn decode(file: &[u8]) -> Result<Self, LogoError> {
        if file.is_empty() {
            return Err(LogoError::Empty);
        }
        if file.len() > MAX_BYTES {
            return Err(LogoError::TooManyBytes(file.len()));
        }
        match format(file) {
            Format::Png => raster::png(file),
            Format::Jpeg => raster::jpeg(file),
            Format::Svg(text) => svg::draw(text),
            Format::Other(name) => Err(LogoError::WrongFormat(name)),
        }
        .map(Self)
    }

    /// Pixels from left to right.
    pub fn width(&self) -> u32 {
        self.0.width()
    }

    /// Pixels from top to bottom.
    pub fn height(&self) -> u32 {
        self.0.height()
    }

    /// The pixels: RGBA, 8 bits, premultiplied, rows from the top.
    pub fn pixmap(&self) -> &Pixmap {
        &self.0
    }

    /// The pixels with straight alpha, RGBA.
    pub fn straight(&self) -> Vec<u8> {
        let straight = |pixel: &resvg::tiny_skia::PremultipliedColorU8| {
            let color = pixel.demultiply();
            [color.red(), color.green(), color.blue(), color.alpha()]
        };
        self.0.pixels().iter().flat_map(straight).collect()
    }

    /// A new PNG of the pixels, with nothing else in it.
    pub fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, self.width(), self.height());
        encoder.set_color(ColorType::Rgba);
        encoder.set_depth(BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.straight())?;
        writer.finish()?;
        Ok(file)
    }
}

enum Format<'a> {
    Png,
    Jpeg,
    Svg(&'a str),
    Other(&'static str),
}

/// What the first bytes say.
fn format(file: &[u8]) -> Format<'_> {
    const OTHERS: &[(&[u8], &str)] = &[
        (b"GIF8", "a GIF"),
        (b"RIFF", "a WebP or another RIFF file"),
        (b"%PDF", "a PDF"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b", "compressed (SVGZ or gzip)"),
        (b"II*\0", "a TIFF"),
        (b"MM\0*", "a TIFF"),
        (b"BM", "a BMP"),
        (b"MZ", "a program"),
        (b"\x7fELF", "a program"),
    ];
    if file.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Format::Png;
    }
    if file.starts_with(b"\xff\xd8\xff") {
        return Format::Jpeg;
    }
    if let Some((_, name)) = OTHERS.iter().find(|(magic, _)| file.starts_with(magic)) {
        return Format::Other(name);
    }
    match std::str::from_utf8(file) {
        Ok(text) if text.trim_start_matches('\u{feff}').trim_start().starts_with('<') => {
            Format::Svg(text.trim_start_matches('\u{feff}').trim_start())
        }
        Ok(_) => Format::Other("a text"),
        Err(_) => Format::Other("of a kind that is not known here"),
    }
}

/// Refuses sizes before anything is allocated for them.
fn check_size(width: u64, height: u64) -> Result<(), LogoError> {
    let side = u64::from(MAX_DECLARED);
    let fits = (1..=side).contains(&width) && (1..=side).contains(&height) && width * height <= MAX_PIXELS;
    fits.then_some(()).ok_or(LogoError::TooLarge { width, height })
}

/// Scales down what is larger than a card can show.
fn reduced(pixmap: Pixmap) -> Result<Pixmap, LogoError> {
    let longer = pixmap.width().max(pixmap.height());
    if longer <= MAX_SIDE {
        return Ok(pixmap);
    }
    // Halving first averages all pixels: one bicubic step alone would skip most of them.
    let mut pixmap = pixmap;
    while pixmap.width().max(pixmap.height()) >= 2 * MAX_SIDE {
        pixmap = scaled(&pixmap, 0.5, FilterQuality::Bilinear)?;
    }
    let scale = MAX_SIDE as f32 / pixmap.width().max(pixmap.height()) as f32;
    scaled(&pixmap, scale, FilterQuality::Bicubic)
}

fn scaled(pixmap: &Pixmap, scale: f32, quality: FilterQuality) -> Result<Pixmap, LogoError> {
    let side = |pixels: u32| ((pixels as f32 * scale).round() as u32).max(1);
    let (width, height) = (side(pixmap.width()), side(pixmap.height()));
    let mut small = blank(width, height)?;
    let paint = PixmapPaint {
        quality,
        ..PixmapPaint::default()
    };
    let transform = Transform::from_scale(
        width as f32 / pixmap.width() as f32,
        height as f32 / pixmap.height() as f32,
    );
    small.draw_pixmap(0, 0, pixmap.as_ref(), &paint, transform, None);
    Ok(small)
}

fn blank(width: u32, height: u32) -> Result<Pixmap, LogoError> {
    Pixmap::new(width, height).ok_or(LogoError::TooLarge {
        width: width.into(),
        height: height.into(),
    })
}
