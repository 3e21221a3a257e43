//! Documents as our own printing and as scanners make them, and broken ones.

use std::io::Write as _;

use jiff::civil::date;
use teranga_core::decode::{Budget, Frame, read};
use teranga_render::pdf::{About, Artwork, CodeAt, Document as Writer, Face, Paper};
use teranga_render::qr::{self, Code};

use super::*;

/// The texts of the codes on each page.
fn texts(bytes: Vec<u8>) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    Document::new(bytes).unwrap().pages(|page, pictures| {
        assert_eq!(page, all.len() + 1);
        let mut texts = Vec::new();
        for photo in pictures.unwrap() {
            let frame: Frame<'_> = photo.frame().unwrap();
            texts.extend(
                read(&frame, Budget::PHOTO, None)
                    .into_iter()
                    .map(|reading| reading.text),
            );
        }
        all.push(texts);
    });
    all
}

fn code(text: &str) -> Code {
    Code::alphanumeric(text, 3).unwrap()
}

/// A file with one page, whose content and whose picture `/P` are given as dictionary entries and bytes.
fn page(content: &[u8], entries: &str, picture: &[u8]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    let mut object = |file: &mut Vec<u8>, head: &str, stream: Option<&[u8]>| {
        places.push(file.len());
        write!(file, "{} 0 obj\n{head}\n", places.len()).unwrap();
        if let Some(bytes) = stream {
            file.extend_from_slice(b"stream\n");
            file.extend_from_slice(bytes);
            file.extend_from_slice(b"\nendstream\n");
        }
        file.extend_from_slice(b"endobj\n");
    };
    object(&mut file, "<</Type/Catalog/Pages 2 0 R>>", None);
    object(&mut file, "<</Type/Pages/Kids[3 0 R]/Count 1>>", None);
    object(
        &mut file,
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</XObject<</P 5 0 R>>>>>>",
        None,
    );
    object(
        &mut file,
        &format!("<</Length {}>>", content.len()),
        Some(content),
    );
    let head = format!(
        "<</Type/XObject/Subtype/Image{entries}/Length {}>>",
        picture.len()
    );
    object(&mut file, &head, Some(picture));
    let start = file.len();
    write!(file, "xref\n0 {}\n0000000000 65535 f \n", places.len() + 1).unwrap();
    for place in &places {
        writeln!(file, "{place:010} 00000 n ").unwrap();
    }
    write!(
        file,
        "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n",
        places.len() + 1
    )
    .unwrap();
    file
}

/// A scan of a code in gray, a byte each pixel.
fn scanned(text: &str) -> (usize, Vec<u8>) {
    let (code, times) = (code(text), 5);
    let side = times * (code.side() + 8);
    let dark = |at: usize| {
        let place = |pixel: usize| {
            (pixel / times)
                .checked_sub(4)
                .filter(|&module| module < code.side())
        };
        place(at % side)
            .zip(place(at / side))
            .is_some_and(|(column, row)| code.is_dark(column, row))
    };
    let pixels = (0..side * side).map(|at| if dark(at) { 40 } else { 215 });
    (side, pixels.collect())
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut packer = libdeflater::Compressor::new(libdeflater::CompressionLvl::default());
    let mut packed = vec![0; packer.zlib_compress_bound(bytes.len())];
    let length = packer.zlib_compress(bytes, &mut packed).unwrap();
    packed.truncate(length);
    packed
}

#[test]
fn every_card_of_our_own_pages_is_read() {
    let about = About {
        title: "Cards".to_owned(),
        date: date(2026, 3, 1),
    };
    let mut writer = Writer::new(Vec::new(), about, Paper::Cards, 85.6, 54.0).unwrap();
    let form = writer.form(&Artwork::new(242.6, 153.1)).unwrap();
    for text in ["FIRST", "SECOND"] {
        let code = code(text);
        let at = CodeAt {
            code: &code,
            x: 100.0,
            y: 30.0,
            side: 68.0,
            color: [0, 40, 60],
        };
        let face = Face {
            form,
            code: Some(at),
            ..Face::default()
        };
        writer.card(&face, None).unwrap();
    }
    assert_eq!(texts(writer.finish().unwrap()), [["FIRST"], ["SECOND"]]);
}

