//! Where things stand: text inside of the safe margin, nothing on anything else, whatever a card says.

use std::collections::BTreeMap;

use teranga_render::config::CardConfig;
use teranga_render::data::CardData;
use teranga_render::geometry::Rect;
use teranga_render::scene::{Card, GlyphRun, Item, Layout, Logos};
use teranga_render::template::{Kind, Template};

use crate::samples::{ALL, data, layout, templates};

/// Nothing important stands nearer to the edge: 3 mm, where cutters and holders hide it.
const MARGIN: f32 = 3.0 / 25.4 * 300.0;
/// Units by which curves of letters may pass a line.
const SLACK: f32 = 0.6;
/// The smallest type as designed, 6 points; and on `sovereign`, whose published form is 31.75 mm high, 4.8.
const SIX_POINTS: f32 = 25.0;

/// The box of a run's ink.
fn ink(run: &GlyphRun) -> Rect {
    let face = &run.font.font().face;
    let em = run.size / run.font.font().units_per_em;
    let boxes = run.glyphs.iter().filter_map(|glyph| {
        let ink = face.glyph_bounding_box(rustybuzz::ttf_parser::GlyphId(glyph.id))?;
        let at = |x: i16, y: i16| (glyph.x + f32::from(x) * em, glyph.y - f32::from(y) * em);
        let ((left, bottom), (right, top)) = (at(ink.x_min, ink.y_min), at(ink.x_max, ink.y_max));
        Some([left, top, right, bottom])
    });
    let [left, top, right, bottom] = boxes
        .reduce(|a, b| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])])
        .unwrap_or_default();
    Rect {
        x: left,
        y: top,
        w: right - left,
        h: bottom - top,
    }
}

/// What must keep clear of each other on a side: a name for messages, the slot it belongs to, and its box.
fn things(fixed: &[Item], own: &[Item]) -> Vec<(String, Rect, Rect)> {
    let thing = |item: &Item| match item {
        Item::Glyphs(run) => Some((format!("{:?}", run.text), run.bounds, ink(run))),
        Item::Image(image) => Some(("a picture".to_owned(), image.clip, image.clip)),
        Item::Qr(place) => Some(("the code".to_owned(), place.rect, place.rect)),
        Item::Path(_) => None,
    };
    fixed.iter().chain(own).filter_map(thing).collect()
}

fn overlap(a: &Rect, b: &Rect) -> bool {
    a.x + SLACK < b.right() && b.x + SLACK < a.right() && a.y + SLACK < b.bottom() && b.y + SLACK < a.bottom()
}

/// What is wrong with a card.
fn faults(layout: &Layout, card: &Card) -> Vec<String> {
    let (right, bottom) = (layout.width - MARGIN + SLACK, layout.height - MARGIN + SLACK);
    let mut faults = Vec::new();
    for (fixed, own) in [
        (&layout.front.fixed, &card.front),
        (&layout.back.fixed, &card.back),
    ] {
        let things = things(fixed, own);
        for (number, (what, slot, at)) in things.iter().enumerate() {
            let inside = at.x >= MARGIN - SLACK
                && at.y >= MARGIN - SLACK
                && at.right() <= right
                && at.bottom() <= bottom;
            // A code's box ends in white; `code_faults` looks at its modules.
            if !inside && what != "the code" {
                faults.push(format!("{what} at {at:?} is within 3 mm of the edge"));
            }
            let touching = things[number + 1..]
                .iter()
                .filter(|(_, its, other)| its != slot && overlap(at, other));
            faults.extend(touching.map(|(other, _, its)| format!("{what} {at:?} lies on {other} {its:?}")));
        }
    }
    faults.extend(code_faults(layout, card));
    faults
}

