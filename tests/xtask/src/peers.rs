//! Third parties check our formats: Python scripts that share no code with us.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;

use crate::run::{Count, command, counted, root};
use crate::tools;

/// Runs every `tests/peers/check_*.py`. A line that starts with `ok ` is a passed check, `not ok ` a failed one.
pub fn check() -> Result<Count> {
    let python = tools::python_environment("peers", "tests/peers/requirements.txt")?.join("python");
    let mut total = Count::default();
    for script in scripts()? {
        let arguments = [script.to_string_lossy()];
        total.add(counted(&mut command(&python, &[&arguments[0]]), Count::of_line)?);
    }
    Ok(total)
}

fn scripts() -> Result<Vec<PathBuf>> {
    let mut scripts: Vec<PathBuf> = fs::read_dir(root().join("tests/peers"))?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| is_check(&name.to_string_lossy()))
        })
        .collect();
    scripts.sort();
    Ok(scripts)
}

fn is_check(name: &str) -> bool {
    name.starts_with("check_") && name.ends_with(".py")
}
