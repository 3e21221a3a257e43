//! Other libraries draw the same cards: Python, since that is what programmes draw cards with.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use teranga_bench::figures::Figures;
use teranga_render::data::CardData;
use teranga_render::scene::Layout;

use super::{DPI, cards, handout};

/// Where `cargo xtask bench render` installs them.
const PYTHON: &str = "TERANGA_BENCH_PYTHON";

/// Runs them on some cards. Each prints lines of a key and a number.
pub fn run(figures: &mut Figures, layout: &Layout, people: &[CardData]) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    handout::write(folder.path(), layout, &cards(layout, &people[..200])?, DPI)?;
    for (key, number) in draw(folder.path())? {
        figures.add(key, number, "by another library, in this run");
    }
    Ok(())
}

fn draw(folder: &Path) -> anyhow::Result<Vec<(String, f64)>> {
    let python = std::env::var_os(PYTHON);
    let python = python.with_context(|| {
        format!("{PYTHON} names the Python that has the other libraries; `cargo xtask bench render` sets it")
    })?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../peers/draw_cards.py");
    let output = Command::new(python).arg(script).arg(folder).output()?;
    ensure!(
        output.status.success(),
        "draw_cards.py: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = |line: &str| {
        let (key, number) = line
            .split_once(' ')
            .context("draw_cards.py prints a key and a number a line")?;
        Ok((key.to_owned(), number.parse()?))
    };
    said.lines().map(line).collect()
}
