//! Other programs read what is written here: qpdf, MuPDF and poppler.

use std::path::Path;
use std::process::Command;

use jiff::civil::date;
use ttf_parser::{Face as FontFace, GlyphId};

use super::sheet::{Sheet, Turn};
use super::*;
use crate::qr::Code;

const SANS: &[u8] = include_bytes!("../../fonts/NotoSans-Regular.ttf");
const NKO: &[u8] = include_bytes!("../../fonts/NotoSansNKo-Regular.ttf");
const PAYLOAD: &str = "HTTPS://V.EXAMPLE.ORG/C/7";
const ID_1: (f64, f64) = (85.6, 53.98);

/// A text one glyph a letter, unshaped.
fn glyphs<'a>(font: &'static [u8], text: &'a str, spacing: f32) -> Vec<Glyph<'a>> {
    let face = FontFace::parse(font, 0).unwrap();
    let em = f32::from(face.units_per_em());
    let mut pen = 0.0;
    let place = |(at, letter): (usize, char)| {
        let id = face.glyph_index(letter).unwrap_or(GlyphId(0));
        let x = pen;
        pen += f32::from(face.glyph_hor_advance(id).unwrap_or_default()) / em + spacing;
        Glyph {
            id: id.0,
            x,
            y: 0.0,
            letters: &text[at..at + letter.len_utf8()],
        }
    };
    text.char_indices().map(place).collect()
}

/// Writes cards of a few texts to a file.
fn write(path: &Path, paper: Paper, cards: usize) {
    let out = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let about = About {
        title: "sovereign · VAC26 <é>".to_owned(),
        date: date(2026, 11, 25),
    };
    let mut document = Document::new(out, about, paper, ID_1.0, ID_1.1).unwrap();
    let (sans, nko) = (
        document.font("NotoSans", SANS).unwrap(),
        document.font("NotoSansNKo", NKO).unwrap(),
    );
    let (width, height) = (ID_1.0 * POINTS_PER_MM, ID_1.1 * POINTS_PER_MM);
    let mut front = Artwork::new(width, height);
    let ink = Ink::Linear {
        from: (0.0, 0.0),
        to: (width, 0.0),
        stops: vec![(0.0, [10, 20, 60, 255]), (1.0, [20, 90, 120, 255])],
    };
    front.rectangle(0.0, 0.0, width, height, &ink);
    front.rectangle(150.0, 30.0, 80.0, 80.0, &Ink::Flat([255; 4]));
    front.stroke(
        &[
            Segment::Move(10.0, 60.0),
            Segment::Curve([40.0, 40.0, 80.0, 80.0, 120.0, 60.0]),
        ],
        0.5,
        [255, 200, 80, 128],
        &[2.0, 1.0],
    );
    let mut back = Artwork::new(width, height);
    back.rectangle(0.0, 0.0, width, height, &Ink::Flat([240, 240, 250, 255]));
    back.rectangle(8.0, 8.0, 40.0, 12.0, &Ink::Flat([200, 30, 30, 255]));
    let (front, back) = (document.form(&front).unwrap(), document.form(&back).unwrap());
    let code = Code::alphanumeric(PAYLOAD, 8).unwrap();
    for number in 0..cards {
        let (name, id) = (
            format!("Ndèye Fatou {number:06}"),
            format!("SN-DKR-26-{number:08}"),
        );
        let (name, id, nko_name) = (
            glyphs(SANS, &name, 0.0),
            glyphs(SANS, &id, 0.08),
            glyphs(NKO, "ߊߡߊߘߎ", 0.0),
        );
        let run = |font, size, y, glyphs| Run {
            font,
            size,
            color: [255; 4],
            x: 12.0,
            y,
            glyphs,
        };
        let runs = [
            run(sans, 10.0, 24.0, &name),
            run(sans, 8.0, 44.0, &id),
            run(nko, 9.0, 90.0, &nko_name),
        ];
        let at = CodeAt {
            code: &code,
            x: 156.0,
            y: 36.0,
            side: 68.0,
            color: [0; 3],
        };
        let front = Face {
            form: front,
            runs: &runs,
            code: Some(at),
            ..Face::default()
        };
        document
            .card(
                &front,
                Some(&Face {
                    form: back,
                    ..Face::default()
                }),
            )
            .unwrap();
    }
    document.finish().unwrap();
}

