//! Some frames of each kind as PNG files, for people to judge whether they look like what a camera sees.

use std::path::Path;

use super::{HEIGHT, Kind, WIDTH, corpus, without_code};

/// How many frames of each kind are drawn, evenly from easy to hard.
const EACH: usize = 5;
/// Frames without a code.
const WITHOUT: usize = 16;

/// Draws `KIND-SEVERITY.png` and `none-NUMBER.png` into a folder.
pub fn draw(seed: u64, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let names = corpus(seed, 50 * Kind::ALL.len());
    for name in names.iter().step_by(50 / EACH) {
        let shot = name.shoot();
        let file = format!("{}-{:03.0}.png", shot.kind.name(), shot.severity * 100.0);
        write(&folder.join(file), &shot.luma)?;
    }
    for number in 0..WITHOUT {
        write(
            &folder.join(format!("none-{number:02}.png")),
            &without_code(seed, number),
        )?;
    }
    Ok(())
}

fn write(file: &Path, luma: &[u8]) -> anyhow::Result<()> {
    let file = std::io::BufWriter::new(std::fs::File::create(file)?);
    let mut encoder = png::Encoder::new(file, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header()?.write_image_data(luma)?;
    Ok(())
}
