//! `bench decode`: camera frames of worn cards, read by us and by the libraries a user would pick instead.
//!
//! Frames are made and read on all cores, each by itself, and readers are timed by the processor time of their thread,
//! one after the other on the same frame. What a code says is known, so every other text counts as wrong.

mod ours;
mod readers;
mod tally;

use anyhow::{Context as _, ensure};
use rayon::prelude::*;
use teranga_bench::figures::Figures;
use teranga_bench::frames::{self, Name, SEQUENCE, handheld};
use teranga_bench::stopwatch::timed;
use teranga_core::decode::{FrameScanner, TrustJudge};

use readers::{PEERS, Peer};
use tally::{Compared, Look, mean, mean_ms, share};

/// Frames with a code, if no other number is asked for.
const FRAMES: usize = 700;
/// Frames without a code for each with one: 10,000 for 700.
const WITHOUT: f64 = 10_000.0 / 700.0;
/// Of the frames without a code, one in so many is shown to the peers as well.
const SHOWN_TO_PEERS: usize = 25;

/// Measures on the corpus of a seed, with about as many frames as asked for (700 if not said).
pub fn run(frames: Option<usize>, seed: Option<u64>) -> anyhow::Result<Figures> {
    let (frames, seed) = (frames.unwrap_or(FRAMES), seed.unwrap_or(2026));
    ensure!(
        PEERS.first().is_some_and(|peer| peer.name == "zxing"),
        "built without zxing-cpp; run `cargo xtask bench decode`, which builds with it"
    );
    let trust = ours::trust()?;
    let judge = ours::judge(&trust);
    let mut figures = Figures::default();
    let mut wrong = coded(seed, frames, &judge, &mut figures)?;
    wrong += sequences(seed, (frames / 7).max(SEQUENCE), &judge, &mut figures)?;
    wrong += without_code(seed, (frames as f64 * WITHOUT) as usize, &judge, &mut figures)?;
    figures.add("wrong", wrong as f64, "texts of ours that are in no frame");
    Ok(figures)
}

/// Every frame of the corpus before every reader; gives the number of frames in which ours was wrong.
fn coded(seed: u64, frames: usize, judge: &TrustJudge<'_>, figures: &mut Figures) -> anyhow::Result<usize> {
    let names = frames::corpus(seed, frames);
    let compared: Vec<Compared> = names
        .par_iter()
        .map(|name| compare(name, judge))
        .collect::<anyhow::Result<_>>()?;
    eprint!("{}", tally::table(&compared));
    let all: Vec<&Compared> = compared.iter().collect();
    figures.add(
        "frames",
        all.len() as f64,
        "frames with a card, in fourteen kinds",
    );
    figures.add("share", share(&all, 0), "of them read by us");
    figures.add("mean_ms", mean_ms(&all, 0), "mean of a frame, read or not");
    let fallback = |value: fn(&Look) -> f64| mean(all.iter().map(|frame| value(&frame.fallback)));
    figures.add(
        "share_fallback",
        fallback(|look| f64::from(u8::from(look.hit))),
        "read by us, or by zxing-cpp where we saw a code",
    );
    figures.add(
        "mean_ms_fallback",
        fallback(|look| look.ms),
        "mean of a frame with both",
    );
    for (at, peer) in PEERS.iter().enumerate() {
        let reader = at + 1;
        figures.add(
            format!("share_{}", peer.name),
            share(&all, reader),
            "of them read",
        );
        figures.add(
            format!("mean_ms_{}", peer.name),
            mean_ms(&all, reader),
            "mean of a frame",
        );
        let wrong = all.iter().filter(|frame| frame.looks[reader].wrong).count();
        figures.add(
            format!("wrong_{}", peer.name),
            wrong as f64,
            "frames with another text",
        );
    }
    let misses = |reader| 1.0 - share(&all, reader);
    figures.add("misses_ratio", misses(0) / misses(1), "our misses to zxing-cpp's");
    Ok(all
        .iter()
        .filter(|frame| frame.looks[0].wrong || frame.fallback.wrong)
        .count())
}

