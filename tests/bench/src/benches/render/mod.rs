//! Printing cards: pictures and pages on one thread, beside the libraries that a programme would pick instead, and the
//! memory of the real program on a thousand cards and on a hundred thousand.

mod handout;
mod peers;
mod people;
mod program;

use std::hint::black_box;
use std::sync::Arc;

use teranga_render::config::CardConfig;
use teranga_render::data::CardData;
use teranga_render::paint::press::Press;
use teranga_render::paint::{Face, plain};
use teranga_render::pdf::{About, Cards, Paper};
use teranga_render::scene::{Card, Layout, Logos};

use teranga_bench::figures::Figures;
use teranga_bench::stopwatch::timed;

const CARDS: usize = 3_000;
const DPI: u32 = 300;

/// Measures.
pub fn run() -> anyhow::Result<Figures> {
    let mut figures = Figures::default();
    let people = people::cards(CARDS)?;
    let sovereign = layout("sovereign")?;
    pictures(&mut figures, "", &sovereign, &people)?;
    pictures(&mut figures, "pulse_", &layout("pulse")?, &people)?;
    pages(&mut figures, &sovereign, &people)?;
    if std::env::args().any(|argument| argument == "--ours") {
        return Ok(figures);
    }
    peers::run(&mut figures, &sovereign, &people)?;
    program::run(&mut figures)?;
    Ok(figures)
}

fn layout(template: &str) -> anyhow::Result<Arc<Layout>> {
    let config = CardConfig::of(template);
    Ok(Arc::new(Layout::new(
        config.template()?,
        &config,
        &Logos::default(),
    )?))
}

/// Fronts as PNG, from data to file.
fn pictures(
    figures: &mut Figures,
    name: &str,
    layout: &Arc<Layout>,
    people: &[CardData],
) -> anyhow::Result<()> {
    let (press, seconds) = timed(|| Press::new(Arc::clone(layout), Face::Front, DPI, &people[..8]));
    let press = press?;
    figures.add(
        format!("png_{name}compile_ms"),
        seconds * 1e3,
        "making the side ready, once a batch",
    );
    let mut printer = press.printer();
    // Half of them are printed before the clock starts: a batch is long, and its words and letters are soon known.
    let (warm, rest) = people.split_at(people.len() / 2);
    for data in warm {
        black_box(printer.checked_png(&layout.card(data)?)?);
    }
    let count = rest.len() as f64;
    let mut bytes = 0;
    let (result, seconds) = timed(|| -> anyhow::Result<()> {
        for data in rest {
            bytes += black_box(printer.png(&layout.card(data)?)?).len();
        }
        Ok(())
    });
    result?;
    figures.add(
        format!("png_{name}per_s"),
        count / seconds,
        "fronts a second, from data to file",
    );
    figures.add(
        format!("png_{name}kib"),
        bytes as f64 / count / 1024.0,
        "KiB a file",
    );
    let (result, seconds) = timed(|| -> anyhow::Result<()> {
        for data in rest {
            black_box(printer.checked_png(&layout.card(data)?)?);
        }
        Ok(())
    });
    result?;
    figures.add(
        format!("png_{name}readback_per_s"),
        count / seconds,
        "with the code read from the pixels",
    );
    let (result, seconds) = timed(|| cards(layout, rest));
    result?;
    figures.add(
        format!("scene_{name}per_s"),
        count / seconds,
        "text, fitting and code alone",
    );
    let few = &people[..20];
    let (result, seconds) = timed(|| -> anyhow::Result<()> {
        for data in few {
            black_box(plain::side(layout, &layout.card(data)?, Face::Front, DPI)?.png()?);
        }
        Ok(())
    });
    result?;
    figures.add(
        format!("png_{name}plain_per_s"),
        few.len() as f64 / seconds,
        "tiny-skia and the png crate",
    );
    Ok(())
}

fn cards(layout: &Layout, people: &[CardData]) -> anyhow::Result<Vec<Card>> {
    people.iter().map(|data| Ok(layout.card(data)?)).collect()
}

/// Pages of card size, front and back, from data to bytes.
fn pages(figures: &mut Figures, layout: &Layout, people: &[CardData]) -> anyhow::Result<()> {
    let document = |people: &[CardData]| -> anyhow::Result<(usize, u64)> {
        let about = About {
            title: "sovereign".to_owned(),
            date: jiff::civil::date(2026, 11, 25),
        };
        let mut cards = Cards::new(Vec::new(), about, Paper::Cards, layout)?;
        for data in people {
            cards.card(&layout.card(data)?)?;
        }
        let pages = cards.pages();
        Ok((cards.finish()?.len(), pages))
    };
    let (few, all) = (document(&people[..people.len() / 2])?, timed(|| document(people)));
    let ((bytes, pages), seconds) = (all.0?, all.1);
    figures.add(
        "pdf_per_s",
        pages as f64 / seconds,
        "pages a second, from data to bytes",
    );
    let marginal = (bytes - few.0) as f64 / (people.len() - people.len() / 2) as f64;
    figures.add("pdf_bytes", marginal, "bytes a card more, both pages");
    figures.add(
        "pdf_shared_kib",
        (few.0 as f64 - marginal * (people.len() / 2) as f64) / 1024.0,
        "KiB that all cards share",
    );
    Ok(())
}
