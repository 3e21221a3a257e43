use std::sync::Arc;

use super::*;
use crate::config::CardConfig;
use crate::data::{CardData, Picture};
use crate::template::names;

/// A card as they are.
fn sample() -> CardData {
    CardData {
        mpi_id: "SN-DKR-26-9XQ7LM2A".into(),
        name: "Aminata Diallo".into(),
        programme: "Expanded Programme on Immunization".into(),
        attributes: vec![
            ("Full name".into(), "Aminata Diallo".into()),
            ("Date of birth".into(), "14/03/1994".into()),
            ("District".into(), "Guédiawaye".into()),
            ("Facility".into(), "Poste de santé Wakhinane".into()),
        ],
        enrolled: Some(jiff::civil::date(2026, 3, 14)),
        expires: Some(jiff::civil::date(2028, 3, 14)),
        tracked_entity: "dBwrot7S420".into(),
        card_code: "7KQ2-MX4D-9PWA-3".into(),
        qr: format!("HTTPS://V.EXAMPLE.ORG/C/{}", "A".repeat(178)),
        ..CardData::default()
    }
}

fn layout(name: &str) -> Layout {
    let config = CardConfig::of(name);
    Layout::new(config.template().unwrap(), &config, &Logos::default()).unwrap()
}

/// All lines of text on the front.
fn lines(card: &Card) -> Vec<String> {
    let runs = card.front.iter().filter_map(|item| match item {
        Item::Glyphs(run) => Some(run.text.to_string()),
        _ => None,
    });
    runs.collect()
}

#[test]
fn a_card_says_what_its_data_say() {
    let said = lines(&layout("sovereign").card(&sample()).unwrap());
    for words in ["SN-DKR-26-9XQ7LM2A", "14/03/1994", "Guédiawaye", "dBwrot7S…"] {
        assert!(
            said.iter().any(|line| line.contains(words)),
            "{words} in {said:?}"
        );
    }
}

#[test]
fn an_attribute_that_is_not_there_takes_its_label_with_it() {
    let mut data = sample();
    data.attributes.truncate(1);
    let said = lines(&layout("sovereign").card(&data).unwrap());
    assert!(!said.iter().any(|line| line.to_lowercase().contains("district")));
    let config = CardConfig {
        max_attrs: 0,
        ..CardConfig::of("sovereign")
    };
    let bare = Layout::new(config.template().unwrap(), &config, &Logos::default()).unwrap();
    assert!(
        !lines(&bare.card(&sample()).unwrap())
            .iter()
            .any(|line| line.contains("Aminata"))
    );
}

#[test]
fn a_programme_chooses_which_attributes_are_shown() {
    let config = CardConfig {
        fields: vec!["Facility".into(), "District".into()],
        ..CardConfig::of("sovereign")
    };
    let layout = Layout::new(config.template().unwrap(), &config, &Logos::default()).unwrap();
    let said = lines(&layout.card(&sample()).unwrap());
    let place = |words: &str| said.iter().position(|line| line.contains(words));
    assert!(place("Wakhinane") < place("Guédiawaye") && place("14/03/1994").is_none());
}

#[test]
fn every_template_takes_our_longest_text_and_says_when_one_is_too_long() {
    for name in names() {
        let layout = layout(name);
        let card = layout.card(&sample()).unwrap();
        let code = card.front.iter().chain(&card.back).find_map(|item| match item {
            Item::Qr(place) => Some(place.clone()),
            _ => None,
        });
        let place = code.unwrap_or_else(|| panic!("{name} has no code"));
        for dpi in [300, 450, 600] {
            let (module, _) = place.pixels(dpi);
            let mm = module as f32 * 25.4 / dpi as f32;
            assert!(mm >= 0.33, "{name} at {dpi} dpi: {mm} mm");
        }
        let long = CardData {
            qr: "A".repeat(2_000),
            ..sample()
        };
        let error = layout.card(&long).unwrap_err().to_string();
        assert!(error.contains("0.33 mm is the least"), "{error}");
    }
}

#[test]
fn hostile_data_are_drawn_or_refused_and_never_leave_their_boxes() {
    let hostile = [
        String::new(),
        "W".repeat(10_000),
        "ﷺ".repeat(500),
        "\u{0}\u{7}\u{202e}\u{200f}x".into(),
        "👩‍👩‍👧‍👦🇸🇳".repeat(20),
        format!("e{}", "\u{301}".repeat(900)),
    ];
    for name in names() {
        let layout = layout(name);
        for text in &hostile {
            let data = CardData {
                name: text.clone(),
                programme: text.clone(),
                subtitle: text.clone(),
                mpi_id: text.clone(),
                tracked_entity: text.clone(),
                card_code: text.clone(),
                attributes: vec![(text.clone(), text.clone()); 9],
                ..sample()
            };
            let card = layout.card(&data).unwrap();
            for item in card.front.iter().chain(&card.back) {
                if let Item::Glyphs(run) = item {
                    assert_inside(run);
                }
            }
        }
    }
}

fn assert_inside(run: &GlyphRun) {
    let em = run.size / run.font.font().units_per_em;
    for glyph in &run.glyphs {
        let id = rustybuzz::ttf_parser::GlyphId(glyph.id);
        let Some(ink) = run.font.font().face.glyph_bounding_box(id) else {
            continue;
        };
        let (left, right) = (
            glyph.x + f32::from(ink.x_min) * em,
            glyph.x + f32::from(ink.x_max) * em,
        );
        let (top, bottom) = (
            glyph.y - f32::from(ink.y_max) * em,
            glyph.y - f32::from(ink.y_min) * em,
        );
        let bounds = &run.bounds;
        assert!(
            left >= bounds.x - 0.2 && right <= bounds.right() + 0.2,
            "{:?}",
            run.text
        );
        assert!(
            top >= bounds.y - 0.2 && bottom <= bounds.bottom() + 0.2,
            "{:?}",
            run.text
        );
    }
}

#[test]
fn logos_stand_whole_in_their_places() {
    let wide = Picture::new(40, 10, vec![200; 1600]).map(Arc::new);
    let config = CardConfig::of("sovereign");
    let layout = Layout::new(config.template().unwrap(), &config, &[wide.clone(), wide, None]).unwrap();
    let images: Vec<_> = layout
        .front
        .fixed
        .iter()
        .filter_map(|item| match item {
            Item::Image(image) => Some(image),
            _ => None,
        })
        .collect();
    assert_eq!(images.len(), 2);
    assert!(
        images
            .iter()
            .all(|image| (image.rect.w / image.rect.h - 4.0).abs() < 1e-3)
    );
}

#[test]
fn letters_that_no_font_has_are_reported() {
    let data = CardData {
        attributes: vec![("Name".into(), "Awa 语".into())],
        ..sample()
    };
    assert_eq!(layout("sovereign").card(&data).unwrap().missing, ['语']);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
    #[test]
    fn any_configuration_draws_or_says_why(accent in "#[0-9a-f]{6}|\\PC{0,8}", bg in "#[0-9a-f]{6}",
        title_scale in 0.5_f32..1.5, font_scale in 0.5_f32..1.5, max_attrs in 0_u8..6, title in "\\PC{0,150}") {
        let config = CardConfig {
            colors: [("accent".to_owned(), accent), ("bg".to_owned(), bg)].into(),
            title: Some(title), title_scale, font_scale, max_attrs,
            ..CardConfig::of("sovereign")
        };
        match Layout::new(config.template().unwrap(), &config, &Logos::default()) {
            Ok(layout) => assert!(layout.card(&sample()).is_ok()),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}
