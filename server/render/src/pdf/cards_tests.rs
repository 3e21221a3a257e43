//! A card looks the same on a page as in a picture.

use std::path::Path;
use std::sync::Arc;

use jiff::civil::date;

use super::tests::{content, drawn};
use super::{About, Artwork, Cards, Document, Face, Ink, Paper};
use crate::config::CardConfig;
use crate::data::{CardData, Picture};
use crate::paint::{self, plain};
use crate::scene::{Item, Layout, Logos};
use crate::template::names;

fn data(number: usize) -> CardData {
    let attribute = |(label, value): (&str, &str)| (label.to_owned(), value.to_owned());
    let attributes = [
        ("Name", "Ndèye Fatou Ɓah"),
        ("District", "Guédiawaye"),
        ("N'Ko", "ߡߊߡߊߘߎ"),
        ("Arabic", "محمد"),
    ];
    CardData {
        mpi_id: format!("SN-DKR-26-{number:08}"),
        name: "Ndèye Fatou Ɓah".to_owned(),
        programme: "Vaccination".to_owned(),
        attributes: attributes.into_iter().map(attribute).take(number % 5).collect(),
        enrolled: Some(date(2026, 3, 14)),
        tracked_entity: "dBwrot7S420".to_owned(),
        qr: format!("HTTPS://V.EXAMPLE.ORG/C/{}", "A7KQ2MX4".repeat(22)),
        ..CardData::default()
    }
}

fn layout(name: &str) -> Layout {
    let config = CardConfig::of(name);
    let logo = Picture::new(8, 4, [[200, 30, 30, 255], [30, 160, 60, 128]].concat().repeat(16)).map(Arc::new);
    Layout::new(config.template().unwrap(), &config, &[logo, None, None] as &Logos).unwrap()
}

fn about() -> About {
    About {
        title: "cards".to_owned(),
        date: date(2026, 11, 25),
    }
}

fn write(path: &Path, layout: &Layout, numbers: impl IntoIterator<Item = usize>) {
    let out = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let mut cards = Cards::new(out, about(), Paper::Cards, layout).unwrap();
    for number in numbers {
        cards.card(&layout.card(&data(number)).unwrap()).unwrap();
    }
    cards.finish().unwrap();
}

#[test]
fn pages_and_pictures_of_a_card_are_alike() {
    let folder = tempfile::tempdir().unwrap();
    for name in names() {
        let layout = layout(name);
        write(&folder.path().join("x.pdf"), &layout, [4]);
        content("qpdf", &["--check", "x.pdf"], folder.path());
        let card = layout.card(&data(4)).unwrap();
        for (page, face) in [(1, paint::Face::Front), (2, paint::Face::Back)] {
            let picture = plain::side(&layout, &card, face, 300).unwrap();
            let (width, pixels) = drawn(folder.path(), page, 300);
            let gray: Vec<u8> = picture.rgb().chunks_exact(3).map(gray).collect();
            let (columns, rows) = (picture.width() as usize, picture.height() as usize);
            // A page of so many points may be drawn one pixel wider.
            assert!(width.abs_diff(columns) <= 1, "{name}: {width} for {columns}");
            let difference = |row: usize, column: usize| {
                u64::from(pixels[row * width + column].abs_diff(gray[row * columns + column]))
            };
            // A picture's modules are whole pixels, a page's are not: the code has its own test.
            let code = card.front.iter().find_map(|item| match item {
                Item::Qr(place) if face == paint::Face::Front => Some(place.rect),
                _ => None,
            });
            let is_code = |row: usize, column: usize| {
                let (x, y) = (column as f32, row as f32);
                code.is_some_and(|at| x >= at.x && x < at.right() && y >= at.y && y < at.bottom())
            };
            let inside = (0..rows.min(pixels.len() / width))
                .flat_map(|row| (0..columns.min(width)).map(move |column| (row, column)))
                .filter(|(row, column)| !is_code(*row, *column));
            let sum: u64 = inside.map(|(row, column)| difference(row, column)).sum();
            let mean = sum as f64 / (columns * rows) as f64;
            assert!(mean < 6.0, "{name} {face:?}: {mean} of 255 apart on average");
        }
    }
}

fn gray(pixel: &[u8]) -> u8 {
    let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(f64::from);
    (0.3 * r + 0.59 * g + 0.11 * b).round() as u8
}

#[test]
fn what_differs_from_card_to_card_is_found_and_shared_shapes_are_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let layout = layout("sovereign");
    let size = |cards: usize| {
        write(&folder.path().join("x.pdf"), &layout, 0..cards);
        std::fs::metadata(folder.path().join("x.pdf")).unwrap().len()
    };
    let each = (size(600) - size(100)) / 500;
    let text = content("pdftotext", &["-l", "8", "x.pdf", "-"], folder.path());
    for expected in ["SN-DKR-26-00000003", "Guédiawaye", "dBwrot7S"] {
        assert!(text.contains(expected), "{text}");
    }
    assert!(each <= 800, "{each} bytes a card");
}

#[test]
fn gradients_may_go_outwards_and_be_seen_through() {
    let folder = tempfile::tempdir().unwrap();
    let out = std::fs::File::create(folder.path().join("x.pdf")).unwrap();
    let mut document = Document::new(out, about(), Paper::Cards, 25.4, 25.4).unwrap();
    let mut artwork = Artwork::new(72.0, 72.0);
    artwork.rectangle(0.0, 0.0, 72.0, 72.0, &Ink::Flat([0, 0, 0, 255]));
    let ink = Ink::Radial {
        center: (36.0, 36.0),
        radius: 30.0,
        stops: vec![(0.0, [255; 4]), (1.0, [255, 255, 255, 0])],
    };
    artwork.rectangle(0.0, 0.0, 72.0, 72.0, &ink);
    let form = document.form(&artwork).unwrap();
    let face = Face {
        form,
        ..Face::default()
    };
    document.card(&face, None).unwrap();
    document.finish().unwrap();
    content("qpdf", &["--check", "x.pdf"], folder.path());
    let (width, pixels) = drawn(folder.path(), 1, 72);
    let at = |x: usize, y: usize| pixels[y * width + x];
    assert!(at(36, 36) > 240 && at(3, 3) == 0, "{} {}", at(36, 36), at(3, 3));
    // Half way, half of the white is seen.
    assert!((100..155).contains(&at(51, 36)), "{}", at(51, 36));
}