fn compare(name: &Name, judge: &TrustJudge<'_>) -> anyhow::Result<Compared> {
    let shot = name.shoot();
    let (found, seconds) = timed(|| ours::texts(&shot.luma, judge));
    let mut looks = vec![Look::new(&found?, Some(&shot.text), seconds)];
    looks.extend(PEERS.iter().map(|peer| look(peer, &shot.luma, Some(&shot.text))));
    let (found, seconds) = timed(|| ours::next(&mut ours::with_second_opinion(), &shot.luma, judge));
    Ok(Compared {
        kind: shot.kind,
        severity: shot.severity,
        looks,
        fallback: Look::new(&found?, Some(&shot.text), seconds),
    })
}

fn look(peer: &Peer, luma: &[u8], expected: Option<&str>) -> Look {
    let (found, seconds) = timed(|| (peer.read)(luma));
    Look::new(&found, expected, seconds)
}

/// Hand-held sequences of ten frames: read within them by our scanner, and by zxing-cpp frame by frame.
fn sequences(
    seed: u64,
    count: usize,
    judge: &TrustJudge<'_>,
    figures: &mut Figures,
) -> anyhow::Result<usize> {
    let outcomes: Vec<[Look; 2]> = (0..count)
        .into_par_iter()
        .map(|sequence| hold(seed, sequence, count, judge))
        .collect::<anyhow::Result<_>>()?;
    let within = |reader: usize| {
        mean(
            outcomes
                .iter()
                .map(|looks| f64::from(u8::from(looks[reader].hit))),
        )
    };
    figures.add("handheld_10", within(0), "sequences read within ten frames");
    figures.add("handheld_10_zxing", within(1), "the same by zxing-cpp");
    Ok(outcomes.iter().filter(|looks| looks[0].wrong).count())
}

fn hold(seed: u64, sequence: usize, of: usize, judge: &TrustJudge<'_>) -> anyhow::Result<[Look; 2]> {
    let zxing = PEERS.first().context("no peer was built in")?;
    let (mut scanner, mut looks) = (FrameScanner::new(), [Look::default(); 2]);
    for frame in 0..SEQUENCE {
        let shot = handheld::shoot(seed, sequence, of, frame);
        if !looks[0].hit {
            let found = ours::next(&mut scanner, &shot.luma, judge)?;
            let now = Look::new(&found, Some(&shot.text), 0.0);
            looks[0].hit = now.hit;
            looks[0].wrong |= now.wrong;
        }
        looks[1].hit = looks[1].hit || look(zxing, &shot.luma, Some(&shot.text)).hit;
        if looks[0].hit && looks[1].hit {
            break;
        }
    }
    Ok(looks)
}

/// Frames in which there is nothing to read.
fn without_code(
    seed: u64,
    count: usize,
    judge: &TrustJudge<'_>,
    figures: &mut Figures,
) -> anyhow::Result<usize> {
    let looks: Vec<Vec<Look>> = (0..count)
        .into_par_iter()
        .map(|number| {
            let luma = frames::without_code(seed, number);
            let (found, seconds) = timed(|| ours::texts(&luma, judge));
            let mut looks = vec![Look::new(&found?, None, seconds)];
            if number % SHOWN_TO_PEERS == 0 {
                looks.extend(PEERS.iter().map(|peer| look(peer, &luma, None)));
            }
            Ok(looks)
        })
        .collect::<anyhow::Result<_>>()?;
    let of = |reader: usize| {
        mean(
            looks
                .iter()
                .filter_map(|looks| looks.get(reader))
                .map(|look| look.ms),
        )
    };
    figures.add("nocode_frames", count as f64, "frames without a code");
    figures.add("nocode_ms", of(0), "mean of such a frame");
    for (at, peer) in PEERS.iter().enumerate() {
        figures.add(
            format!("nocode_ms_{}", peer.name),
            of(at + 1),
            "mean of such a frame",
        );
    }
    Ok(looks.iter().filter(|looks| looks[0].wrong).count())
}
