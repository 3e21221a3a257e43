//! Contrast of every text with what is painted under it, pixel by pixel (WCAG 2.2).

use teranga_render::paint::Face;
use teranga_render::paint::plain::Canvas;
use teranga_render::scene::{Card, GlyphRun, Item, Layout};

use crate::samples::{ALL, data, layout, templates};

const LEAST: f32 = 4.5;
const DPI: u32 = 150;

/// The side without its text.
fn ground(layout: &Layout, fixed: &[Item], own: &[Item]) -> Canvas {
    let shapes = |items: &[Item]| -> Vec<Item> {
        let is_ground = |item: &&Item| !matches!(item, Item::Glyphs(_));
        items.iter().filter(is_ground).cloned().collect()
    };
    let mut canvas = Canvas::new(layout, DPI).unwrap();
    canvas.paint(&shapes(fixed));
    canvas.round(layout);
    canvas.paint(&shapes(own));
    canvas
}

/// The lowest contrast of a run with the pixels between its first and last letter.
fn contrast(run: &GlyphRun, ground: &Canvas) -> f32 {
    let scale = DPI as f32 / 300.0;
    let (first, last) = (run.glyphs.first().unwrap(), run.glyphs.last().unwrap());
    let columns = (first.x * scale) as u32..=((last.x + run.size * 0.6) * scale) as u32;
    let rows = ((first.y - run.size * 0.72) * scale) as u32..=((first.y + run.size * 0.1) * scale) as u32;
    let pixels = rows.flat_map(|y| columns.clone().map(move |x| (x, y)));
    let found = pixels.map(|(x, y)| {
        let below = ground.pixel(x.min(ground.width() - 1), y.min(ground.height() - 1));
        run.color.over(below).contrast(below)
    });
    found.fold(f32::MAX, f32::min)
}

fn texts<'a>(fixed: &'a [Item], own: &'a [Item]) -> impl Iterator<Item = &'a GlyphRun> {
    fixed.iter().chain(own).filter_map(|item| match item {
        Item::Glyphs(run) if !run.glyphs.is_empty() => Some(run),
        _ => None,
    })
}

fn sides<'a>(layout: &'a Layout, card: &'a Card) -> [(Face, &'a [Item], &'a [Item]); 2] {
    [
        (Face::Front, &layout.front.fixed, &card.front),
        (Face::Back, &layout.back.fixed, &card.back),
    ]
}

#[test]
fn every_text_stands_out_from_its_ground() {
    let mut short = Vec::new();
    for template in templates() {
        for sample in &ALL {
            let layout = layout(&template, sample.logos);
            let card = layout.card(&data(sample)).unwrap();
            for (face, fixed, own) in sides(&layout, &card) {
                let ground = ground(&layout, fixed, own);
                for run in texts(fixed, own) {
                    let found = contrast(run, &ground);
                    if found < LEAST {
                        short.push(format!(
                            "{} {} {face:?}: {:?} {found:.2}",
                            template.name, sample.label, run.text
                        ));
                    }
                }
            }
        }
    }
    assert!(short.is_empty(), "under {LEAST} : 1\n{}", short.join("\n"));
}