fn code_faults(layout: &Layout, card: &Card) -> Vec<String> {
    let codes = card.front.iter().chain(&card.back).filter_map(|item| match item {
        Item::Qr(place) => Some(place),
        _ => None,
    });
    let outside = codes.filter_map(|place| {
        let side = place.module() * place.code.side() as f32;
        let modules = place.rect.centered(side, side);
        let inside = modules.x >= MARGIN
            && modules.y >= MARGIN
            && modules.right() <= layout.width - MARGIN
            && modules.bottom() <= layout.height - MARGIN;
        (!inside).then(|| format!("the code's modules {modules:?} are within 3 mm of the edge"))
    });
    outside.collect()
}

/// More in every field than any card holds.
fn fullest(sample: CardData) -> CardData {
    let long = "Ǻjouté Ŵakhinane Nimzatt Ǵuédiawaye ".repeat(4);
    CardData {
        name: long.clone(),
        programme: long.clone(),
        campaign: long.clone(),
        subtitle: long.clone(),
        tracked_entity: "W".repeat(40),
        card_code: "WWWW-WWWW-WWWW-W".into(),
        mpi_id: "MW-WWW-26-WWWWWWWW".into(),
        attributes: vec![(long.clone(), long); 4],
        ..sample
    }
}

#[test]
fn no_card_has_anything_on_anything_else_or_near_the_edge() {
    let mut faulty = Vec::new();
    for template in templates() {
        for (sample, logos) in ALL
            .iter()
            .enumerate()
            .flat_map(|(at, sample)| [(sample, at % 4), (sample, (at + 2) % 4)])
        {
            let layout = layout(&template, logos);
            for (data, how) in [
                (data(sample), "as usual"),
                (fullest(data(sample)), "every field full"),
            ] {
                let found = faults(&layout, &layout.card(&data).unwrap());
                let at = format!("{} {}, {logos} logos, {how}", template.name, sample.label);
                faulty.extend(found.into_iter().map(|fault| format!("{at}: {fault}")));
            }
        }
    }
    assert!(
        faulty.is_empty(),
        "{} faults:\n{}",
        faulty.len(),
        faulty.join("\n")
    );
}

#[test]
fn translated_words_and_larger_type_stay_in_their_places() {
    let mut faulty = Vec::new();
    for template in templates() {
        let long = "Santé communautaire et protection sociale des éleveurs du Ferlo et du Gorgol";
        let words: BTreeMap<String, String> = template
            .texts
            .keys()
            .map(|key| (key.clone(), long.to_owned()))
            .collect();
        // Its lines are as high as its height allows: it has no room for larger type.
        let most = if template.name == "sovereign" { 1.0 } else { 1.3 };
        for scale in [0.7, most] {
            let config = CardConfig {
                title: Some(long.to_owned()),
                texts: BTreeMap::clone(&words),
                title_scale: scale,
                font_scale: scale,
                ..CardConfig::of(&template.name)
            };
            let layout = Layout::new(template.clone(), &config, &Logos::default()).unwrap();
            let found = faults(&layout, &layout.card(&data(&ALL[0])).unwrap());
            faulty.extend(
                found
                    .into_iter()
                    .map(|fault| format!("{} at {scale}: {fault}", template.name)),
            );
        }
    }
    assert!(faulty.is_empty(), "{}", faulty.join("\n"));
}

#[test]
fn a_name_of_five_parts_keeps_its_end_on_every_template() {
    for name in [
        "Mamadou Lamine Abdoulaye Souleymane Ndiaye Diallo",
        "Marie-Antoinette Bernadette Kouassi N'Guessan Yao",
        "Oluwaseun Chukwuemeka Adebayo-Okonkwo Nwachukwu",
        "محمد عبد الرحمن ولد سيدي أحمد ولد الشيخ محمد",
        "አበበ ተስፋዬ ወልደ ማርያም ገብረ ሥላሴ ኃይለ ጊዮርጊስ",
    ] {
        for template in templates() {
            for (sample, logos) in ALL.iter().flat_map(|sample| [(sample, 0), (sample, 3)]) {
                let mut data = data(sample);
                data.name = name.to_owned();
                data.attributes.truncate(3);
                if template.name == "sovereign" {
                    data.attributes = vec![("Name".to_owned(), name.to_owned())];
                }
                let card = layout(&template, logos).card(&data).unwrap();
                let mut lines: Vec<&str> = Vec::new();
                for item in &card.front {
                    if let Item::Glyphs(run) = item
                        && lines.last() != Some(&&*run.text)
                    {
                        lines.push(&run.text);
                    }
                }
                let said = lines.join(" ").replace("- ", "-");
                assert!(said.contains(name), "{} {}: {said}", template.name, sample.label);
            }
        }
    }
}

