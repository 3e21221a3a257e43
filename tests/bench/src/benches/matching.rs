//! `bench match`: how well and how fast people are found.

use std::collections::HashSet;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use teranga_core::matching::index::Index;
use teranga_core::matching::join::Blocks;
use teranga_core::matching::{self, Decision, Model, PreparedPerson, Rules, Score, join};
use teranga_core::person::Demographics;

use super::febrl;
use teranga_bench::figures::Figures;
use teranga_bench::register::{self, Register};
use teranga_bench::stopwatch::{median, timed};

const PEOPLE: usize = 100_000;
const DUPLICATES: usize = 10_550;

/// Measures quality on the public sets and on an invented West African register.
pub fn run() -> Result<Figures> {
    let mut figures = Figures::from(febrl::run()?);
    african_register(&mut figures);
    queries(&mut figures);
    spreadsheet(&mut figures)?;
    Ok(figures)
}

/// One query over everyone, exact, on one thread; beside it the published formula with strsim, as one would write it.
fn queries(figures: &mut Figures) {
    for (size, key) in [(100_000, "query_100k_ms"), (1_000_000, "query_1m_ms")] {
        let people = register::generate(size, size / 10, 5).people;
        let prepared: Vec<PreparedPerson> = people.iter().map(PreparedPerson::new).collect();
        let frequencies = matching::count_all(&prepared);
        let index = Index::new(prepared.into_iter().map(|person| person.weighed(&frequencies)));
        let model = Model::default_for(size as u64);
        let asked: Vec<PreparedPerson> = register::generate(40, 0, 99)
            .people
            .iter()
            .chain(people.iter().step_by(size / 40))
            .map(|person| PreparedPerson::new(person).weighed(&frequencies))
            .collect();
        let even = Score::at_permille(500);
        let times: Vec<f64> = asked
            .iter()
            .map(|person| timed(|| index.query(person, &model, even)).1 * 1e3)
            .collect();
        if size == 1_000_000 {
            let worst = times.iter().copied().fold(0.0, f64::max);
            figures.add("query_1m_ms_max", worst, "slowest of eighty queries");
            figures.add(
                "query_1m_ms_strsim",
                published_with_strsim(&people),
                "the published formula with strsim",
            );
        } else {
            figures.add(
                "blocking_recall",
                blocking_recall(&index, &asked, &model),
                "share of the exhaustive answer that keys find",
            );
        }
        figures.add(key, median(times), "median of eighty exact queries");
    }
}

/// Of the people whom the exhaustive search finds at one half or more, the share that share a blocking key.
fn blocking_recall(index: &Index, asked: &[PreparedPerson], model: &Model) -> f64 {
    let (mut all, mut kept) = (0usize, 0usize);
    let blocks = Blocks::new(index.people());
    let mut search = blocks.search();
    for person in asked.iter().chain(index.people().iter().step_by(50)) {
        let candidates = search.candidates(person, 0);
        for hit in index.query(person, model, Score::at_permille(500)) {
            all += 1;
            kept += usize::from(candidates.binary_search(&hit.at).is_ok());
        }
    }
    kept as f64 / all.max(1) as f64
}

/// Milliseconds of the published weighted score over everyone.
fn published_with_strsim(people: &[Demographics]) -> f64 {
    let asked = &people[7];
    let score = |other: &Demographics| {
        25.0 * strsim::jaro_winkler(&asked.given, &other.given)
            + 25.0 * strsim::jaro_winkler(&asked.family, &other.family)
            + 20.0 * f64::from(u8::from(asked.birth == other.birth))
            + 10.0 * f64::from(u8::from(asked.sex == other.sex))
            + 10.0 * f64::from(u8::from(asked.place.commune == other.place.commune))
    };
    let times = (0..3).map(|_| timed(|| people.iter().filter(|other| score(other) >= 45.0).count()).1 * 1e3);
    median(times.collect())
}

/// `teranga dedupe` on a spreadsheet of a million people, as its user waits for it: wall time and largest memory.
fn spreadsheet(figures: &mut Figures) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let people = register::generate(1_000_000, 100_000, 11).people;
    register::write(&people, &folder.path().join("people.csv"))?;
    drop(people);
    let teranga = std::env::current_exe()?.with_file_name("teranga");
    let start = Instant::now();
    let mut child = Command::new(&teranga)
        .args(["dedupe", "people.csv"])
        .current_dir(folder.path())
        .spawn()
        .with_context(|| {
            format!(
                "{} is missing: cargo build --release --package teranga-server",
                teranga.display()
            )
        })?;
    let mut peak_kib = 0.0f64;
    let status = loop {
        peak_kib = peak_kib.max(peak_memory_kib(child.id()));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    ensure!(status.success(), "teranga dedupe failed: {status}");
    figures.add(
        "dedupe_1m_s",
        start.elapsed().as_secs_f64(),
        "seconds to find duplicates among a million",
    );
    figures.add("dedupe_1m_mib", peak_kib / 1024.0, "largest memory of that, MiB");
    Ok(())
}

/// The largest memory that a process has had so far.
fn peak_memory_kib(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok())
        .unwrap_or(0.0)
}

/// Learns without labels on a register of 100,000 and looks for the 10,550 people who are in it twice.
fn african_register(figures: &mut Figures) {
    let Register { people, truth } = register::generate(PEOPLE, DUPLICATES, 7);
    let prepared: Vec<PreparedPerson> = people.iter().map(PreparedPerson::new).collect();
    let learnt = matching::learn(&prepared, None);
    let prepared: Vec<_> = prepared
        .into_iter()
        .map(|person| person.weighed(&learnt.frequencies))
        .collect();
    let judge = join::Judge {
        model: &learnt.model,
        rules: &Rules::default(),
    };
    let found = join::duplicates(&prepared, judge, &|_| {});
    let truth: HashSet<(u32, u32)> = truth.into_iter().collect();
    let is_true = |pair: &&join::Match| truth.contains(&(pair.left, pair.right));
    let right = found.iter().filter(is_true).count() as f64;
    let (precision, recall) = (right / found.len() as f64, right / truth.len() as f64);
    let links: Vec<_> = found
        .iter()
        .filter(|pair| pair.judgement.decision == Decision::Link)
        .collect();
    let false_links = links.iter().filter(|pair| !is_true(pair)).count();
    figures.add(
        "african_f1",
        2.0 * precision * recall / (precision + recall),
        "F1 at one half, register of 100,000",
    );
    figures.add("african_recall", recall, "true pairs at one half or more");
    figures.add("african_links", links.len() as f64, "automatic links");
    figures.add(
        "african_false_links",
        false_links as f64,
        "automatic links that are two people",
    );
}
