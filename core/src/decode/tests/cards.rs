//! Cards drawn and damaged.

use jiff::civil::date;

use super::*;
use crate::card::key::Purpose;
use crate::card::payload::{Claims, SignedCard};
use crate::card::signing::SigningKey;
use crate::card::text::{Form, Host};
use crate::card::token::Token;
use crate::card::trust::{KeyState, Scope, TrustEntry, TrustList};
use crate::sensitive::Secret;

fn issuer() -> SigningKey {
    SigningKey::from_seed(Purpose::Issuer, &Secret::take(&mut [3; 32]))
}

fn trust() -> TrustList {
    let root = SigningKey::from_seed(Purpose::Root, &Secret::take(&mut [4; 32]));
    let mut trust = TrustList::new(1, date(2026, 1, 1), "Example", root.public());
    let entry = TrustEntry {
        kid: issuer().kid(),
        purpose: Purpose::Issuer,
        public: issuer().public().0,
        scope: Scope::Campaign("SN".to_owned()),
        not_before: date(2026, 1, 1),
        not_after: date(2027, 1, 1),
        state: KeyState::Active,
    };
    trust.add(entry).unwrap();
    trust
}

fn host() -> Host {
    Host::new("v.example.org").unwrap()
}

fn card(form: &Form) -> String {
    let claims = Claims {
        token: Token([0xa7; 16]),
        issued: date(2026, 3, 1),
        expires: date(2028, 3, 1),
    };
    form.write(&SignedCard::issue(&issuer(), &claims).unwrap())
}

/// The text of a card of the compact form.
#[cfg(feature = "zxing")]
pub fn card_text() -> String {
    card(&Form::Compact)
}

/// The modules of a card: version 7-M or 8-M, alphanumeric mode.
fn modules(form: &Form) -> (Vec<bool>, usize) {
    let mut bits = qrcode::bits::Bits::new(qrcode::Version::Normal(i16::from(form.qr_version())));
    bits.push_alphanumeric_data(card(form).as_bytes()).unwrap();
    bits.push_terminator(qrcode::EcLevel::M).unwrap();
    let code = qrcode::QrCode::with_bits(bits, qrcode::EcLevel::M).unwrap();
    let dark = code
        .to_colors()
        .into_iter()
        .map(|color| color == qrcode::Color::Dark);
    (dark.collect(), code.width())
}

/// A picture of 640 × 480 in which `place` tells the module (column, row) at each pixel.
fn picture(modules: &(Vec<bool>, usize), place: impl Fn(f32, f32) -> (f32, f32)) -> Vec<u8> {
    let (dark, side) = modules;
    let pixel = |x: usize, y: usize| {
        let mut sum = 0;
        for (dx, dy) in [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)] {
            let (column, row) = place(x as f32 + dx, y as f32 + dy);
            let inside = column >= 0.0 && row >= 0.0 && column < *side as f32 && row < *side as f32;
            let is_dark = inside && dark[row as usize * side + column as usize];
            sum += if is_dark { 40 } else { 200 };
        }
        (sum / 4) as u8
    };
    (0..640 * 480).map(|at| pixel(at % 640, at / 640)).collect()
}

fn texts(luma: &[u8]) -> Vec<Reading> {
    let trust = trust();
    let judge = TrustJudge::new(&trust, vec![host()]);
    let frame = Frame::new(luma, 640, 480, 640).unwrap();
    read(&frame, Budget::CAMERA, Some(&judge))
}

#[test]
fn cards_of_both_forms_are_read_at_any_turn() {
    for form in [Form::Compact, Form::Url(host())] {
        let modules = modules(&form);
        let half = modules.1 as f32 / 2.0;
        for degrees in (0..360).step_by(24) {
            let (sin, cos) = (degrees as f32).to_radians().sin_cos();
            let luma = picture(&modules, |x, y| {
                let (x, y) = ((x - 320.0) / 4.6, (y - 240.0) / 4.6);
                (x * cos + y * sin + half, y * cos - x * sin + half)
            });
            let readings = texts(&luma);
            assert_eq!(readings.len(), 1, "{form:?} {degrees}");
            assert_eq!(readings[0].text, card(&form));
            assert_eq!(readings[0].version, form.qr_version());
            let [first, ..] = readings[0].corners;
            let (x, y) = (-half * cos + half * sin, -half * sin - half * cos);
            let away = (first.x - 320.0 - x * 4.6).hypot(first.y - 240.0 - y * 4.6);
            assert!(away < 4.0, "{form:?} {degrees}: {away}");
        }
    }
}

