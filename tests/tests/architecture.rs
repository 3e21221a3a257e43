//! The shape of the repository, held by a test: imports point one way, one word names a domain in every tree, the
//! root stays clean, and nothing in it speaks of the machine it was made on.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops where the repository is not as it says"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Modules of the core in the order in which they may be imported: each sees only those before it.
const CORE: &[&str] = &[
    "clock",
    "ids",
    "sensitive",
    "places",
    "person",
    "names",
    "matching",
    "card",
    "registry",
    "verify",
    "wallet",
    "guard",
    "wire",
    "decode",
    "store",
    "outbox",
    "scan",
    "find",
    "register",
    "sync",
    "relay",
    "session",
    "engine",
];

/// Domains of the server in the same sense.
const SERVER: &[&str] = &[
    "db",
    "keys",
    "problem",
    "files",
    "config",
    "caller",
    "input",
    "openapi",
    "words",
    "app",
    "health",
    "queue",
    "audit",
    "org",
    "access",
    "mpi",
    "review",
    "card",
    "bundle",
    "verify",
    "scan",
    "phone",
    "spreadsheet",
    "dedupe",
    "import",
    "devices",
    "torture",
    "render",
    "studio",
    "publish",
    "campaign",
    "lot",
    "dhis2",
    "demo",
    "admin",
    "router",
    "worker",
    "serve",
    "cli",
];

/// What the root may hold besides dotfiles.
const ROOT: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "LICENSE",
    "README.md",
    "android",
    "core",
    "docs",
    "ios",
    "mobile-ffi",
    "server",
    "tests",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_path_buf()
}

/// Files that git tracks or would track, relative to the root.
fn files() -> Vec<PathBuf> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files of the repository");
    assert!(
        output.status.success(),
        "git ls-files: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let list = String::from_utf8(output.stdout).unwrap();
    list.split('\0')
        .filter(|name| !name.is_empty())
        .map(PathBuf::from)
        .filter(|p| root().join(p).is_file())
        .collect()
}

fn rust_files_under(folder: &str) -> Vec<PathBuf> {
    let mut found: Vec<_> = files()
        .into_iter()
        .filter(|path| path.starts_with(folder) && path.extension().is_some_and(|e| e == "rs"))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no Rust files under {folder}");
    found
}

/// The text of a file without its unit tests and without comments.
fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(root().join(path)).unwrap();
    let production = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let code = production
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    code.map(|line| line.split(" // ").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The first path segments that follow `crate::`, in `crate::names::Token` and in `crate::{card, verify::Verdict}`.
fn imported_modules(code: &str) -> BTreeSet<String> {
    let mut modules = BTreeSet::new();
    for (start, _) in code.match_indices("crate::") {
        let rest = &code[start + "crate::".len()..];
        match rest.strip_prefix('{') {
            Some(group) => modules.extend(heads_of_group(group)),
            None => modules.extend(first_word(rest)),
        }
    }
    modules
}

fn heads_of_group(group: &str) -> Vec<String> {
    let mut depth = 1;
    let mut heads = Vec::new();
    let mut at_head = true;
    for (place, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' if depth == 1 => at_head = true,
            c if at_head && c.is_alphabetic() => {
                heads.extend(first_word(&group[place..]));
                at_head = false;
            }
            _ => {}
        }
    }
    heads
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect();
    (!word.is_empty()).then_some(word)
}

/// The first name of a path under a folder: `card` or `clock.rs`.
fn room_of(path: &Path, folder: &str) -> String {
    let inside = path.strip_prefix(folder).unwrap();
    inside
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy()
        .into_owned()
}

/// The module a file belongs to.
fn module_of(path: &Path, source: &str) -> String {
    room_of(path, source).trim_end_matches(".rs").to_owned()
}

/// Unit tests in files of their own: they may drive their module from above, as its callers do.
fn is_a_test(path: &Path) -> bool {
    path.components()
        .any(|part| matches!(part.as_os_str().to_str(), Some("tests" | "tests.rs")))
}