#[test]
fn type_is_six_points_at_least_also_when_it_shrinks() {
    for (template, sample) in templates().flat_map(|template| ALL.map(|sample| (template.clone(), sample))) {
        let least = if template.name == "sovereign" {
            18.0
        } else {
            SIX_POINTS
        };
        let layout = layout(&template, 3);
        let card = layout.card(&data(&sample)).unwrap();
        let fixed = layout.front.fixed.iter().chain(&layout.back.fixed);
        for item in fixed.chain(&card.front).chain(&card.back) {
            if let Item::Glyphs(run) = item {
                let at = format!("{} {}", template.name, sample.label);
                assert!(
                    run.size > least - 0.6,
                    "{at}: {:?} is {} units high",
                    run.text,
                    run.size
                );
            }
        }
    }
}

#[test]
fn type_is_designed_for_six_points() {
    let slots = |template: &Template| -> Vec<_> {
        let all = template.front.iter().chain(&template.back);
        all.filter_map(|element| match &element.kind {
            Kind::Text(text) => Some((element.at.clone(), text.size, text.min_size)),
            _ => None,
        })
        .collect()
    };
    for template in templates() {
        let least = if template.name == "sovereign" {
            [20.0, 18.0]
        } else {
            [SIX_POINTS; 2]
        };
        for (at, size, min_size) in slots(&template) {
            assert!(
                size >= least[0] && min_size >= least[1],
                "{} {at}: {size}, {min_size}",
                template.name
            );
        }
    }
}

#[test]
fn the_identifier_stands_on_every_front_and_names_are_the_largest_text() {
    for template in templates() {
        let layout = layout(&template, 1);
        let card = layout.card(&data(&ALL[0])).unwrap();
        let size_of = |words: &str| {
            let sizes = card.front.iter().filter_map(|item| match item {
                Item::Glyphs(run) if run.text.contains(words) => Some(run.size),
                _ => None,
            });
            sizes.reduce(f32::max)
        };
        let id = size_of("SN-DKR-26-9XQ7LM2A").unwrap_or_else(|| panic!("{}: no MPI id", template.name));
        assert!(id >= 34.0, "{}: the id is {id} units high", template.name);
        // On `sovereign` the id itself is the large text.
        if template.name != "sovereign" {
            let name = size_of("Aminata").unwrap_or_else(|| panic!("{}: no name", template.name));
            assert!(name >= 42.0, "{}: the name is {name} units high", template.name);
        }
    }
}

#[test]
fn the_back_says_nothing_of_the_person() {
    for template in templates() {
        let layout = layout(&template, 1);
        let data = data(&ALL[0]);
        for item in &layout.card(&data).unwrap().back {
            if let Item::Glyphs(run) = item {
                let private = data.attributes.iter().map(|(_, value)| value.as_str());
                for words in private.chain([data.name.as_str(), &data.tracked_entity]) {
                    assert!(
                        !run.text.contains(words),
                        "{}: {words} on the back",
                        template.name
                    );
                }
            }
        }
    }
}

#[test]
fn the_page_about_templates_names_all_and_its_example_is_one() {
    let page = include_str!("../../../../docs/templates.md");
    for template in templates() {
        assert!(
            page.contains(&format!("| `{}` |", template.name)),
            "{}",
            template.name
        );
    }
    let example = page
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .unwrap();
    let layout = layout(&Template::parse("example", example).unwrap(), 3);
    let card = layout.card(&data(&ALL[2])).unwrap();
    assert_eq!(faults(&layout, &card), Vec::<String>::new());
}