#[test]
fn a_card_in_a_mirror_is_read() {
    let modules = modules(&Form::Compact);
    let luma = picture(&modules, |x, y| (45.0 - (x - 150.0) / 5.0, (y - 100.0) / 5.0));
    let readings = texts(&luma);
    assert_eq!(readings.len(), 1);
    assert!(readings[0].mirrored);
    assert_eq!(readings[0].text, card(&Form::Compact));
}

#[test]
fn a_card_printed_light_on_dark_is_read() {
    let modules = modules(&Form::Url(host()));
    let luma = picture(&modules, |x, y| ((x - 150.0) / 5.0, (y - 100.0) / 5.0));
    let negative: Vec<u8> = luma.iter().map(|level| 240 - level).collect();
    let readings = texts(&negative);
    assert_eq!(readings.len(), 1);
    assert!(readings[0].inverted);
    assert_eq!(readings[0].text, card(&Form::Url(host())));
}

#[test]
fn a_card_beside_another_makers_code_does_not_hide_it() {
    let (card_modules, side) = modules(&Form::Compact);
    let menu = qrcode::QrCode::new("HTTPS://EXAMPLE.ORG/MENU").unwrap();
    let dark = |x: f32, y: f32| {
        let (column, row) = ((x - 60.0) / 5.0, (y - 120.0) / 5.0);
        let (other, line) = ((x - 400.0) / 6.0, (y - 150.0) / 6.0);
        let within = |at: f32, side: usize| (0.0..side as f32).contains(&at);
        if within(column, side) && within(row, side) {
            card_modules[row as usize * side + column as usize]
        } else {
            within(other, menu.width())
                && within(line, menu.width())
                && menu[(other as usize, line as usize)] == qrcode::Color::Dark
        }
    };
    let pixel = |at: usize| {
        if dark((at % 640) as f32, (at / 640) as f32) {
            30
        } else {
            210
        }
    };
    let luma: Vec<u8> = (0..640 * 480).map(pixel).collect();
    let mut said: Vec<_> = texts(&luma).into_iter().map(|reading| reading.text).collect();
    said.sort();
    assert_eq!(
        said,
        ["HTTPS://EXAMPLE.ORG/MENU".to_owned(), card(&Form::Compact)]
    );
}

#[test]
fn a_hole_that_known_words_and_erasures_make_good_is_read() {
    let modules = modules(&Form::Compact);
    let mut luma = picture(&modules, |x, y| ((x - 150.0) / 5.0, (y - 100.0) / 5.0));
    for y in 190..250 {
        luma[y * 640 + 230..y * 640 + 290].fill(120);
    }
    let readings = texts(&luma);
    assert_eq!(readings.len(), 1);
    assert_eq!(readings[0].text, card(&Form::Compact));
}

#[test]
fn a_card_seen_from_the_side_is_read() {
    let modules = modules(&Form::Compact);
    for (turn, tilt) in [(0.0_f32, 0.6_f32), (0.4, 1.0), (0.8, 1.05), (2.2, 1.05)] {
        // The ray through a pixel meets the tilted card 120 modules away.
        let luma = picture(&modules, |x, y| {
            let (x, y) = ((x - 320.0) / 700.0, (y - 240.0) / 700.0);
            let depth = 120.0 / (1.0 - y * tilt.tan());
            let (u, v) = (x * depth, y * depth / tilt.cos());
            let (sin, cos) = turn.sin_cos();
            (u * cos + v * sin + 22.5, v * cos - u * sin + 22.5)
        });
        let readings = texts(&luma);
        assert_eq!(readings.len(), 1, "turned by {turn}, tilted by {tilt}");
        assert_eq!(readings[0].text, card(&Form::Compact));
    }
}

