//! Telling: headings, the commands that were run, and what came of them.
#![expect(clippy::print_stdout, reason = "the demo tells its story on standard output")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Instant;

use anyhow::{Context, bail};

/// Runs the product's own commands in the demo's folder and tells what happens.
pub struct Story {
    folder: PathBuf,
    begun: Instant,
    step: usize,
}

impl Story {
    /// A story that plays in a folder.
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            begun: Instant::now(),
            step: 0,
        }
    }

    /// Where it plays.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Begins a step.
    pub fn step(&mut self, heading: &str) {
        self.step += 1;
        println!("\n{}. {heading}", self.step);
    }

    /// Says something about the step.
    pub fn say(&self, text: &str) {
        for line in text.lines() {
            println!("   {line}");
        }
    }

    /// Runs a command and shows it; whatever its exit status says is for the caller.
    pub fn run(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        println!("   $ teranga {}", shown(arguments));
        let program = std::env::current_exe().context("cannot find the running program")?;
        let mut command = Command::new(program);
        // The demo has keys of its own, whatever the environment names.
        for variable in ["TERANGA_DATA", "TERANGA_MASTER_KEY", "TERANGA_MASTER_KEY_FILE"] {
            command.env_remove(variable);
        }
        let output = command.args(arguments).current_dir(&self.folder).output()?;
        if output.status.code() == Some(2) {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(output)
    }

    /// Says how long the story took.
    pub fn end(&self) {
        println!("\nDone in {:.0} s.", self.begun.elapsed().as_secs_f64());
    }
}

/// The command line, with long texts cut.
fn shown(arguments: &[&str]) -> String {
    let cut = |argument: &&str| match argument.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", &argument[..at]),
        None => (*argument).to_owned(),
    };
    arguments.iter().map(cut).collect::<Vec<_>>().join(" ")
}
