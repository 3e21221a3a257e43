//! The chunks of a PNG around its pixels.

use super::palette::Palette;
use crate::paint::per_meter;

/// Everything before the pixels.
pub fn head(width: usize, height: usize, dpi: u32, palette: &Palette) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let sizes = [(width as u32).to_be_bytes(), (height as u32).to_be_bytes()].concat();
    chunk(&mut file, b"IHDR", &[&sizes[..], &[8, 3, 0, 0, 0]].concat());
    let dots = per_meter(dpi).to_be_bytes();
    chunk(&mut file, b"pHYs", &[&dots[..], &dots, &[1]].concat());
    chunk(&mut file, b"PLTE", palette.colors.as_flattened());
    file
}

/// A whole chunk.
pub fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let start = open(file, kind);
    file.extend_from_slice(data);
    close(file, start);
}

/// Begins a chunk whose length is not known yet.
pub fn open(file: &mut Vec<u8>, kind: &[u8; 4]) -> usize {
    let start = file.len();
    file.extend_from_slice(&[0, 0, 0, 0]);
    file.extend_from_slice(kind);
    start
}

/// Fills in a chunk's length and adds its checksum.
pub fn close(file: &mut Vec<u8>, start: usize) {
    let length = (file.len() - start - 8) as u32;
    file[start..start + 4].copy_from_slice(&length.to_be_bytes());
    let sum = crc32fast::hash(&file[start + 4..]);
    file.extend_from_slice(&sum.to_be_bytes());
}
