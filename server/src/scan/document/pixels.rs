//! A picture of a page as gray levels. Light and dark may come out exchanged where a picture's colors are unusual: codes
//! are read either way.

use anyhow::{Context as _, bail, ensure};
use hayro_syntax::Filter;
use hayro_syntax::object::stream::{ImageColorSpace, ImageDecodeParams};
use hayro_syntax::object::{Array, Dict, Name, Stream};
use hayro_syntax::page::Resources;

use super::super::photo::{self, Photo};
use super::stream;

/// Pixels below which a picture is enlarged: a mask may have one for each module of a code.
const SMALL: usize = 150;

/// Pixels to which it is enlarged.
const ENOUGH: usize = 600;

/// Pixels of white around a picture that is enlarged, in pixels of its own: codes in masks have no margin.
const MARGIN: usize = 4;

/// How the samples of a picture lie.
struct Samples {
    width: usize,
    height: usize,
    /// Bits of each.
    bits: usize,
    /// Samples of a pixel: 1 gray or a place in a palette, 3 red, green and blue, 4 inks.
    channels: usize,
    /// The first of two colors is the lighter one.
    inverted: bool,
}

/// A picture as the decoder takes it.
pub fn photo(image: &Stream<'_>, resources: &Resources<'_>) -> anyhow::Result<Photo> {
    match image.filters().last() {
        Some(Filter::DctDecode) => photo::jpeg(&stream::before_photo(image)?),
        Some(Filter::JpxDecode | Filter::Jbig2Decode) => {
            bail!("a picture is JPEG 2000 or JBIG2, which is not read; export the page as PNG")
        }
        _ => plain(image, resources),
    }
}

fn plain(image: &Stream<'_>, resources: &Resources<'_>) -> anyhow::Result<Photo> {
    let dict = image.dict();
    let mut samples = Samples::of(dict, resources)?;
    let params = ImageDecodeParams {
        is_indexed: false,
        bpc: u8::try_from(samples.bits).ok(),
        num_components: u8::try_from(samples.channels).ok(),
        target_dimension: None,
        width: u32::try_from(samples.width).unwrap_or(0),
        height: u32::try_from(samples.height).unwrap_or(0),
    };
    if image.filters().last() == Some(&Filter::CcittFaxDecode) {
        let columns = fax_columns(dict);
        ensure!(
            columns <= samples.width.max(2_000),
            "a fax picture is wider than it says"
        );
    }
    stream::check(image)?;
    let decoded = image
        .decoded_image(&params)
        .map_err(|_| anyhow::anyhow!("a picture is damaged; export the page as PNG"))?;
    if let Some(said) = &decoded.image_data {
        samples.bits = usize::from(said.bits_per_component);
        samples.channels = match said.color_space {
            Some(ImageColorSpace::Rgb) => 3,
            Some(ImageColorSpace::Cmyk) => 4,
            _ => 1,
        };
        (samples.width, samples.height) = (said.width as usize, said.height as usize);
        photo::check_size(samples.width, samples.height)?;
    }
    Ok(enlarged(
        samples.gray(&decoded.data)?,
        samples.width,
        samples.height,
    ))
}

fn fax_columns(dict: &Dict<'_>) -> usize {
    let of = |parameters: Option<Dict<'_>>| parameters.and_then(|dict| dict.get::<u32>("Columns"));
    let either = || dict.get::<Dict<'_>>("DecodeParms").or_else(|| dict.get("DP"));
    let listed = || dict.get::<Array<'_>>("DecodeParms")?.iter::<Dict<'_>>().last();
    of(either()).or_else(|| of(listed())).unwrap_or(1_728) as usize
}

impl Samples {
    fn of(dict: &Dict<'_>, resources: &Resources<'_>) -> anyhow::Result<Self> {
        let number = |long: &str, short: &str| dict.get::<u32>(long).or_else(|| dict.get(short));
        let size = number("Width", "W").zip(number("Height", "H"));
        let (width, height) = size.context("a picture does not say how large it is")?;
        let (width, height) = (width as usize, height as usize);
        ensure!(width > 0 && height > 0, "a picture has no pixels");
        photo::check_size(width, height)?;
        let mask = dict.get::<bool>("ImageMask").or_else(|| dict.get("IM"));
        let mask = mask.unwrap_or(false);
        let bits = number("BitsPerComponent", "BPC").unwrap_or(if mask { 1 } else { 8 });
        ensure!(
            matches!(bits, 1 | 2 | 4 | 8 | 16),
            "a picture has samples of {bits} bits"
        );
        let decode = dict.get::<Array<'_>>("Decode").or_else(|| dict.get("D"));
        let first = decode.and_then(|decode| decode.iter::<f32>().next());
        Ok(Self {
            width,
            height,
            bits: bits as usize,
            channels: if mask { 1 } else { channels(dict, resources) },
            inverted: first.is_some_and(|first| first > 0.5),
        })
    }

