use super::*;

/// A frame with a code drawn at a whole number of pixels per module.
fn drawn(text: &str, pixels: usize) -> (Vec<u8>, usize) {
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M).unwrap();
    let side = (code.width() + 8) * pixels;
    let dark = |x: usize, y: usize| {
        let (column, row) = (x / pixels, y / pixels);
        let inside = (4..code.width() + 4).contains(&column) && (4..code.width() + 4).contains(&row);
        inside && code[(column - 4, row - 4)] == qrcode::Color::Dark
    };
    let luma = (0..side * side).map(|at| if dark(at % side, at / side) { 30 } else { 220 });
    (luma.collect(), side)
}

#[test]
fn a_drawn_code_is_read() {
    let (luma, side) = drawn("TERANGA 12345", 4);
    let frame = Frame::new(&luma, side, side, side).unwrap();
    let readings = read(&frame, Budget::CAMERA, None);
    let texts: Vec<_> = readings.iter().map(|reading| reading.text.as_str()).collect();
    assert_eq!(texts, ["TERANGA 12345"]);
}

#[test]
fn frames_without_a_code_hold_none() {
    for level in [0, 128, 255] {
        let luma = vec![level; 320 * 240];
        let frame = Frame::new(&luma, 320, 240, 320).unwrap();
        assert!(read(&frame, Budget::CAMERA, None).is_empty());
    }
}

pub mod cards;

#[test]
fn a_frame_of_many_megapixels_takes_bounded_work() {
    let luma = vec![200; 60 << 20];
    let frame = Frame::new(&luma, 10 << 10, 6 << 10, 10 << 10).unwrap();
    assert!(read(&frame, Budget::PHOTO, None).is_empty());
}

#[test]
fn without_a_budget_nothing_is_looked_at() {
    let (luma, side) = drawn("TERANGA 12345", 4);
    let frame = Frame::new(&luma, side, side, side).unwrap();
    assert!(read(&frame, Budget::steps(0), None).is_empty());
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]
    #[test]
    fn any_frame_ends_without_a_wrong_reading(
        width in 1_usize..200,
        height in 1_usize..160,
        seed: u64,
        cell in 1_usize..9,
        stripes: bool,
    ) {
        // Blocks of random brightness, or stripes in a finder pattern's proportions.
        let noise = |x: usize, y: usize| {
            let at = (x / cell) as u64 * 7919 + (y / cell) as u64 * 104_729 + seed;
            (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
        };
        let stripe = |x: usize, y: usize| if [0, 2, 3, 4, 6].contains(&((x / cell + y / 40) % 9)) { 20 } else { 230 };
        let pixel = |at: usize| if stripes { stripe(at % width, at / width) } else { noise(at % width, at / width) };
        let luma: Vec<u8> = (0..width * height).map(pixel).collect();
        let frame = Frame::new(&luma, width, height, width).unwrap();
        proptest::prop_assert!(read(&frame, Budget::CAMERA, None).is_empty());
    }
}
