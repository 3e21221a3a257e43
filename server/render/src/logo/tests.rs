use super::*;

const SHIELD: &str = r##"<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 100">
<style>.a{fill:url(#g)}</style>
<linearGradient id="g"><stop offset="0" stop-color="#063"/><stop offset="1" stop-color="#fc0"/></linearGradient>
<path class="a" d="M0 0h200v100H0z"/></svg>"##;

fn svg(inside: &str) -> Result<Logo, LogoError> {
    Logo::decode(
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="10" height="10">{inside}<rect width="9" height="9"/></svg>"#
        )
        .as_bytes(),
    )
}

fn png_file(width: u32, height: u32, color: ColorType, pixels: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    encoder.set_depth(BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(pixels).unwrap();
    writer.finish().unwrap();
    file
}

/// A PNG of one chunk that says that it is large.
fn png_bomb(width: u32, height: u32) -> Vec<u8> {
    let mut file = png_file(1, 1, ColorType::Grayscale, &[0]);
    file[16..20].copy_from_slice(&width.to_be_bytes());
    file[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = libdeflater::crc32(&file[12..29]);
    file[29..33].copy_from_slice(&crc.to_be_bytes());
    file
}

/// A gray JPEG of 8 × 8 pixels with a table for each thing (ITU-T T.81, annex K).
const JPEG: &[u8] = include_bytes!("gray.jpg");

#[test]
fn each_format_is_decoded_whatever_its_name() {
    let logo = Logo::decode(SHIELD.as_bytes()).unwrap();
    assert_eq!((logo.width(), logo.height()), (1024, 512));
    let straight = logo.straight();
    assert!(
        straight[0] < 30 && straight[1023 * 4] > 225,
        "the gradient of the style sheet is drawn"
    );
    let logo = Logo::decode(&png_file(2, 1, ColorType::Rgba, &[255, 0, 0, 255, 0, 0, 255, 0])).unwrap();
    assert_eq!(logo.straight(), [255, 0, 0, 255, 0, 0, 0, 0]);
    let logo = Logo::decode(JPEG).unwrap();
    assert_eq!((logo.width(), logo.height()), (16, 8));
    assert_eq!(logo.straight()[3], 255);
}

#[test]
fn what_goes_on_is_new_and_decodes_to_the_same() {
    let logo = Logo::decode(SHIELD.as_bytes()).unwrap();
    let again = Logo::decode(&logo.png().unwrap()).unwrap();
    assert_eq!(again.pixmap(), logo.pixmap());
}

#[test]
fn a_large_picture_is_made_small_without_losing_pixels() {
    let stripes: Vec<u8> = (0..3000 * 8)
        .map(|at| if at % 2 == 0 { 0 } else { 255 })
        .collect();
    let logo = Logo::decode(&png_file(3000, 8, ColorType::Grayscale, &stripes)).unwrap();
    assert_eq!((logo.width(), logo.height()), (1024, 3));
    let middle = logo.straight()[(1024 + 512) * 4];
    assert!(
        (100..156).contains(&middle),
        "stripes average to gray, not to {middle}"
    );
}

#[test]
fn bombs_are_refused_by_what_they_declare() {
    let refused = Logo::decode(&png_bomb(60_000, 60_000)).unwrap_err();
    assert_eq!(
        refused,
        LogoError::TooLarge {
            width: 60_000,
            height: 60_000
        }
    );
    assert!(matches!(
        Logo::decode(&png_bomb(8192, 8192)),
        Err(LogoError::TooLarge { .. })
    ));
    let mut jpeg = JPEG.to_vec();
    let frame = jpeg.windows(2).position(|marker| marker == [0xff, 0xc0]).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    assert_eq!(
        Logo::decode(&jpeg),
        Err(LogoError::TooLarge {
            width: 65_500,
            height: 65_500
        })
    );
    assert!(matches!(
        Logo::decode(&vec![b'<'; MAX_BYTES + 1]),
        Err(LogoError::TooManyBytes(_))
    ));
}

#[test]
fn cut_files_are_refused_and_never_panic() {
    let png = png_file(
        16,
        16,
        ColorType::Rgb,
        &(0..768).map(|at| at as u8).collect::<Vec<_>>(),
    );
    for file in [&png[..], JPEG, SHIELD.as_bytes()] {
        for length in 0..file.len() - 1 {
            let cut = Logo::decode(&file[..length]);
            let is_whole_but_for_its_end = file.starts_with(b"\x89PNG") && length >= file.len() - 16;
            assert!(
                cut.is_err() || is_whole_but_for_its_end,
                "{length} of {}",
                file.len()
            );
        }
    }
}

#[test]
fn changed_bytes_never_panic() {
    let png = png_file(4, 4, ColorType::Rgba, &[77; 64]);
    for file in [&png[..], JPEG, SHIELD.as_bytes()] {
        for at in 0..file.len() {
            let mut changed = file.to_vec();
            changed[at] ^= 0x41;
            let _ = Logo::decode(&changed);
        }
    }
}

#[test]
fn other_files_are_named() {
    for (file, said) in [
        (&b"GIF89a........"[..], "a GIF"),
        (b"%PDF-1.7", "a PDF"),
        (b"MZ\x90", "a program"),
        (b"\x1f\x8b\x08", "compressed"),
        (b"just words", "a text"),
        (b"\xfe\xed\xfa", "not known"),
        (b"<html><body/></html>", "HTML"),
        (b"", "empty"),
    ] {
        let error = Logo::decode(file).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn an_svg_that_fetches_or_runs_is_refused() {
    for (inside, said) in [
        ("<script>alert(1)</script>", "script"),
        (r#"<rect onload="x()"/>"#, "script"),
        (r#"<image href="http://example.org/x.png"/>"#, "picture"),
        (r#"<image xlink:href="file:///etc/passwd"/>"#, "picture"),
        (r#"<image href="data:image/png;base64,AA"/>"#, "picture"),
        (r#"<use href="other.svg#a"/>"#, "outside"),
        (r#"<use xlink:href="file:///etc/passwd#a"/>"#, "outside"),
        (r#"<rect fill="url(http://example.org/#a)"/>"#, "outside"),
        (r#"<rect style="fill:URL( 'x.svg#a' )"/>"#, "outside"),
        ("<style>@import 'x.css';</style>", "outside"),
        (r"<style>a{fill:ur\6c(x)}</style>", "hides"),
        ("<foreignObject/>", "another kind"),
        ("<text>Teranga</text>", "outlines"),
        (r#"<filter id="f"/>"#, "filters"),
        ("<animate/>", "animated"),
        ("<?xml-stylesheet href='x.css'?>", "style sheet"),
    ] {
        let error = svg(inside).unwrap_err();
        assert!(
            matches!(error, LogoError::Unsafe(_)) && error.to_string().contains(said),
            "{inside}: {error}"
        );
    }
    assert!(svg("").is_ok());
}

#[test]
fn entities_are_refused() {
    for declared in [
        r#"<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>"#,
        r#"<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>"#,
    ] {
        let text = format!(r#"{declared}<svg xmlns="http://www.w3.org/2000/svg"><desc>&x;</desc></svg>"#);
        let error = Logo::decode(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("entities"), "{error}");
    }
}

#[test]
fn an_svg_that_multiplies_nests_or_circles_is_refused() {
    let mut laughs = r#"<g id="a0"><rect width="1" height="1"/></g>"#.to_owned();
    for level in 1..20 {
        let uses = format!(r##"<use href="#a{}"/>"##, level - 1).repeat(10);
        laughs.push_str(&format!(r#"<g id="a{level}">{uses}</g>"#));
    }
    assert!(svg(&laughs).unwrap_err().to_string().contains("shapes"));
    let deep = format!("{}{}", "<g>".repeat(70), "</g>".repeat(70));
    assert!(svg(&deep).unwrap_err().to_string().contains("nested"));
    let circle = r##"<g id="x"><use href="#x"/></g>"##;
    assert!(svg(circle).unwrap_err().to_string().contains("itself"));
    let many = "<path/>".repeat(60_000);
    assert!(svg(&many).unwrap_err().to_string().contains("elements"));
    assert!(svg("").is_ok() && Logo::decode(br#"<svg xmlns="http://www.w3.org/2000/svg"/>"#).is_err());
}