/// Runs a program of another party and returns what it says; it must be content and warn of nothing.
pub(super) fn content(program: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; `cargo xtask test` installs it"));
    let (said, complained) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    // Debian's MuPDF says so of every file: it is built without color management.
    let complained = complained.replace("warning: ICC support is not available", "");
    assert!(
        output.status.success() && complained.trim().is_empty(),
        "{program}: {said}{complained}"
    );
    said.into_owned()
}

#[test]
fn three_readers_take_every_kind_of_paper() {
    let folder = tempfile::tempdir().unwrap();
    for (paper, cards, pages) in [
        (Paper::Cards, 300, 600),
        (Paper::Sheets(Sheet::a4(Turn::LongEdge)), 25, 6),
        (Paper::Sheets(Sheet::a4(Turn::ShortEdge)), 10, 2),
        (Paper::Sheets(Sheet::a4(Turn::Never)), 11, 2),
    ] {
        write(&folder.path().join("x.pdf"), paper, cards);
        let said = content("qpdf", &["--check", "x.pdf"], folder.path());
        assert!(said.contains("No syntax or stream encoding errors"), "{said}");
        let info = content("pdfinfo", &["x.pdf"], folder.path());
        assert!(info.contains(&format!("Pages:           {pages}\n")), "{info}");
        content(
            "mutool",
            &["draw", "-q", "-r", "20", "-o", "x-%d.png", "x.pdf", "1-2"],
            folder.path(),
        );
    }
}

#[test]
fn text_can_be_found_in_any_script_and_metadata_name_nobody() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("x.pdf"), Paper::Cards, 3);
    let text = content("pdftotext", &["-layout", "x.pdf", "-"], folder.path());
    for expected in ["Ndèye Fatou 000002", "SN-DKR-26-00000001"] {
        assert!(text.contains(expected), "{text}");
    }
    assert!("ߊߡߊߘߎ".chars().all(|letter| text.contains(letter)), "{text}");
    let fonts = content("pdffonts", &["x.pdf"], folder.path());
    assert_eq!(
        fonts.matches("yes yes yes").count(),
        2,
        "embedded, subset, with letters: {fonts}"
    );
    let info = content("pdfinfo", &["x.pdf"], folder.path());
    assert!(
        info.contains("sovereign · VAC26 <é>") && !info.contains("Fatou"),
        "{info}"
    );
    let file = std::fs::read(folder.path().join("x.pdf")).unwrap();
    assert!(!file.windows(5).any(|window| window == b"Fatou"));
}

/// Gray pixels of a page, drawn by poppler: width and rows.
pub(super) fn drawn(folder: &Path, page: u32, dpi: u32) -> (usize, Vec<u8>) {
    let (page, dpi) = (page.to_string(), dpi.to_string());
    content(
        "pdftoppm",
        &["-gray", "-r", &dpi, "-f", &page, "-singlefile", "x.pdf", "page"],
        folder,
    );
    let file = std::fs::read(folder.join("page.pgm")).unwrap();
    let header: Vec<&[u8]> = file.split(|byte| byte.is_ascii_whitespace()).take(4).collect();
    let number = |at: usize| std::str::from_utf8(header[at]).unwrap().parse::<usize>().unwrap();
    let (width, height) = (number(1), number(2));
    (width, file[file.len() - width * height..].to_vec())
}

