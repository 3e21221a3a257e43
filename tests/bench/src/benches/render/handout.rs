//! The card as other libraries get it: the ground as a picture and as an SVG, and for each card its texts with their
//! places and the modules of its code. What our side computes for every card (fitting, the code) is given to them.

use std::path::Path;

use serde_json::{Value, json};
use teranga_render::color::Color;
use teranga_render::fonts;
use teranga_render::paint::plain::Canvas;
use teranga_render::scene::{Card, GlyphRun, Item, Layout, Paint, PathItem};

/// Cards that a peer draws as pictures.
const PICTURES: usize = 40;

/// Writes everything into a folder.
pub fn write(folder: &Path, layout: &Layout, cards: &[Card], dpi: u32) -> anyhow::Result<()> {
    let mut canvas = Canvas::new(layout, dpi)?;
    canvas.paint(&layout.front.fixed);
    let ground = canvas.png()?;
    std::fs::write(folder.join("ground.png"), &ground)?;
    for font in fonts::all() {
        std::fs::write(folder.join(format!("{}.ttf", font.font().name)), font.font().data)?;
    }
    let shapes: String = layout.front.fixed.iter().map(svg).collect();
    let handout = json!({
        "width": layout.width, "height": layout.height, "dpi": dpi, "pictures": PICTURES, "shapes": shapes,
        "cards": cards.iter().map(card).collect::<Vec<_>>(),
    });
    std::fs::write(folder.join("cards.json"), handout.to_string())?;
    Ok(())
}

fn card(card: &Card) -> Value {
    let texts = card.front.iter().filter_map(|item| match item {
        Item::Glyphs(run) => Some(text(run)),
        _ => None,
    });
    let code = card.front.iter().find_map(|item| match item {
        Item::Qr(place) => {
            let side = place.code.side();
            let row = |y: usize| {
                (0..side)
                    .map(|x| if place.code.is_dark(x, y) { '1' } else { '0' })
                    .collect::<String>()
            };
            let (module, [x, y]) = place.pixels(300);
            Some(json!({
                "box": [place.rect.x, place.rect.y, place.rect.w], "x": x, "y": y, "module": module,
                "rows": (0..side).map(row).collect::<Vec<_>>(),
            }))
        }
        _ => None,
    });
    json!({ "texts": texts.collect::<Vec<_>>(), "code": code })
}

fn text(run: &GlyphRun) -> Value {
    let first = run.glyphs.first();
    json!({
        "text": run.text.as_ref(), "font": run.font.font().name, "size": run.size, "color": rgb(run.color),
        "x": first.map(|glyph| glyph.x), "y": first.map(|glyph| glyph.y),
    })
}

fn rgb(color: Color) -> [u8; 3] {
    [color.r, color.g, color.b]
}

fn svg(item: &Item) -> String {
    match item {
        Item::Path(path) => shape(path),
        Item::Glyphs(run) => {
            let (x, y) = run.glyphs.first().map_or((0.0, 0.0), |glyph| (glyph.x, glyph.y));
            let [r, g, b] = rgb(run.color);
            let (size, text) = (run.size, run.text.replace('&', "&amp;").replace('<', "&lt;"));
            format!(
                "<text x='{x}' y='{y}' font-family='Noto Sans' font-size='{size}' fill='rgb({r},{g},{b})'>{text}</text>"
            )
        }
        Item::Image(_) | Item::Qr(_) => String::new(),
    }
}

fn shape(path: &PathItem) -> String {
    let ink = |paint: Option<&Paint>, what: &str| match paint {
        Some(Paint::Color(color)) => {
            let [r, g, b] = rgb(*color);
            format!(
                "{what}='rgb({r},{g},{b})' {what}-opacity='{:.3}'",
                f32::from(color.a) / 255.0
            )
        }
        _ => format!("{what}='none'"),
    };
    let stroke = path.stroke.as_ref();
    let fill = ink(path.fill.as_ref(), "fill");
    let width = stroke.map_or(0.0, |stroke| stroke.width);
    let stroke = ink(stroke.map(|stroke| &stroke.paint), "stroke");
    format!(
        "<path d='{}' {fill} {stroke} stroke-width='{width}'/>",
        path.path.to_svg()
    )
}
