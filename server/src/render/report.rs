//! What a run says when it ends. Nothing in it repeats what a row holds.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line reports on its standard streams"
)]

use std::path::Path;

use serde::Serialize;
use teranga_render::scene::Card;
use teranga_render::template;

use super::output::Written;

/// Lines that are shown to people; the others are counted.
const SHOWN: usize = 20;
/// Lines that are listed in JSON; the others are in the file of refused rows, or counted.
const LISTED: usize = 1_000;

/// A line of the spreadsheet, and what there is to say about it.
#[derive(Debug, Serialize)]
pub struct Remark {
    line: u64,
    reason: String,
}

/// Remarks, the first of which are kept.
#[derive(Debug, Default, Serialize)]
pub struct Remarks {
    /// How many.
    pub count: u64,
    first: Vec<Remark>,
}

/// A run, counted.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Name of the template.
    pub template: String,
    /// Dots per inch of pictures.
    pub dpi: u32,
    /// Cards that were made.
    pub cards: u64,
    /// Whether each card's code was read from its pixels before it counted.
    pub read_back: bool,
    /// Rows without a card.
    pub refused: Remarks,
    /// Cards on which something fell short.
    pub short: Remarks,
    /// What was made.
    pub files: Vec<Written>,
    /// How long it took.
    pub seconds: f64,
}

impl Remarks {
    /// Adds one.
    pub fn add(&mut self, line: u64, reason: String) {
        self.count += 1;
        if self.first.len() < LISTED {
            self.first.push(Remark { line, reason });
        }
    }

    fn show(&self, what: &str) {
        for remark in self.first.iter().take(SHOWN) {
            eprintln!("line {}: {what}: {}", remark.line, remark.reason);
        }
        if self.count > SHOWN as u64 {
            eprintln!("and {} more lines like these", self.count - SHOWN as u64);
        }
    }
}

impl Report {
    /// Notes what a card lacks: letters that no font has, texts that had to be cut.
    pub fn note(&mut self, line: u64, card: &Card) {
        if !card.missing.is_empty() {
            let letters: Vec<String> = card
                .missing
                .iter()
                .map(|letter| format!("U+{:04X}", *letter as u32))
                .collect();
            let reason = format!("no font has {}; boxes are printed instead", letters.join(", "));
            self.short.add(line, reason);
        }
        if card.cut {
            self.short
                .add(line, "a text had to be cut for lack of room".to_owned());
        }
    }

    /// Prints it.
    pub fn print(&self, out: &Path, as_json: bool) -> anyhow::Result<()> {
        if as_json {
            println!("{}", serde_json::to_string_pretty(self)?);
            return Ok(());
        }
        self.refused.show("no card");
        self.short.show("printed, but look at it");
        println!(
            "{:>10}  cards of {} in {:.1} s",
            self.cards, self.template, self.seconds
        );
        if self.refused.count > 0 {
            println!("{:>10}  rows without a card, see refused.csv", self.refused.count);
        }
        if self.short.count > 0 {
            println!("{:>10}  remarks on cards that were printed", self.short.count);
        }
        println!(
            "{:>10}  each card's code {} from its pixels",
            "",
            if self.read_back {
                "was read"
            } else {
                "was NOT read"
            }
        );
        for file in &self.files {
            println!(
                "{:>10}  KiB  {}",
                file.bytes.div_ceil(1024),
                out.join(&file.name).display()
            );
        }
        Ok(())
    }
}

/// Prints a preview's files.
pub fn previewed(out: &Path, names: &[String], as_json: bool) {
    if as_json {
        println!("{}", serde_json::json!({ "files": names }));
    } else {
        names
            .iter()
            .for_each(|name| println!("{}", out.join(name).display()));
    }
}

/// Prints the templates.
pub fn templates(as_json: bool) -> anyhow::Result<()> {
    let all = || template::names().filter_map(template::builtin);
    if as_json {
        let list: Vec<_> = all()
            .map(|template| {
                let colors: std::collections::BTreeMap<_, _> = template
                    .palette
                    .iter()
                    .map(|(name, color)| (name, color.to_string()))
                    .collect();
                serde_json::json!({
                    "name": template.name, "title": template.title, "purpose": template.purpose,
                    "width": template.width, "height": template.height,
                    "colors": colors, "texts": template.texts,
                })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&list)?);
        return Ok(());
    }
    for template in all() {
        let mm = |units: f32| units * teranga_render::geometry::MM_PER_UNIT;
        let (width, height) = (mm(template.width), mm(template.height));
        println!(
            "{:12} {width:5.1} × {height:4.1} mm  {}",
            template.name, template.purpose
        );
    }
    Ok(())
}