#[test]
fn scans_in_gray_color_and_black_and_white_are_read() {
    let (side, gray) = scanned("A SCAN");
    let head = |color: &str, bits: usize, more: &str| {
        format!("/Width {side}/Height {side}/ColorSpace/{color}/BitsPerComponent {bits}{more}")
    };
    let color: Vec<u8> = gray.iter().flat_map(|&level| [level, level, level / 2]).collect();
    let inks: Vec<u8> = gray.iter().flat_map(|&level| [0, 0, 0, 255 - level]).collect();
    let mut bits = vec![0_u8; side.div_ceil(8) * side];
    for (at, level) in gray.iter().enumerate() {
        bits[at / side * side.div_ceil(8) + at % side / 8] |= u8::from(*level > 128) << (7 - at % side % 8);
    }
    for (entries, bytes) in [
        (head("DeviceGray", 8, ""), gray.clone()),
        (head("DeviceGray", 8, "/Filter/FlateDecode"), deflated(&gray)),
        (
            head("DeviceGray", 8, "/Decode[1 0]"),
            gray.iter().map(|level| !level).collect(),
        ),
        (head("DeviceRGB", 8, "/Filter/FlateDecode"), deflated(&color)),
        (head("DeviceCMYK", 8, ""), inks),
        (head("DeviceGray", 1, ""), bits),
    ] {
        assert_eq!(
            texts(page(b"q 200 0 0 200 0 0 cm /P Do Q", &entries, &bytes)),
            [["A SCAN"]],
            "{entries}"
        );
    }
}

#[test]
fn a_photo_in_a_file_is_read_by_its_own_header() {
    let photo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/card/held.jpg");
    let photo = std::fs::read(photo).unwrap();
    let entries = "/Width 1/Height 1/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/DCTDecode";
    let read = texts(page(b"/P Do", entries, &photo));
    assert!(read[0][0].starts_with("HTTPS://VERIFY.HEALTH"), "{read:?}");
}

#[test]
fn a_picture_is_looked_at_once_and_one_that_is_not_shown_never() {
    let (side, gray) = scanned("A SCAN");
    let entries = format!("/Width {side}/Height {side}/ColorSpace/DeviceGray/BitsPerComponent 8");
    assert_eq!(texts(page(b"/P Do /P Do /P Do", &entries, &gray)), [["A SCAN"]]);
    assert_eq!(texts(page(b"q Q", &entries, &gray)), [[""; 0]]);
}

#[test]
fn pictures_that_lie_are_refused_by_name() {
    let zeros = deflated(&vec![0; 300 << 20]);
    let size = "/ColorSpace/DeviceGray/BitsPerComponent 8";
    for (entries, bytes, says) in [
        (
            format!("/Width 9/Height 9{size}/Filter/FlateDecode"),
            &zeros[..],
            "too many bytes",
        ),
        (
            format!("/Width 90000/Height 90000{size}"),
            &[0; 9][..],
            "too large",
        ),
        (format!("/Width 90/Height 90{size}"), &[0; 9], "ends too early"),
        (
            format!("/Width 90/Height 90{size}/Filter/FlateDecode"),
            &[7; 99],
            "damaged",
        ),
        (
            format!("/Width 90/Height 90{size}/Filter/JPXDecode"),
            &[7; 99],
            "JPEG 2000",
        ),
        (format!("/Width 0/Height 90{size}"), &[7; 99], "no pixels"),
        (size.to_owned(), &[7; 99], "how large"),
    ] {
        let mut told = String::new();
        let document = Document::new(page(b"/P Do", &entries, bytes)).unwrap();
        document
            .pages(|_, pictures| told = pictures.err().map_or_else(String::new, |error| error.to_string()));
        assert!(told.contains(says), "{entries}: {told}");
    }
}

#[test]
fn files_that_are_no_documents_are_told_what_is_wrong() {
    let told = |bytes: &[u8]| Document::new(bytes.to_vec()).err().map(|error| error.to_string());
    let whole = page(b"q Q", "/Width 1/Height 1", &[0]);
    assert_eq!(told(&whole), None);
    assert!(told(b"%PDF-1.7\nnothing else").unwrap().contains("damaged"));
    let encryption = b"/Encrypt<</Filter/Standard/V 1/R 2/O(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)/U(bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb)/P -4>>/ID[(a)(a)]/Root";
    let at = whole.windows(5).rposition(|window| window == b"/Root").unwrap();
    let locked = [&whole[..at], encryption, &whole[at + 5..]].concat();
    assert!(told(&locked).unwrap().contains("password"), "{:?}", told(&locked));
}

#[test]
fn a_file_cut_anywhere_ends_without_a_panic() {
    let picture = qr::png::draw(&code("A"), 1, 300).unwrap();
    let whole = page(
        b"BI /W 9 /H 9 /IM true ID 123456789012345678 EI /P Do",
        "/Width 9/Height 9",
        &picture,
    );
    for end in (0..whole.len()).step_by(7) {
        if let Ok(document) = Document::new(whole[..end].to_vec()) {
            document.pages(|_, _| {});
        }
    }
}
