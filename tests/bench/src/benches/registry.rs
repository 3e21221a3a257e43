//! The status of ten million cards: bytes, time to build, time to look up, beside what one would use instead.

use std::hint::black_box;
use std::time::Instant;

use serde_json::{Value, json};
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::signing::SigningKey;
use teranga_core::registry::Held;
use teranga_core::registry::delta::{Delta, Prefixes};
use teranga_core::registry::filter::{Filter, Key};
use teranga_core::sensitive::Secret;
use xorf::{BinaryFuse8, Filter as _};

use super::world::{self, CARDS};

const KID: Kid = Kid([1, 2, 3, 4]);
const SHARES: [(&str, u64); 3] = [("0_1pct", 1_000), ("1pct", 100), ("5pct", 20)];

/// Measures.
pub fn run() -> anyhow::Result<Value> {
    let mut figures = serde_json::Map::new();
    let publisher = SigningKey::from_seed(Purpose::Publisher, &Secret::take(&mut [2; 32]));
    for (name, every) in SHARES {
        let start = Instant::now();
        let filter = world::filter(KID, every)?;
        let seconds = start.elapsed().as_secs_f64();
        let bound = bound_bytes(1.0 / every as f64);
        let list = world::list(filter)?;
        let bytes = list.sign(&publisher)?.len();
        figures.insert(format!("bytes_10m_{name}"), json!(bytes));
        figures.insert(format!("bound_bytes_10m_{name}"), json!(bound.round()));
        figures.insert(format!("times_bound_{name}"), json!(bytes as f64 / bound));
        figures.insert(format!("build_s_{name}"), json!(seconds));
        figures.insert(format!("lookup_ns_{name}"), json!(lookup_ns(&list.filter, every)));
        figures.insert(format!("wrong_{name}"), json!(wrong(&list.filter, every)));
        if name == "1pct" {
            figures.insert("build_s".into(), json!(seconds));
            figures.insert("lookup_ns".into(), json!(lookup_ns(&list.filter, every)));
            figures.insert("delta_500_bytes".into(), json!(delta_bytes(&publisher, list)?));
        }
        figures.insert(format!("others_10m_{name}"), others(every)?);
    }
    figures.insert("peak_memory_mb".into(), json!(peak_memory_mb()));
    Ok(figures.into())
}

/// The entropy of which cards are revoked.
fn bound_bytes(share: f64) -> f64 {
    let rest = 1.0 - share;
    -(CARDS as f64) * (share * share.log2() + rest * rest.log2()) / 8.0
}

/// Nanoseconds of a look-up, over cards in no order.
fn lookup_ns(filter: &Filter, every: u64) -> f64 {
    let keys: Vec<Key> = (0..200_000)
        .map(|turn| Key::of(&world::token(turn * 49 % CARDS / every * every + turn % every)))
        .collect();
    let start = Instant::now();
    let revoked = keys
        .iter()
        .filter(|key| filter.revoked(KID, **key) == Some(true))
        .count();
    let seconds = start.elapsed().as_secs_f64();
    black_box(revoked);
    seconds * 1e9 / keys.len() as f64
}

/// Wrong answers over all cards.
fn wrong(filter: &Filter, every: u64) -> usize {
    let right =
        |card: &u64| filter.revoked(KID, Key::of(&world::token(*card))) == Some(card.is_multiple_of(every));
    (0..CARDS).filter(|card| !right(card)).count()
}

fn delta_bytes(
    publisher: &SigningKey,
    list: teranga_core::registry::list::StatusList,
) -> anyhow::Result<usize> {
    let next_update = list.next_update;
    let held = Held::new((list, [0; 32]));
    let keys: Vec<Key> = (1..=500)
        .map(|card| Key::of(&world::token(card * 19_999)))
        .collect();
    let cards = Prefixes::of(&keys, (0..CARDS).map(|card| Key::of(&world::token(card))));
    let delta = Delta {
        base: held.base(),
        number: 1,
        issued: next_update,
        next_update,
        withdrawn: Vec::new(),
        cards,
    };
    Ok(delta.sign(publisher)?.len())
}

/// Bytes of what one would use instead, and how many valid cards it would call revoked.
fn others(every: u64) -> anyhow::Result<Value> {
    let revoked = CARDS / every;
    let hashes: Vec<String> = (0..CARDS)
        .step_by(every as usize)
        .map(|card| {
            world::token(card)
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect()
        })
        .collect();
    let fuse = BinaryFuse8::try_from_iterator(
        (0..CARDS)
            .step_by(every as usize)
            .map(short)
            .collect::<Vec<u64>>()
            .into_iter(),
    )
    .map_err(anyhow::Error::msg)?;
    let wrong = (0..CARDS)
        .filter(|card| !card.is_multiple_of(every) && fuse.contains(&short(*card)))
        .count();
    // A Bloom filter that gets the last of the valid cards right, on average, needs this many bits for each revoked one.
    let exact_bloom = revoked as f64 * (CARDS as f64).log2() / std::f64::consts::LN_2 / 8.0;
    Ok(json!({
        "json_list_bytes": serde_json::to_vec(&hashes)?.len(),
        "binary_fuse_8_bytes": fuse.fingerprints.len(),
        "binary_fuse_8_wrong": wrong,
        "bloom_with_one_wrong_bytes_by_formula": exact_bloom.round(),
    }))
}

fn short(card: u64) -> u64 {
    Key::of(&world::token(card)).leading(64)
}

/// The most memory that this process held, as Linux counts it.
fn peak_memory_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace()
        .next()?
        .parse::<u64>()
        .ok()
        .map(|kilobytes| kilobytes / 1_000)
}