#[test]
fn every_module_of_the_code_is_crisp_at_its_place() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("x.pdf"), Paper::Cards, 1);
    let (width, pixels) = drawn(folder.path(), 1, 720);
    let code = Code::alphanumeric(PAYLOAD, 8).unwrap();
    // 720 dpi are ten pixels a point: a module of 68 / 49 points has 13.9.
    let module = 680.0 / code.side() as f64;
    for row in 0..code.side() {
        for column in 0..code.side() {
            for (dx, dy) in [(0.1, 0.1), (0.5, 0.5), (0.9, 0.9)] {
                let x = (1560.0 + (column as f64 + dx) * module) as usize;
                let y = (360.0 + (row as f64 + dy) * module) as usize;
                let gray = pixels[y * width + x];
                assert_eq!(gray < 128, code.is_dark(column, row), "({column}, {row}): {gray}");
                assert!(
                    dx != 0.5 || matches!(gray, 0 | 255),
                    "no gray between the modules"
                );
            }
        }
    }
}

#[test]
fn backs_are_printed_behind_their_fronts() {
    let folder = tempfile::tempdir().unwrap();
    for turn in [Turn::LongEdge, Turn::ShortEdge] {
        let sheet = Sheet::a4(turn);
        write(&folder.path().join("x.pdf"), Paper::Sheets(sheet.clone()), 1);
        let (width, pixels) = drawn(folder.path(), 2, 254);
        let back = sheet.back(ID_1, 0);
        // The middle of the field, 28 by 14 points from the upper left.
        let (u, v) = (28.0, ID_1.1 * POINTS_PER_MM - 14.0);
        let (px, py) = (back[0] * u + back[4], back[3] * v + back[5]);
        let (px, py) = (px / POINTS_PER_MM * 10.0, (297.0 - py / POINTS_PER_MM) * 10.0);
        let gray = pixels[py as usize * width + px as usize];
        assert!((60..120).contains(&gray), "{turn:?}: the red field, not {gray}");
    }
}

#[test]
fn what_a_card_costs_does_not_grow() {
    let folder = tempfile::tempdir().unwrap();
    let size = |cards| {
        write(&folder.path().join("x.pdf"), Paper::Cards, cards);
        std::fs::metadata(folder.path().join("x.pdf")).unwrap().len()
    };
    let each = (size(1200) - size(200)) / 1000;
    assert!(each <= 700, "{each} bytes a card, front and back");
}

#[test]
fn what_was_not_added_is_an_error_and_a_gradient_of_one_color_is_that_color() {
    let folder = tempfile::tempdir().unwrap();
    let out = std::fs::File::create(folder.path().join("x.pdf")).unwrap();
    let about = About {
        title: "classic".to_owned(),
        date: date(2026, 11, 25),
    };
    let mut document = Document::new(out, about, Paper::Cards, ID_1.0, ID_1.1).unwrap();
    let refused = document.card(&Face::default(), None);
    assert!(matches!(refused, Err(PdfError::NotAdded)));
    let mut artwork = Artwork::new(ID_1.0 * POINTS_PER_MM, ID_1.1 * POINTS_PER_MM);
    let ink = Ink::Linear {
        from: (0.0, 0.0),
        to: (9.0, 9.0),
        stops: vec![(0.0, [255; 4])],
    };
    artwork.rectangle(0.0, 0.0, 300.0, 300.0, &Ink::Flat([0, 0, 0, 255]));
    artwork.rectangle(0.0, 0.0, 300.0, 300.0, &ink);
    let form = document.form(&artwork).unwrap();
    let glyphs = glyphs(SANS, "A", 0.0);
    let run = Run {
        font: 0,
        size: 9.0,
        color: [0, 0, 0, 255],
        x: 0.0,
        y: 9.0,
        glyphs: &glyphs,
    };
    let face = Face {
        form,
        runs: &[run],
        ..Face::default()
    };
    assert!(matches!(document.card(&face, None), Err(PdfError::NotAdded)));
    document
        .card(
            &Face {
                form,
                ..Face::default()
            },
            None,
        )
        .unwrap();
    document.finish().unwrap();
    let (width, pixels) = drawn(folder.path(), 1, 72);
    assert_eq!(pixels[50 * width + 50], 255);
}