    /// Gray levels, row by row; rows of samples begin on a byte.
    fn gray(&self, bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
        let row = (self.width * self.channels * self.bits).div_ceil(8);
        ensure!(
            bytes.len() >= row * self.height,
            "a picture ends too early; export the page as PNG"
        );
        let mut gray = Vec::with_capacity(self.width * self.height);
        for line in bytes.chunks_exact(row).take(self.height) {
            gray.extend((0..self.width).map(|column| self.level(line, column)));
        }
        Ok(gray)
    }

    fn level(&self, line: &[u8], column: usize) -> u8 {
        let sample = |channel: usize| {
            let at = (column * self.channels + channel) * self.bits;
            match self.bits {
                16 | 8 => u32::from(line[at / 8]),
                bits => {
                    let mask = (1_u32 << bits) - 1;
                    (u32::from(line[at / 8]) >> (8 - bits - at % 8) & mask) * 255 / mask
                }
            }
        };
        let level = match self.channels {
            3 => photo::gray(sample(0), sample(1), sample(2)),
            // Inks: black takes away what the others leave.
            4 => (255 - photo::gray(sample(0), sample(1), sample(2))) * (255 - sample(3)) / 255,
            _ => sample(0),
        };
        if self.inverted {
            !(level as u8)
        } else {
            level as u8
        }
    }
}

/// Samples of a pixel, by the color space.
fn channels(dict: &Dict<'_>, resources: &Resources<'_>) -> usize {
    let name = dict.get::<Name<'_>>("ColorSpace").or_else(|| dict.get("CS"));
    let array = dict.get::<Array<'_>>("ColorSpace").or_else(|| dict.get("CS"));
    let named = name.as_ref().map(|name| of_name(name.as_ref()));
    if let Some(channels) = named.flatten() {
        return channels;
    }
    let array = array.or_else(|| resources.color_spaces.get::<Array<'_>>(name?.as_ref()));
    array.as_ref().and_then(of_array).unwrap_or(1)
}

fn of_name(name: &[u8]) -> Option<usize> {
    match name {
        b"DeviceGray" | b"G" | b"CalGray" | b"Indexed" | b"I" | b"Separation" => Some(1),
        b"DeviceRGB" | b"RGB" | b"CalRGB" | b"Lab" => Some(3),
        b"DeviceCMYK" | b"CMYK" => Some(4),
        _ => None,
    }
}

fn of_array(array: &Array<'_>) -> Option<usize> {
    let kind = array.iter::<Name<'_>>().next()?;
    if kind.as_ref() != b"ICCBased" {
        return of_name(kind.as_ref());
    }
    let mut parts = array.flex_iter();
    parts.next::<Name<'_>>()?;
    let profile = parts.next::<Stream<'_>>()?;
    profile.dict().get::<u32>("N").map(|count| count as usize)
}

/// A small picture with larger pixels and white around it, another as it is.
fn enlarged(gray: Vec<u8>, width: usize, height: usize) -> Photo {
    let longer = width.max(height);
    if longer >= SMALL {
        return Photo::new(gray, width, height);
    }
    let times = ENOUGH.div_ceil(longer).min(8);
    let (wide, high) = (times * (width + 2 * MARGIN), times * (height + 2 * MARGIN));
    let mut large = vec![255; wide * high];
    for (row, line) in large.chunks_exact_mut(wide).enumerate() {
        let Some(from) = (row / times).checked_sub(MARGIN).filter(|&from| from < height) else {
            continue;
        };
        let pixels = &gray[from * width..(from + 1) * width];
        for (pixel, into) in pixels.iter().zip(line[times * MARGIN..].chunks_exact_mut(times)) {
            into.fill(*pixel);
        }
    }
    Photo::new(large, wide, high)
}
