//! PNG: one bit a pixel, a whole number of pixels a module, so that nothing is ever blurred by scaling.

use png::{BitDepth, ColorType, Encoder, PixelDimensions, Unit};

use super::{Code, QUIET_ZONE};

/// The most pixels a module: a poster at 600 dpi.
pub const MAX_MODULE_PIXELS: u32 = 200;

/// Why a code could not be drawn.
#[derive(Debug, thiserror::Error)]
pub enum PngError {
    /// A size that is not allowed.
    #[error("a module is drawn with 1 to {MAX_MODULE_PIXELS} pixels")]
    ModuleSize,
    /// The encoder's own.
    #[error("the PNG could not be written: {0}")]
    Encoding(#[from] png::EncodingError),
}

/// Draws a code with `module_pixels` pixels a module and says its resolution, dots per inch, in the file.
pub fn draw(code: &Code, module_pixels: u32, dpi: u32) -> Result<Vec<u8>, PngError> {
    if !(1..=MAX_MODULE_PIXELS).contains(&module_pixels) {
        return Err(PngError::ModuleSize);
    }
    let modules = code.side() + 2 * QUIET_ZONE;
    let side = modules * module_pixels as usize;
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, side as u32, side as u32);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    // pHYs counts dots per meter; an inch is 25.4 mm.
    let per_meter = (u64::from(dpi) * 10_000 / 254) as u32;
    encoder.set_pixel_dims(Some(PixelDimensions {
        xppu: per_meter,
        yppu: per_meter,
        unit: Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels(code, modules, module_pixels as usize))?;
    writer.finish()?;
    Ok(file)
}

/// Rows of packed bits, 1 for light, each row padded to a byte.
fn pixels(code: &Code, modules: usize, scale: usize) -> Vec<u8> {
    let mut image = Vec::new();
    for row in 0..modules {
        let mut packed = vec![0_u8; (modules * scale).div_ceil(8)];
        for x in 0..modules * scale {
            let (column, row) = (x / scale)
                .checked_sub(QUIET_ZONE)
                .zip(row.checked_sub(QUIET_ZONE))
                .unwrap_or((usize::MAX, usize::MAX));
            if !code.is_dark(column, row) {
                packed[x / 8] |= 0x80 >> (x % 8);
            }
        }
        (0..scale).for_each(|_| image.extend_from_slice(&packed));
    }
    image
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn the_file_holds_every_module_the_quiet_zone_and_the_resolution() {
        let code = Code::smallest("HTTPS://V.EXAMPLE.ORG/C/7").unwrap();
        let file = draw(&code, 3, 300).unwrap();
        let mut decoder = png::Decoder::new(Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        assert_eq!(reader.info().bit_depth, BitDepth::One);
        assert_eq!(
            reader.info().pixel_dims.map(|dims| dims.xppu),
            Some(11_811),
            "300 dpi in dots per meter"
        );
        let side = (code.side() + 8) * 3;
        assert_eq!(reader.info().size(), (side as u32, side as u32));
        let mut gray = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut gray).unwrap();
        for y in 0..side {
            for x in 0..side {
                let inside = x >= 12 && y >= 12;
                let dark = inside && code.is_dark((x - 12) / 3, (y - 12) / 3);
                assert_eq!(gray[y * side + x] == 0, dark, "({x}, {y})");
            }
        }
    }

    #[test]
    fn sizes_that_make_no_sense_are_refused() {
        let code = Code::smallest("A").unwrap();
        assert!(draw(&code, 0, 300).is_err());
        assert!(draw(&code, MAX_MODULE_PIXELS + 1, 300).is_err());
    }
}
