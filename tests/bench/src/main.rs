//! `cargo xtask bench NAME --json`: figures beside the libraries a user would pick instead.
//!
//! Each bench is a file of [`benches`] and returns its [`Figures`]; this file only chooses and prints. The last line of
//! `--json` is one object: `{"name", "machine", "commit", "figures": {key: number}}`.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line speaks on its standard streams"
)]

mod benches;

use std::process::ExitCode;

use teranga_bench::figures::Figures;
use teranga_bench::{frames, register};

/// A benchmark: its name, what it measures, and the function that does.
type Bench = (&'static str, &'static str, fn() -> anyhow::Result<Figures>);

const BENCHES: &[Bench] = &[
    (
        "names",
        "comparing a name with a dictionary of names",
        benches::names::run,
    ),
    (
        "match",
        "finding a person, and people who are in a register twice",
        benches::matching::run,
    ),
    (
        "mpi",
        "registering against a large register, and searching it (--people N)",
        || benches::mpi::run(option("--people")?),
    ),
    (
        "dhis2",
        "reading DHIS2 into a large register (--people N, --enrollments N), and the guard",
        || benches::dhis2::run(option("--people")?, option("--enrollments")?),
    ),
    (
        "issue",
        "issuing the cards of a campaign, and previews (--people N)",
        || benches::issue::run(option("--people")?),
    ),
    (
        "sync",
        "phones and a server: taking in, bytes, and power cuts (--people N, --kills N)",
        || benches::sync::run(option("--people")?, option("--kills")?),
    ),
    ("registry", "status lists and deltas of ten million cards", || {
        benches::registry::run().map(Figures::from)
    }),
    (
        "decode",
        "reading camera frames of cards (--frames N, --seed N)",
        || benches::decode::run(option("--frames")?, option("--seed")?),
    ),
    ("render", "printing cards", benches::render::run),
    ("verify", "opening a bundle, and a verdict", || {
        benches::verify::run().map(Figures::from)
    }),
    (
        "store",
        "a phone with 50,000 people: look-up, search, duplicates, unlocking",
        benches::store::run,
    ),
    ("looks", "the public's look at a card, part of `mpi`", || {
        let mut figures = Figures::default();
        benches::looks::run(&mut figures).map(|()| figures)
    }),
];

fn main() -> ExitCode {
    if let Some(code) = as_a_child() {
        return code;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let name = arguments.iter().find(|argument| !argument.starts_with('-'));
    let Some(name) = name else {
        for (name, what, _) in BENCHES {
            println!("{name:10} {what}");
        }
        return ExitCode::SUCCESS;
    };
    if let ["register", size, duplicates, file] = arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        return write_register(size, duplicates, file);
    }
    if let ["frames", seed, folder] = arguments
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        return write_frames(seed, folder);
    }
    let Some((name, _, run)) = BENCHES.iter().find(|(known, ..)| known == name) else {
        eprintln!("no benchmark is called {name}; without a name this lists them");
        return ExitCode::from(2);
    };
    match run() {
        Ok(figures) => {
            print!("{}", figures.table());
            if arguments.iter().any(|argument| argument == "--json") {
                println!("{}", figures.json(name));
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What the power cuts of `sync` start is this program again.
fn as_a_child() -> Option<ExitCode> {
    match teranga_journeys::kill::as_a_child() {
        Ok(false) => None,
        Ok(true) => Some(ExitCode::SUCCESS),
        Err(error) => {
            eprintln!("error: {error:#}");
            Some(ExitCode::FAILURE)
        }
    }
}

/// The number after an option of the command line.
fn option<T: std::str::FromStr>(name: &str) -> anyhow::Result<Option<T>> {
    let given = std::env::args().skip_while(|argument| argument != name).nth(1);
    given
        .map(|number| number.parse())
        .transpose()
        .map_err(|_| anyhow::anyhow!("{name} takes a number"))
}

/// `register SIZE DUPLICATES FILE` writes a synthetic register as CSV, for trying things on.
fn write_register(size: &str, duplicates: &str, file: &str) -> ExitCode {
    let (Ok(size), Ok(duplicates)) = (size.parse(), duplicates.parse()) else {
        eprintln!("register SIZE DUPLICATES FILE: two numbers and a file name");
        return ExitCode::from(2);
    };
    match register::write(&register::generate(size, duplicates, 2026).people, file.as_ref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// `frames SEED FOLDER` draws some frames of each kind as PNG, to be looked at.
fn write_frames(seed: &str, folder: &str) -> ExitCode {
    let Ok(seed) = seed.parse() else {
        eprintln!("frames SEED FOLDER: a number and a folder");
        return ExitCode::from(2);
    };
    match frames::gallery::draw(seed, folder.as_ref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