fn assert_imports_point_back(source: &str, order: &[&str]) {
    let place = |module: &str| order.iter().position(|m| *m == module);
    for path in rust_files_under(source)
        .into_iter()
        .filter(|path| !is_a_test(path))
    {
        let module = module_of(&path, source);
        if matches!(module.as_str(), "lib" | "main" | "bin") {
            continue;
        }
        let own =
            place(&module).unwrap_or_else(|| panic!("{module} is not in the order of {source}: add it"));
        for imported in imported_modules(&code_of(&path)) {
            if let Some(other) = place(&imported) {
                assert!(
                    other <= own,
                    "{}: {module} imports {imported}, which stands after it",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn imports_of_the_core_point_one_way() {
    assert_imports_point_back("core/src", CORE);
}

#[test]
fn imports_of_the_server_point_one_way() {
    assert_imports_point_back("server/src", SERVER);
}

#[test]
fn the_core_knows_no_server_and_no_platform() {
    let manifest = fs::read_to_string(root().join("core/Cargo.toml")).unwrap();
    for forbidden in [
        "tokio",
        "axum",
        "uniffi",
        "sea-orm",
        "teranga-server",
        "teranga-render",
        "clap",
    ] {
        assert!(
            !manifest.contains(&format!("\n{forbidden}")),
            "core/Cargo.toml depends on {forbidden}"
        );
    }
}

#[test]
fn drawing_needs_no_database_and_the_facade_no_server() {
    for (manifest, forbidden) in [
        (
            "server/render/Cargo.toml",
            &["teranga-server", "sea-orm", "sqlx", "tokio"][..],
        ),
        (
            "mobile-ffi/Cargo.toml",
            &["teranga-server", "teranga-render", "axum"][..],
        ),
    ] {
        let text = fs::read_to_string(root().join(manifest)).unwrap();
        for name in forbidden {
            assert!(
                !text.contains(&format!("\n{name}")),
                "{manifest} depends on {name}"
            );
        }
    }
}

#[test]
fn one_word_names_a_domain_in_every_tree() {
    let known = |word: &str| CORE.contains(&word) || SERVER.contains(&word);
    for folder in ["server/src", "mobile-ffi/src", "tests/fixtures"] {
        let rooms: BTreeSet<String> = files()
            .iter()
            .filter(|path| path.starts_with(folder))
            .map(|path| room_of(path, folder))
            .collect();
        for name in rooms {
            let word = name.trim_end_matches(".rs");
            if !matches!(word, "lib" | "main" | "bin" | "error" | "README.md") {
                assert!(
                    known(word),
                    "{folder}/{name} is named by a word that no domain has"
                );
            }
        }
    }
}

#[test]
fn the_root_holds_only_what_the_layout_fixes() {
    for path in files() {
        let first = path
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_string_lossy()
            .into_owned();
        assert!(
            first.starts_with('.') || ROOT.contains(&first.as_str()),
            "{first} does not belong in the root"
        );
    }
}

#[test]
fn no_file_is_a_hall() {
    for folder in ["core", "server", "mobile-ffi", "tests"] {
        for path in rust_files_under(folder) {
            let lines = fs::read_to_string(root().join(&path)).unwrap().lines().count();
            assert!(lines <= 600, "{} has {lines} lines: split it", path.display());
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            assert!(
                !matches!(name.as_str(), "util" | "utils" | "helpers" | "common" | "misc"),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn nothing_names_a_machine_or_a_package_host() {
    // Written in pieces, so that this file does not find itself.
    let hosts = [
        ["crates", ".io/"],
        ["pypi", ".org"],
        ["registry.npm", "js"],
        ["repo1.", "maven"],
    ]
    .map(|p| p.concat());
    let paths = [["/ro", "ot/"], ["/wo", "rk/"], ["/ho", "me/"]].map(|p| p.concat());
    for path in files()
        .iter()
        .filter(|path| path.file_name().is_some_and(|name| name != "Cargo.lock"))
    {
        let Ok(text) = fs::read_to_string(root().join(path)) else {
            continue;
        };
        for host in &hosts {
            assert!(
                !text.contains(host.as_str()),
                "{} names the host {host}",
                path.display()
            );
        }
        for (number, line) in text.lines().enumerate() {
            for place in paths.iter().flat_map(|p| line.match_indices(p.as_str())) {
                let before = line[..place.0].chars().next_back().unwrap_or(' ');
                let is_part_of_a_path =
                    before.is_alphanumeric() || matches!(before, '.' | '-' | '_' | '}' | '/');
                assert!(
                    is_part_of_a_path,
                    "{}:{}: {} is a place on one machine",
                    path.display(),
                    number + 1,
                    place.1
                );
            }
        }
    }
}
