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

mod cards;
