use super::*;
use crate::config::CardConfig;
use crate::paint::plain::side;
use crate::scene::{Item, Logos};
use crate::template::names;

fn data(name: &str) -> CardData {
    CardData {
        mpi_id: "SN-DKR-26-9XQ7LM2A".into(),
        name: name.into(),
        programme: "Expanded Programme on Immunization".into(),
        attributes: vec![
            ("Full name".into(), name.into()),
            ("Date of birth".into(), "14/03/1994".into()),
            ("District".into(), "Guédiawaye".into()),
        ],
        enrolled: Some(jiff::civil::date(2026, 3, 14)),
        tracked_entity: "dBwrot7S420".into(),
        card_code: "7KQ2-MX4D-9PWA-3".into(),
        qr: format!("HTTPS://V.EXAMPLE.ORG/C/{}", "A".repeat(178)),
        ..CardData::default()
    }
}

fn layout(name: &str) -> Arc<Layout> {
    let config = CardConfig::of(name);
    Arc::new(Layout::new(config.template().unwrap(), &config, &Logos::default()).unwrap())
}

/// Rows of palette numbers, read by another program's code.
fn decoded(file: &[u8]) -> (Vec<u8>, Vec<u8>, Option<u32>) {
    let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
    decoder.set_transformations(png::Transformations::IDENTITY);
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    let info = reader.info();
    (
        pixels,
        info.palette.as_ref().unwrap().to_vec(),
        info.pixel_dims.map(|dims| dims.xppu),
    )
}

const NAMES: [&str; 5] = [
    "Awa Sy",
    "Mamadou Lamine Abdoulaye Ndiaye Diallo de la Fontaine",
    "محمد عبد الله",
    "አበበ ተስፋዬ",
    "𞤀𞤥𞤭𞤲𞤢𞤼𞤢",
];

#[test]
fn a_file_decodes_to_exactly_what_was_painted_and_the_next_card_starts_clean() {
    for (name, face) in names().flat_map(|name| [(name, Face::Front), (name, Face::Back)]) {
        // Larger pictures of some: the work grows with the pixels, the code is the same.
        let resolutions = [(300, 11_811), (450, 17_717), (600, 23_622)];
        let count = if matches!(name, "sovereign" | "horizon") {
            3
        } else {
            1
        };
        for (dpi, per_meter) in resolutions.into_iter().take(count) {
            let layout = layout(name);
            let press = Press::new(Arc::clone(&layout), face, dpi, &[data("Sample")]).unwrap();
            let mut printer = press.printer();
            for person in NAMES {
                let card = layout.card(&data(person)).unwrap();
                let file = printer.png(&card).unwrap();
                printer.draw(printer.items(&card));
                let painted: Vec<u8> = printer.raw[..printer.raw.len() - SPARE]
                    .chunks_exact(press.width + 1)
                    .flat_map(|row| row[1..].to_vec())
                    .collect();
                printer.restore();
                let (pixels, _, dots) = decoded(&file);
                assert!(pixels == painted, "{name} {face:?} {dpi}");
                assert_eq!(dots, Some(per_meter));
                assert!(printer.raw == press.base);
            }
        }
    }
}

#[test]
fn colors_are_those_of_the_simple_painter() {
    for name in names() {
        let layout = layout(name);
        let press = Press::new(Arc::clone(&layout), Face::Front, 300, &[data("Sample")]).unwrap();
        let card = layout.card(&data("Aminata Ɓintou Ŋoŋ")).unwrap();
        let (pixels, palette, _) = decoded(&press.printer().png(&card).unwrap());
        let simple = side(&layout, &card, Face::Front, 300).unwrap().rgb();
        let painted: Vec<u8> = pixels
            .iter()
            .flat_map(|at| palette[usize::from(*at) * 3..][..3].to_vec())
            .collect();
        let off: u64 = painted
            .iter()
            .zip(&simple)
            .map(|(a, b)| u64::from(a.abs_diff(*b)))
            .sum();
        let mean = off as f64 / simple.len() as f64;
        assert!(mean < 2.0, "{name}: {mean:.3} levels off on average");
    }
}

#[test]
fn a_code_is_read_back_from_the_pixels_and_one_that_cannot_be_is_refused() {
    let config = CardConfig::of("sovereign");
    let template = config.template().unwrap();
    let layout = Arc::new(Layout::new(template, &config, &Logos::default()).unwrap());
    let press = Press::new(Arc::clone(&layout), Face::Front, 300, &[data("Sample")]).unwrap();
    let mut printer = press.printer();
    let fixture: serde_json::Value =
        serde_json::from_str(include_str!("../../../../../tests/fixtures/card/ours.json")).unwrap();
    let data = CardData {
        qr: fixture["card"]["url"].as_str().unwrap().to_owned(),
        ..data("Awa Sy")
    };
    let mut card = layout.card(&data).unwrap();
    assert!(printer.checked_png(&card).unwrap() == printer.png(&card).unwrap());
    for item in &mut card.front {
        if let Item::Qr(place) = item {
            place.color = Color::opaque(252, 252, 252);
        }
    }
    assert!(matches!(printer.checked_png(&card), Err(PaintError::NotReadBack)));
}
