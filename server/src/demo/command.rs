//! `teranga demo`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, ensure};

use super::steps;
use super::story::Story;

/// Two thousand invented people of Senegal, a hundred and twenty of them written down twice.
const PEOPLE: &str = include_str!("people.csv");

/// Marks a folder as the demo's own, so that nothing else is ever cleared.
const MARKER: &str = ".teranga-demo";

/// Arguments of `teranga demo`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Folder for everything that the demo makes; one that an earlier demo made is replaced
    #[arg(long, default_value = "teranga-demo")]
    folder: PathBuf,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    prepare(&args.folder)?;
    let mut story = Story::new(&std::fs::canonicalize(&args.folder)?);
    steps::find_duplicates(&mut story)?;
    steps::make_keys(&mut story)?;
    let cards = steps::draw_cards(&mut story)?;
    steps::build_bundle(&mut story)?;
    steps::verify_offline(&mut story, &cards)?;
    steps::publish_revocation(&mut story, &cards)?;
    steps::show_files(&story);
    story.end();
    Ok(ExitCode::SUCCESS)
}

/// Makes the folder, or clears one that an earlier demo made.
fn prepare(folder: &PathBuf) -> anyhow::Result<()> {
    if folder.exists() {
        let is_empty = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none());
        ensure!(
            is_empty || folder.join(MARKER).exists(),
            "{} exists and no demo made it; choose another folder with --folder",
            folder.display()
        );
        std::fs::remove_dir_all(folder).with_context(|| format!("cannot clear {}", folder.display()))?;
    }
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    std::fs::write(folder.join(MARKER), "")?;
    std::fs::write(folder.join("people.csv"), PEOPLE)?;
    Ok(())
}
