//! Names as every platform must normalize them, and the labelled set of West African names.
//!
//! `tests/fixtures/names/README.md` says how the set was made. After an intended change of normalization write the
//! vectors anew with `TERANGA_WRITE_GOLDEN=1 cargo test -p teranga-tests --test names_vectors`.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where a fixture is not as it should be"
)]

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::{Value, json};
use teranga_core::names::{Token, are_twin_names, normalize};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/names")
        .join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(file(name)).unwrap()
}

/// The rows of a hand-curated list, split at bars.
fn list(name: &str) -> Vec<Vec<String>> {
    read(name)
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('|').map(|field| field.trim().to_owned()).collect())
        .collect()
}

fn first_token(name: &str) -> Token {
    normalize(name).tokens.into_iter().next().unwrap()
}

fn are_one(one: &Token, other: &Token) -> bool {
    one.canonical == other.canonical || one.related.is_some() && one.related == other.related
}

fn vector(raw: &str) -> Value {
    let name = normalize(raw);
    let tokens: Vec<Value> = name
        .tokens
        .iter()
        .map(|token| {
            json!({
                "folded": token.folded, "canonical": token.canonical,
                "related": token.related, "initial": token.initial,
            })
        })
        .collect();
    json!({ "raw": raw, "tokens": tokens, "titles": name.titles })
}

#[test]
fn names_normalize_as_the_vectors_say() {
    let golden: Vec<Value> = serde_json::from_str(&read("normalize.json")).unwrap();
    let made: Vec<Value> = golden
        .iter()
        .map(|row| vector(row["raw"].as_str().unwrap()))
        .collect();
    if std::env::var_os("TERANGA_WRITE_GOLDEN").is_some() {
        let rows: Vec<String> = made.iter().map(Value::to_string).collect();
        std::fs::write(file("normalize.json"), format!("[\n{}\n]\n", rows.join(",\n"))).unwrap();
        return;
    }
    assert!(golden.len() >= 200);
    for (golden, made) in golden.iter().zip(&made) {
        assert_eq!(golden, made);
    }
}

#[test]
fn nearly_every_spelling_comes_out_as_one_name() {
    let (mut one_name, mut missed) = (0, Vec::new());
    for (name, spellings) in list("given.txt")
        .iter()
        .map(|row| (&row[2], &row[3]))
        .chain(list("families.txt").iter().map(|row| (&row[1], &row[2])))
    {
        for spelling in spellings.split_whitespace() {
            match are_one(&first_token(name), &first_token(spelling)) {
                true => one_name += 1,
                false => missed.push(format!("{name} {spelling}")),
            }
        }
    }
    let all = one_name + missed.len();
    assert!(one_name >= 433, "{one_name} of {all}, without {missed:?}");
}

#[test]
fn names_that_look_alike_stay_two() {
    for row in list("different.txt") {
        let (one, other) = (first_token(&row[1]), first_token(&row[2]));
        assert_ne!(one.canonical, other.canonical, "{} and {}", row[1], row[2]);
    }
}

#[test]
fn twins_of_the_lists_are_known_as_twins() {
    let name = |field: &str| first_token(field.split_once(' ').unwrap().1);
    let rows = list("twins.txt");
    let missed: Vec<_> = rows
        .iter()
        .filter(|row| !are_twin_names(&name(&row[1]), &name(&row[2])))
        .collect();
    // Taiye, short for Taiwo, is in no table.
    assert!(missed.len() <= 1, "{missed:?}");
}

#[test]
fn labels_agree_with_the_clusters_of_the_people() {
    let people = read("people.csv");
    let cluster: HashMap<&str, &str> = people
        .lines()
        .skip(1)
        .map(|line| {
            let mut fields = line.split(',');
            (fields.next().unwrap(), fields.next().unwrap())
        })
        .collect();
    for line in read("pairs.csv").lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let same = cluster[fields[0]] == cluster[fields[1]];
        assert_eq!(same, fields[2] == "same", "{line}");
    }
}
