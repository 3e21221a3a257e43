//! The real program, `teranga render`, on a thousand cards and on a hundred thousand: its memory and its pace.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use teranga_bench::figures::Figures;

use super::people::spreadsheet;

/// Measures.
pub fn run(figures: &mut Figures) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let keys = ["keys", "make", "issuer", "--campaign", "POLIO26"];
    ensure!(
        program(folder.path(), &keys)?.status()?.success(),
        "no key was made"
    );
    for (name, count) in [("1k", 1_000), ("100k", 100_000)] {
        std::fs::write(folder.path().join("people.csv"), spreadsheet(count))?;
        let start = Instant::now();
        let peak = draw(folder.path())?;
        let seconds = start.elapsed().as_secs_f64();
        figures.add(
            format!("rss_mib_{name}"),
            peak,
            "MiB at the most: fronts as PDF and ZIP, read back, all cores",
        );
        figures.add(
            format!("program_per_s_{name}"),
            count as f64 / seconds,
            "cards a second by the clock",
        );
    }
    let size = |name: &str| std::fs::metadata(folder.path().join("out").join(name)).map(|about| about.len());
    figures.add(
        "program_pdf_mib",
        size("cards.pdf")? as f64 / 1048576.0,
        "MiB of PDF, a hundred thousand cards",
    );
    figures.add(
        "program_zip_mib",
        size("cards.zip")? as f64 / 1048576.0,
        "MiB of ZIP",
    );
    Ok(())
}

fn program(folder: &Path, arguments: &[&str]) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?.with_file_name("teranga"));
    command
        .args(arguments)
        .current_dir(folder)
        .env("TERANGA_DATA", folder.join("data"))
        .stdout(Stdio::null());
    Ok(command)
}

/// Draws the cards of `people.csv`; gives the most memory that it took, MiB.
fn draw(folder: &Path) -> anyhow::Result<f64> {
    let arguments = [
        "render",
        "--template",
        "sovereign",
        "--data",
        "people.csv",
        "--out",
        "out",
        "--campaign",
        "POLIO26",
        "--pdf",
        "--zip",
        "--side",
        "front",
        "--replace",
    ];
    let mut child = program(folder, &arguments)?
        .spawn()
        .context("`teranga` stands beside the bench")?;
    let mut peak = 0.0_f64;
    loop {
        peak = peak.max(peak_mib(child.id()));
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "teranga render: {status}");
            return Ok(peak);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn peak_mib(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: Option<f64> = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok());
    kib.unwrap_or(0.0) / 1024.0
}
