//! The two chores of a contributor: `cargo xtask test` and `cargo xtask bench NAME`.
//!
//! `test` is what CI runs, nothing more and nothing less. It installs what is missing, checks the form of the code,
//! runs every test and ends with one line that counts them. `bench` builds in release mode and prints figures.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks on its standard streams"
)]

mod api;
mod archival;
mod bench;
mod peers;
mod run;
mod test;
mod tools;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test            install what is missing, check format and lints, run every test (what CI runs)
  test quick      format, lints and tests of the Rust crates only: the inner loop
  test api        the API against its own description only
  test archival   printed documents against PDF/A only
  bench           list the benchmarks
  bench NAME      measure in a release build; --json prints one object on the last line
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test"] => test::all(),
        ["test", "quick"] => test::quick(),
        ["test", "api"] => test::api(),
        ["test", "archival"] => test::archival(),
        ["bench", rest @ ..] => bench::run(rest),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
