//! Draws cards to look at.
//!
//! - `cargo run -p teranga-render --example draw -- TEMPLATE DPI FOLDER` draws both sides of every sample of a template.
//! - `cargo run -p teranga-render --example draw -- sheet FILE DPI COLUMNS SAMPLES TEMPLATES` puts fronts and backs of
//!   several templates and samples (names with commas between them, or `all`) on one sheet.
//! - `cargo run -p teranga-render --example draw -- press TEMPLATE DPI FILE` prints a front with the fast painter, in 256
//!   colors.
//! - `cargo run -p teranga-render --example draw -- pdf TEMPLATE FILE` writes the samples as pages.
//! - `cargo run -p teranga-render --example draw -- golden` rewrites the pictures that a test compares with.
//!
//! A template is a name, or a file that ends in `.toml`.
#![expect(clippy::unwrap_used, reason = "samples are as they are written here")]

use std::sync::Arc;

use teranga_render::paint::Face;
use teranga_render::paint::plain::{Canvas, side};
use teranga_render::paint::press::Press;
use teranga_render::pdf::{About, Cards, Paper};
use teranga_render::template::{Template, builtin, names};

#[path = "../tests/cards/samples/mod.rs"]
mod samples;

use samples::{ALL, Sample};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// White between cards of a sheet, pixels.
const GAP: usize = 10;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["sheet", file, dpi, columns, which, templates] => {
            let cards = cards(which, templates, dpi.parse()?)?;
            std::fs::write(file, sheet(&cards, columns.parse()?, GAP)?)?;
        }
        ["press", template, dpi, file] => {
            let layout = Arc::new(samples::layout(&named(template)?, 2));
            let usual = samples::data(&Sample {
                photo: false,
                ..ALL[0]
            });
            let press = Press::new(
                Arc::clone(&layout),
                Face::Front,
                dpi.parse()?,
                std::slice::from_ref(&usual),
            )?;
            std::fs::write(file, press.printer().png(&layout.card(&usual)?)?)?;
        }
        ["pdf", template, file] => {
            let template = named(template)?;
            let layout = samples::layout(&template, 2);
            let about = About {
                title: template.title,
                date: jiff::civil::date(2026, 3, 20),
            };
            let mut cards = Cards::new(std::fs::File::create(file)?, about, Paper::Cards, &layout)?;
            for sample in &ALL {
                cards.card(&layout.card(&samples::data(sample))?)?;
            }
            cards.finish()?;
        }
        ["golden"] => {
            let folder = samples::golden::folder();
            if folder.exists() {
                std::fs::remove_dir_all(&folder)?;
            }
            std::fs::create_dir_all(&folder)?;
            for (name, canvas) in samples::golden::pictures() {
                std::fs::write(folder.join(format!("{name}.png")), sheet(&[canvas], 1, 0)?)?;
            }
        }
        [template, dpi, folder] => {
            let template = named(template)?;
            for sample in &ALL {
                for (face, name) in [(Face::Front, "front"), (Face::Back, "back")] {
                    let file = format!("{folder}/{}-{}-{name}.png", template.name, sample.label);
                    std::fs::write(file, drawn(&template, sample, face, dpi.parse()?)?.png()?)?;
                }
            }
        }
        _ => return Err("TEMPLATE DPI FOLDER, or sheet FILE DPI COLUMNS SAMPLES TEMPLATES".into()),
    }
    Ok(())
}

fn named(name: &str) -> Outcome<Template> {
    if name.ends_with(".toml") {
        return Ok(Template::parse(name, &std::fs::read_to_string(name)?)?);
    }
    Ok(builtin(name).ok_or_else(|| format!("no template is called {name}"))?)
}

fn drawn(template: &Template, sample: &Sample, face: Face, dpi: u32) -> Outcome<Canvas> {
    let layout = samples::layout(template, sample.logos);
    Ok(side(&layout, &layout.card(&samples::data(sample))?, face, dpi)?)
}

/// The fronts that are asked for, and for `usual` the backs too.
fn cards(which: &str, templates: &str, dpi: u32) -> Outcome<Vec<Canvas>> {
    let asked = |list: &str, name: &str| list == "all" || list.split(',').any(|one| one == name);
    let mut found = Vec::new();
    let listed: Vec<&str> = match templates {
        "all" => names().collect(),
        some => some.split(',').collect(),
    };
    for template in listed {
        let template = named(template)?;
        for sample in ALL.iter().filter(|sample| asked(which, sample.label)) {
            found.push(drawn(&template, sample, Face::Front, dpi)?);
            if sample.label == "usual" {
                found.push(drawn(&template, sample, Face::Back, dpi)?);
            }
        }
    }
    Ok(found)
}

/// Cards in rows, each as high as its highest.
fn sheet(cards: &[Canvas], columns: usize, gap: usize) -> Outcome<Vec<u8>> {
    let widest = cards.iter().map(Canvas::width).max().unwrap_or(1) as usize + gap;
    let high = |row: &[Canvas]| row.iter().map(Canvas::height).max().unwrap_or(1) as usize + gap;
    let width = widest * columns + gap;
    let height = cards.chunks(columns).map(high).sum::<usize>() + gap;
    let mut pixels = vec![205_u8; width * height * 3];
    let mut top = gap;
    for row in cards.chunks(columns) {
        for (column, card) in row.iter().enumerate() {
            let bytes = card.width() as usize * 3;
            for (y, line) in card.rgb().chunks_exact(bytes).enumerate() {
                let start = ((top + y) * width + gap + column * widest) * 3;
                pixels[start..start + bytes].copy_from_slice(line);
            }
        }
        top += high(row);
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder.write_header()?.write_image_data(&pixels)?;
    Ok(file)
}
