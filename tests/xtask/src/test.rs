//! `cargo xtask test`: form first, since it is quick, then every test, then the count.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::run::{Count, cargo, command, counted, is_installed, root, succeed, target};
use crate::{api, archival, peers, tools};

/// Seconds that each fuzz target runs: enough to walk its corpus and to notice a parser that breaks at once.
const FUZZ_SECONDS: u32 = 6;

/// Everything, as CI runs it.
pub fn all() -> Result<ExitCode> {
    step("system packages", tools::install_system_packages)?;
    let bin = step("tools", || {
        tools::python_environment("lint", "tests/xtask/requirements.txt")
    })?;
    step("format", format)?;
    step("spelling", || succeed(&mut command(bin.join("typos"), &[])))?;
    step("licences and bans", || licences(&bin))?;
    step("lints", lints)?;
    step("documentation", documentation)?;
    let mut total = step("tests", rust_tests)?;
    total.add(step("third parties", peers::check)?);
    total.add(step("the API against its description", api::check)?);
    total.add(step("printed documents against PDF/A", archival::check)?);
    total.add(step("fuzzing", || fuzz(&bin))?);
    Ok(finish(total))
}

/// The inner loop: what a change to Rust code most often breaks.
pub fn quick() -> Result<ExitCode> {
    step("format", format)?;
    step("lints", lints)?;
    let total = step("tests", rust_tests)?;
    Ok(finish(total))
}

/// The API against its own description.
pub fn api() -> Result<ExitCode> {
    Ok(finish(step("the API against its description", api::check)?))
}

/// Printed documents against PDF/A.
pub fn archival() -> Result<ExitCode> {
    Ok(finish(step("printed documents against PDF/A", archival::check)?))
}

fn format() -> Result<()> {
    succeed(&mut cargo(&["fmt", "--all", "--check"])).context("run `cargo fmt --all`")
}

fn lints() -> Result<()> {
    succeed(&mut cargo(&[
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]))?;
    // Phones and browsers build the core without its C++ part.
    let core = [
        "clippy",
        "--quiet",
        "--package",
        "teranga-core",
        "--no-default-features",
    ];
    succeed(cargo(&core).args(["--", "--deny", "warnings"]))
}

fn licences(bin: &Path) -> Result<()> {
    let arguments = [
        "--log-level",
        "error",
        "--config",
        ".deny.toml",
        "check",
        "licenses",
        "bans",
        "sources",
    ];
    succeed(&mut command(bin.join("cargo-deny"), &arguments))
}

fn documentation() -> Result<()> {
    let arguments = [
        "doc",
        "--quiet",
        "--no-deps",
        "--package",
        "teranga-core",
        "--package",
        "teranga-mobile-ffi",
    ];
    succeed(cargo(&arguments).env(
        "RUSTDOCFLAGS",
        "--deny warnings --allow rustdoc::private_intra_doc_links",
    ))
}

fn rust_tests() -> Result<Count> {
    counted(&mut cargo(&["test", "--workspace", "--no-fail-fast"]), |line| {
        cargo_count(line).unwrap_or_default()
    })
}

/// Reads `test result: ok. 12 passed; 0 failed; ...`.
fn cargo_count(line: &str) -> Option<Count> {
    let rest = line.strip_prefix("test result: ")?;
    let before = |word: &str| {
        let words: Vec<&str> = rest.split([' ', ';']).collect();
        let place = words.iter().position(|w| *w == word)?;
        words.get(place.checked_sub(1)?)?.parse().ok()
    };
    Some(Count {
        passed: before("passed")?,
        failed: before("failed")?,
    })
}

/// Runs each fuzz target for a moment over its kept corpus. New inputs go to the target folder, not to the repository.
fn fuzz(bin: &Path) -> Result<Count> {
    ensure!(
        is_installed("rustup"),
        "fuzzing needs a nightly toolchain through rustup: rustup toolchain install nightly"
    );
    let program = bin.join("cargo-fuzz");
    let builds = target().join("fuzz");
    let base = |verb: &str| {
        let mut command = command(
            &program,
            &["fuzz", verb, "--fuzz-dir", "tests/fuzz", "--target-dir"],
        );
        command
            .arg(&builds)
            .env("RUSTUP_TOOLCHAIN", "nightly")
            .env_remove("CARGO");
        command
    };
    succeed(&mut base("build"))?;
    let mut total = Count::default();
    for target in fuzz_targets()? {
        let fresh = builds.join("corpus").join(&target);
        fs::create_dir_all(&fresh)?;
        let kept = root().join("tests/fuzz/corpus").join(&target);
        let mut run = base("run");
        run.arg(&target).arg(&fresh).arg(&kept).args([
            "--",
            "-close_fd_mask=1",
            "-timeout=10",
            "-rss_limit_mb=1024",
        ]);
        run.arg(format!("-max_total_time={FUZZ_SECONDS}"));
        let passed = succeed(run.stderr(fs::File::create(builds.join(format!("{target}.log")))?)).is_ok();
        println!(
            "fuzz {target}: {}",
            if passed {
                "ok"
            } else {
                "FAILED, see its log under the target folder"
            }
        );
        total.add(Count::one(passed));
    }
    Ok(total)
}

fn fuzz_targets() -> Result<Vec<String>> {
    let mut targets: Vec<String> = fs::read_dir(root().join("tests/fuzz/fuzz_targets"))?
        .filter_map(|entry| {
            entry
                .ok()?
                .path()
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
        })
        .collect();
    targets.sort();
    Ok(targets)
}

fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("── {name}");
    let start = Instant::now();
    let value = work().with_context(|| name.to_owned())?;
    println!("   {name}: {:.0} s", start.elapsed().as_secs_f64());
    Ok(value)
}

fn finish(total: Count) -> ExitCode {
    println!("{} passed, {} failed", total.passed, total.failed);
    if total.failed == 0 && total.passed > 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_of_cargo_test_is_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(
            cargo_count(line),
            Some(Count {
                passed: 12,
                failed: 3
            })
        );
        assert_eq!(cargo_count("test names::tests::empty ... ok"), None);
    }
}
