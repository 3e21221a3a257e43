//! What templates look like, kept as small pictures: `cargo run -p teranga-render --example draw -- golden` rewrites them
//! after a change that is wanted. Look at them before they are committed.

use std::path::PathBuf;

use crate::samples::golden::{DPI, folder, pictures};

/// Levels of 255 by which a picture may differ on average, and any block of 8 × 8 pixels: other processors round
/// otherwise, other letters differ by more.
const MEAN: f64 = 0.5;
const BLOCK: f64 = 4.0;

fn read(path: &PathBuf) -> (usize, Vec<u8>) {
    let file = std::fs::read(path).unwrap_or_else(|_| panic!("{} is missing: draw it anew", path.display()));
    let mut reader = png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    (reader.info().width as usize, pixels)
}

/// How far two pictures are apart: on average, and in the block where it is most.
fn apart(a: &[u8], b: &[u8], width: usize) -> (f64, f64) {
    let (columns, rows) = (width.div_ceil(8), a.len().div_ceil(width * 24));
    let mut blocks = vec![0_u32; columns * rows];
    for (at, (a, b)) in a.iter().zip(b).enumerate() {
        let (x, y) = (at / 3 % width, at / 3 / width);
        blocks[y / 8 * columns + x / 8] += u32::from(a.abs_diff(*b));
    }
    let sum: u32 = blocks.iter().sum();
    let most = blocks.iter().max().copied().unwrap_or_default();
    (f64::from(sum) / a.len() as f64, f64::from(most) / 192.0)
}

#[test]
fn every_template_looks_as_it_did() {
    let mut changed = Vec::new();
    for (name, canvas) in pictures() {
        let (width, kept) = read(&folder().join(format!("{name}.png")));
        let now = canvas.rgb();
        assert!(
            width == canvas.width() as usize && kept.len() == now.len(),
            "{name} has another size"
        );
        let (mean, block) = apart(&kept, &now, width);
        if mean > MEAN || block > BLOCK {
            changed.push(format!("{name}: {mean:.2} on average, {block:.1} in one place"));
        }
    }
    assert!(
        changed.is_empty(),
        "these look otherwise at {DPI} dpi; if that is wanted, run `cargo run -p teranga-render --example draw -- golden`:\n{}",
        changed.join("\n")
    );
}

#[test]
fn no_picture_is_left_over() {
    let known: Vec<String> = pictures().map(|(name, _)| format!("{name}.png")).collect();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(known.contains(&name), "{name} belongs to no template: delete it");
    }
}
