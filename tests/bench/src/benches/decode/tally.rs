//! What was read of a corpus, by kind and by reader.

use std::fmt::Write as _;

use teranga_bench::frames::Kind;

use super::readers::PEERS;

/// What a reader made of a frame.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look {
    /// It found the card's text.
    pub hit: bool,
    /// It found a text that is not there.
    pub wrong: bool,
    /// Processor milliseconds.
    pub ms: f64,
}

impl Look {
    /// Judges what was found in a frame whose code, if it has one, says `expected`.
    pub fn new(found: &[String], expected: Option<&str>, seconds: f64) -> Self {
        let right = |text: &String| Some(text.as_str()) == expected;
        Self {
            hit: found.iter().any(right),
            wrong: !found.iter().all(right),
            ms: seconds * 1e3,
        }
    }
}

/// One frame before every reader: ours first, then the peers in their order.
#[derive(Debug)]
pub struct Compared {
    /// What makes the frame hard.
    pub kind: Kind,
    /// How hard.
    pub severity: f64,
    /// What each reader made of it.
    pub looks: Vec<Look>,
    /// What ours made of it with zxing-cpp behind it.
    pub fallback: Look,
}

/// Share of the frames that a reader read.
pub fn share(frames: &[&Compared], reader: usize) -> f64 {
    mean(
        frames
            .iter()
            .map(|frame| f64::from(u8::from(frame.looks[reader].hit))),
    )
}

/// Mean processor milliseconds of a reader.
pub fn mean_ms(frames: &[&Compared], reader: usize) -> f64 {
    mean(frames.iter().map(|frame| frame.looks[reader].ms))
}

/// The mean; not a number of nothing.
pub fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / count
}

/// A line a kind: percent read by each reader, the severity above which ours reads nothing, mean milliseconds.
pub fn table(frames: &[Compared]) -> String {
    let mut text = format!("{:14}{:>8}", "percent read", "ours");
    for peer in PEERS {
        let _ = write!(text, "{:>8}", peer.name);
    }
    text.push_str("  hardest  ours ms");
    for peer in PEERS {
        let _ = write!(text, "{:>10}", format!("{} ms", peer.name));
    }
    text.push('\n');
    for kind in Kind::ALL {
        let of_kind: Vec<&Compared> = frames.iter().filter(|frame| frame.kind == kind).collect();
        text.push_str(&line(kind.name(), &of_kind));
    }
    text.push_str(&line("all", &frames.iter().collect::<Vec<_>>()));
    text
}

fn line(name: &str, frames: &[&Compared]) -> String {
    let hit = frames.iter().filter(|frame| frame.looks[0].hit);
    let hardest = hit.map(|frame| frame.severity).fold(0.0, f64::max);
    let readers = 0..=PEERS.len();
    let mut text = format!("{name:14}");
    for reader in readers.clone() {
        let _ = write!(text, "{:>8.1}", 100.0 * share(frames, reader));
    }
    let _ = write!(text, "{hardest:>9.2}");
    for reader in readers {
        let _ = write!(text, "{:>10.2}", mean_ms(frames, reader));
    }
    text.push('\n');
    text
}
