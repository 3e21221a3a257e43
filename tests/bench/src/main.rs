//! `cargo xtask bench NAME --json`: figures beside the libraries a user would pick instead.
//!
//! Each bench is a file of its own and returns its figures; this file only prints them.

use std::process::ExitCode;

mod benches;

type Bench = fn() -> anyhow::Result<serde_json::Value>;

/// Every bench, by name.
const BENCHES: [(&str, Bench); 3] = [
    ("match", benches::febrl::run),
    ("registry", benches::registry::run),
    ("verify", benches::verify::run),
];

#[expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench prints its figures"
)]
fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = arguments.first().map(String::as_str).unwrap_or_default();
    let Some((_, bench)) = BENCHES.iter().find(|(name, _)| *name == wanted) else {
        let names: Vec<&str> = BENCHES.iter().map(|(name, _)| *name).collect();
        eprintln!("error: which bench? one of: {}", names.join(", "));
        return ExitCode::from(2);
    };
    match bench() {
        Ok(figures) => {
            println!("{figures:#}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}
