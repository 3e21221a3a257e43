//! `bench names`: one name against a dictionary of fifty thousand, in the order of what a user could pick.

use std::hint::black_box;

use anyhow::ensure;
use rapidfuzz::distance::jaro_winkler as rapidfuzz_jw;
use teranga_core::matching::jaro_winkler::{Batch, jaro_winkler};

use teranga_bench::figures::Figures;
use teranga_bench::register::Rng;
use teranga_bench::stopwatch::{median, timed};

const WORDS: usize = 50_000;
const QUERIES: usize = 40;

/// Measures nanoseconds a pair; fails unless every similarity has the same bits as rapidfuzz's.
pub fn run() -> anyhow::Result<Figures> {
    let mut rng = Rng::new(20_26);
    let words: Vec<String> = (0..WORDS)
        .map(|_| teranga_bench::register::name(&mut rng))
        .collect();
    let queries: Vec<String> = (0..QUERIES)
        .map(|_| teranga_bench::register::name(&mut rng))
        .collect();
    let batch = Batch::new(words.iter().map(|word| word.as_bytes()));
    for query in &queries {
        check_bits(&batch, &words, query)?;
    }
    let mut figures = Figures::default();
    figures.add(
        "pair_ns",
        per_pair(&queries, |query| batched(&batch, query)),
        "our batch",
    );
    figures.add(
        "pair_ns_single",
        per_pair(&queries, |q| {
            one_by_one(&words, |w| jaro_winkler(w.as_bytes(), q.as_bytes()))
        }),
        "our single comparison",
    );
    figures.add(
        "pair_ns_strsim",
        per_pair(&queries, |q| one_by_one(&words, |w| strsim::jaro_winkler(w, q))),
        "strsim",
    );
    figures.add(
        "pair_ns_rapidfuzz",
        per_pair(&queries, |q| {
            one_by_one(&words, |w| rapidfuzz_jw::similarity(w.bytes(), q.bytes()))
        }),
        "rapidfuzz crate",
    );
    figures.add(
        "pair_ns_rapidfuzz_batch",
        per_pair(&queries, |q| {
            let comparator = rapidfuzz_jw::BatchComparator::new(q.bytes());
            one_by_one(&words, |w| comparator.similarity(w.bytes()))
        }),
        "rapidfuzz crate, batch comparator",
    );
    figures.add("bit_equal", 1.0, "every similarity has the bits of rapidfuzz's");
    Ok(figures)
}

fn per_pair(queries: &[String], compare_all: impl Fn(&str) -> f64) -> f64 {
    let times = queries
        .iter()
        .map(|query| timed(|| compare_all(query)).1 / WORDS as f64 * 1e9)
        .collect();
    median(times)
}

fn batched(batch: &Batch, query: &str) -> f64 {
    let mut sum = 0.0;
    batch.similarities(query.as_bytes(), |_, similarity| sum += similarity);
    black_box(sum)
}

fn one_by_one(words: &[String], compare: impl Fn(&str) -> f64) -> f64 {
    black_box(words.iter().map(|word| compare(word)).sum())
}

fn check_bits(batch: &Batch, words: &[String], query: &str) -> anyhow::Result<()> {
    let mut wrong = None;
    batch.similarities(query.as_bytes(), |number, similarity| {
        let word = &words[number as usize];
        let theirs = rapidfuzz_jw::similarity(word.bytes(), query.bytes());
        if similarity.to_bits() != theirs.to_bits() {
            wrong = Some((word.clone(), similarity, theirs));
        }
    });
    ensure!(
        wrong.is_none(),
        "not bit-equal to rapidfuzz for {query}: {wrong:?}"
    );
    Ok(())
}