#[test]
fn a_card_is_read_with_any_one_finder_pattern_under_a_thumb() {
    let modules = modules(&Form::Compact);
    for (left, top) in [(150, 100), (335, 100), (150, 285)] {
        let mut luma = picture(&modules, |x, y| ((x - 150.0) / 5.0, (y - 100.0) / 5.0));
        for y in top - 10..top + 45 {
            luma[y * 640 + left - 10..y * 640 + left + 45].fill(120);
        }
        let readings = texts(&luma);
        assert_eq!(readings.len(), 1, "{left} {top}");
        assert_eq!(readings[0].text, card(&Form::Compact));
    }
}

#[test]
fn a_bent_card_and_a_noisy_one_are_read() {
    let modules = modules(&Form::Compact);
    let bent = picture(&modules, |x, y| {
        let angle = ((x - 320.0) / 220.0).clamp(-1.0, 1.0).asin();
        (angle * 44.0 + 22.5, (y - 240.0) / 5.0 + 22.5)
    });
    let mut noisy = picture(&modules, |x, y| ((x - 150.0) / 5.0, (y - 100.0) / 5.0));
    let mut state = 7_u32;
    for pixel in &mut noisy {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *pixel = (i32::from(*pixel) + (state >> 25) as i32 * 2 - 127).clamp(0, 255) as u8;
    }
    for luma in [bent, noisy] {
        let readings = texts(&luma);
        assert_eq!(readings.len(), 1);
        assert_eq!(readings[0].text, card(&Form::Compact));
    }
}

#[test]
fn without_a_judge_a_card_is_read_and_a_ruined_one_is_not() {
    let modules = modules(&Form::Compact);
    let mut luma = picture(&modules, |x, y| ((x - 150.0) / 5.0, (y - 100.0) / 5.0));
    let count = |luma: &[u8]| {
        let frame = Frame::new(luma, 640, 480, 640).unwrap();
        read(&frame, Budget::CAMERA, None).len()
    };
    assert_eq!(count(&luma), 1);
    for y in 150..280 {
        luma[y * 640 + 200..y * 640 + 300].fill(120);
    }
    assert_eq!(count(&luma), 0);
}

/// A card with a gray hole of so many modules on each side.
fn with_hole(left: usize, top: usize, size: usize) -> Vec<u8> {
    let modules = modules(&Form::Compact);
    let mut luma = picture(&modules, |x, y| ((x - 150.0) / 5.0, (y - 100.0) / 5.0));
    for y in 100 + 5 * top..100 + 5 * (top + size) {
        luma[y * 640 + 150 + 5 * left..y * 640 + 150 + 5 * (left + size)].fill(120);
    }
    luma
}

#[test]
fn frames_that_show_nothing_alone_are_read_together() {
    let trust = trust();
    let judge = TrustJudge::new(&trust, vec![]);
    let mut scanner = FrameScanner::new();
    let mut push = |luma: &[u8]| {
        let frame = Frame::new(luma, 640, 480, 640).unwrap();
        scanner.push(&frame, Budget::CAMERA, Some(&judge))
    };
    let [one, other] = [with_hole(9, 9, 26), with_hole(17, 19, 26)];
    let first = push(&one);
    assert_eq!((first.readings, first.advice), (vec![], Some(Advice::HoldStill)));
    let again = push(&one);
    assert!(again.readings.is_empty(), "the same look twice shows no more");
    let second = push(&other);
    assert_eq!(second.readings.len(), 1);
    assert_eq!(second.readings[0].text, card(&Form::Compact));
    assert_eq!(second.readings[0].found, Found::Combined { frames: 3 });
}

#[test]
fn darkness_asks_for_the_torch() {
    let luma = vec![9; 640 * 480];
    let frame = Frame::new(&luma, 640, 480, 640).unwrap();
    let step = FrameScanner::new().push(&frame, Budget::CAMERA, None);
    assert_eq!(step.advice, Some(Advice::Torch));
}
