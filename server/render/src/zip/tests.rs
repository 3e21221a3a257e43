//! Other programs open what is written here.

use std::path::Path;
use std::process::Command;

use jiff::civil::date;

use super::*;

/// Runs a program of another party and returns what it says; it must be content.
fn content(program: &str, arguments: &[&str], folder: &Path) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; `cargo xtask test` installs it"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{program}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

#[test]
fn other_programs_open_a_package_and_its_manifest_holds() {
    let folder = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(folder.path().join("cards.zip")).unwrap();
    let mut package = Package::new(file, date(2026, 11, 25), folder.path(), &["file", "name"]).unwrap();
    for (stem, data) in [("../ߊߡߊߘߎ", &b"one"[..]), ("CON", b"two"), ("con", b"three")] {
        let name = package.picture("cards", stem, "png", data).unwrap();
        package.row([name.as_str(), "=HYPERLINK(\"x\")"]).unwrap();
    }
    package.finish().unwrap();
    let said = content("unzip", &["-t", "cards.zip"], folder.path());
    assert!(said.contains("No errors"), "{said}");
    content(
        "python3",
        &["-m", "zipfile", "-e", "cards.zip", "."],
        folder.path(),
    );
    content("sha256sum", &["--check", "--strict", "SHA256SUMS"], folder.path());
    let table = std::fs::read_to_string(folder.path().join("cards.csv")).unwrap();
    assert!(
        table.contains("cards/_ߊߡߊߘߎ.png") && table.contains("cards/_con-2.png"),
        "{table}"
    );
    assert!(table.contains("\"'=HYPERLINK"), "{table}");
}

#[test]
fn more_entries_than_16_bits_count_are_read_by_others() {
    let folder = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(folder.path().join("many.zip")).unwrap();
    let file = std::io::BufWriter::new(file);
    let mut archive = Archive::new(file, date(2026, 11, 25), folder.path()).unwrap();
    for number in 0..65_540 {
        archive.add(&format!("cards/{number:07}.png"), b"x").unwrap();
    }
    archive.finish().unwrap();
    let count =
        "import zipfile; z=zipfile.ZipFile('many.zip'); assert z.testzip() is None; print(len(z.namelist()))";
    assert_eq!(content("python3", &["-c", count], folder.path()).trim(), "65540");
    let said = content("unzip", &["-tqq", "many.zip", "cards/0065539.png"], folder.path());
    assert!(!said.contains("error"), "{said}");
}
