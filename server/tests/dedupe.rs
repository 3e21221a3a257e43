//! `teranga dedupe` as its user runs it.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something is not as it says"
)]

use std::path::Path;
use std::process::{Command, Output};

fn dedupe(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_teranga"))
        .arg("dedupe")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn written(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn pairs(folder: &Path, file: &str) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(folder.join(file)).unwrap();
    reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

const PEOPLE: &str = "\
code;Prénom;Nom;Date de naissance;Sexe;Commune;Téléphone
1;Fatoumata;Diallo;14/03/1988;F;Pikine;77 123 45 67
2;Ousmane;Sonko;02/11/1975;M;Thiès;
3;Fatoumatta;Jallow;14/03/1988;F;Pikine;771234567
4;Awa;Ndiaye;30/02/1990;F;Mbour;
5;Assane;Faye;09/09/2020;M;Fatick;
6;Ousseynou;Faye;09/09/2020;M;Fatick;
";

#[test]
fn a_person_written_in_two_orthographies_is_found_and_twins_are_not_joined() {
    let folder = written(&[("people.csv", PEOPLE)]);
    let output = dedupe(folder.path(), &["people.csv", "--explain"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(
        said.contains("line 5: left out"),
        "the 30th of February is reported: {said}"
    );
    assert!(said.contains("1  rows left out"), "and counted: {said}");
    assert!(
        !said.contains("Ndiaye"),
        "a report repeats nothing private: {said}"
    );
    let pairs = pairs(folder.path(), "pairs.csv");
    let found = pairs
        .iter()
        .find(|pair| pair[0] == "1" && pair[1] == "3")
        .unwrap();
    assert_eq!(found[4], "link", "{pairs:?}");
    assert!(found[6].contains("family"), "{}", found[6]);
    assert!(
        !pairs.iter().any(|pair| pair[0] == "5" && pair[4] == "link"),
        "{pairs:?}"
    );
}

#[test]
fn two_files_are_linked() {
    let right = "name,dob,sex,town\nJallow Fatoumatta,1988-03-14,female,Pikine\nSomebody Else,1960-01-01,male,Kolda\n";
    let folder = written(&[("left.csv", PEOPLE), ("right.csv", right)]);
    let output = dedupe(
        folder.path(),
        &["left.csv", "--against", "right.csv", "--out", "both.csv"],
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let pairs = pairs(folder.path(), "both.csv");
    assert!(
        pairs.iter().any(|pair| pair[0] == "1" && pair[1] == "line 2"),
        "{pairs:?}"
    );
}

#[test]
fn columns_that_are_not_recognized_are_listed_with_the_flags_to_use() {
    let folder = written(&[("x.csv", "a,b\n1,2\n"), ("empty.csv", "")]);
    let output = dedupe(folder.path(), &["x.csv"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("a, b") && said.contains("--given-column"), "{said}");
    assert!(String::from_utf8_lossy(&dedupe(folder.path(), &["empty.csv"]).stderr).contains("is empty"));
    let missing = dedupe(folder.path(), &["x.csv", "--given-column", "c"]);
    assert!(String::from_utf8_lossy(&missing.stderr).contains("there is no column \"c\""));
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_and_leaves_nothing() {
    let folder = written(&[("people.csv", PEOPLE)]);
    let output = dedupe(
        folder.path(),
        &["people.csv", "--out", "no/such/folder/pairs.csv"],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--out"));
    let output = dedupe(folder.path(), &["people.csv", "--out", "."]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("it is a folder"));
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no half-written file stays"
    );
}

#[test]
fn every_encoding_and_delimiter_gives_the_same_pairs() {
    let utf16 = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let windows_1252 = |text: &str| -> Vec<u8> { text.chars().map(|letter| letter as u8).collect() };
    let files = [
        PEOPLE.as_bytes().to_vec(),
        format!("\u{feff}{PEOPLE}").into_bytes(),
        utf16(&format!("\u{feff}{PEOPLE}")),
        windows_1252(PEOPLE),
        PEOPLE.replace(';', ",").into_bytes(),
        PEOPLE.replace(';', "\t").into_bytes(),
        PEOPLE.replace('\n', "\r\n").into_bytes(),
    ];
    let folder = tempfile::tempdir().unwrap();
    let mut results = files.iter().map(|bytes| {
        std::fs::write(folder.path().join("people.csv"), bytes).unwrap();
        assert!(
            dedupe(folder.path(), &["people.csv", "--explain"])
                .status
                .success()
        );
        pairs(folder.path(), "pairs.csv")
    });
    let first = results.next().unwrap();
    assert!(!first.is_empty() && results.all(|other| other == first));
}
