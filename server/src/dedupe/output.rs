//! The pairs as CSV, and a summary for whoever waited.
#![expect(clippy::print_stderr, reason = "a command line reports on standard error")]

use std::io::Write;
use std::path::Path;

use anyhow::{Context, ensure};
use teranga_core::matching::join::Match;
use teranga_core::matching::{Decision, compare, explain};

use super::join::{Joined, sides};

/// Lines with faults that are shown; the others are counted.
const SHOWN: usize = 20;

/// The file of pairs while it is written: beside its destination, which stays as it was until the end.
#[derive(Debug)]
pub struct Output<'path> {
    path: &'path Path,
    file: tempfile::NamedTempFile,
}

/// Opens the file of pairs. Called before the work, so that nobody waits for what cannot be saved.
pub fn open(path: &Path) -> anyhow::Result<Output<'_>> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let refused = || format!("cannot write {}; choose another file with --out", path.display());
    ensure!(!path.is_dir(), "{}: it is a folder", refused());
    let file = tempfile::NamedTempFile::new_in(folder).with_context(refused)?;
    Ok(Output { path, file })
}

/// Writes the pairs, the likeliest first. The file appears whole or not at all.
pub fn write(output: Output, joined: &Joined, explained: bool) -> anyhow::Result<()> {
    let Output { path, file } = output;
    let mut writer = csv::Writer::from_writer(std::io::BufWriter::new(file));
    writer.write_record([
        "left_id",
        "right_id",
        "similarity",
        "probability",
        "decision",
        "veto",
        "explanation",
    ])?;
    let mut pairs: Vec<&Match> = joined.pairs.iter().collect();
    pairs.sort_by_key(|pair| (std::cmp::Reverse(pair.judgement.score), pair.left, pair.right));
    for pair in pairs {
        writer.write_record(row(joined, pair, explained))?;
    }
    let mut buffer = writer.into_inner().map_err(|error| error.into_error())?;
    buffer.flush()?;
    let file = buffer.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.persist(path)
        .with_context(|| format!("cannot write {}; choose another file with --out", path.display()))?;
    Ok(())
}

fn row(joined: &Joined, pair: &Match, explained: bool) -> [String; 7] {
    let judgement = &pair.judgement;
    let explanation = explained.then(|| {
        let (left, right) = sides(joined, pair);
        explain(left, right, &compare(left, right), &joined.model, judgement).to_string()
    });
    [
        harmless(&joined.left.ids[pair.left as usize]),
        harmless(&joined.right().ids[pair.right as usize]),
        judgement.similarity.to_string(),
        format!("{:.4}", judgement.score.probability()),
        word(&judgement.decision),
        judgement.veto.as_ref().map(word).unwrap_or_default(),
        harmless(&explanation.unwrap_or_default()),
    ]
}

/// The word that the JSON of the API uses too.
fn word(value: &impl serde::Serialize) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.as_str().unwrap_or_default().to_owned()
}

/// A cell that no spreadsheet runs as a formula (OWASP, "CSV Injection").
fn harmless(cell: &str) -> String {
    let runs = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if runs { format!("'{cell}") } else { cell.to_owned() }
}

/// Says how many pairs fell in each band.
pub fn summarize(joined: &Joined, out: &Path) {
    let of = |decision| {
        joined
            .pairs
            .iter()
            .filter(|pair| pair.judgement.decision == decision)
            .count()
    };
    let against = joined
        .right
        .as_ref()
        .map(|right| format!(" against {}", right.ids.len()))
        .unwrap_or_default();
    eprintln!("compared {} people{against}", joined.left.ids.len());
    let left_out = joined.left.faults.len() + joined.right.as_ref().map_or(0, |right| right.faults.len());
    if left_out > 0 {
        eprintln!("  {left_out:>8}  rows left out, for the reasons above");
    }
    eprintln!(
        "  {:>8}  link: one person, beyond reasonable doubt",
        of(Decision::Link)
    );
    eprintln!("  {:>8}  review: somebody should look", of(Decision::Review));
    eprintln!("  {:>8}  alert: two people, but similar", of(Decision::Alert));
    eprintln!("the pairs are in {}", out.display());
}

/// Reports the rows that were left out.
pub fn report_faults(path: &Path, faults: &[(u64, String)]) {
    for (line, reason) in faults.iter().take(SHOWN) {
        eprintln!("{}, line {line}: left out: {reason}", path.display());
    }
    if faults.len() > SHOWN {
        eprintln!(
            "{}: {} rows were left out; the first {SHOWN} are listed above",
            path.display(),
            faults.len()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn formulas_are_made_harmless() {
        assert_eq!(harmless("=1+1"), "'=1+1");
        assert_eq!(harmless("SN-1"), "SN-1");
    }
}
