//! `teranga scan`
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "answers go to standard output, what went wrong to standard error"
)]

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jiff::Timestamp;
use serde_json::json;
use teranga_core::clock;
use teranga_core::decode::{Judge, TrustJudge};
use teranga_core::registry::Ids;
use teranga_core::verify::{ClockFloor, Post};

use super::answer::Answer;
use super::look::{self, Sight};
use super::photo;
use crate::verify::source::{Lists, Source};

/// Arguments of `teranga scan`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Photos are PNG or JPEG files. Scanned PDF files are not read: export their pages as PNG first.

Exit status, of the first photo whose card is not valid:
   0  every card valid, or read where no bundle and no keys are at hand
   2  the command failed, or a photo could not be read (the others are answered all the same)
  10  not our card, or no code found
  11  unknown key         15  expired
  12  forged              16  wrong campaign
  13  check online        17  blank, no holder known
  14  revoked")]
pub struct Args {
    /// Photos, or folders of photos
    #[arg(required = true)]
    images: Vec<PathBuf>,
    /// Take the photos of a folder, in the order of their names, for consecutive frames of one card
    #[arg(long)]
    sequence: bool,
    #[command(flatten)]
    lists: Lists,
    /// Prefix of the campaign that is served [default: any]
    #[arg(long)]
    campaign: Option<String>,
    /// Time by which cards are judged, such as 2026-11-24T08:00:00Z [default: now]
    #[arg(long)]
    at: Option<Timestamp>,
    /// Print JSON, one object a line and photo
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let source = Source::open_if_given(&args.lists)?;
    let source = source.as_ref();
    let clock = ClockFloor {
        device: args.at.unwrap_or_else(clock::now),
        trusted: source.and_then(Source::trusted_time),
    };
    let ids = source.and_then(Source::ids);
    let ids = ids.as_ref().map(|ids| ids as &dyn Ids);
    let post = source.map(|source| source.post(ids, args.campaign.as_deref(), clock));
    let judge = source.map(|source| TrustJudge::new(source.trust(), Vec::new()));
    let mut desk = Desk {
        post,
        judge: judge.as_ref().map(|judge| judge as &dyn Judge),
        json: args.json,
        status: 0,
    };
    for image in &args.images {
        desk.take(image, args.sequence);
    }
    Ok(ExitCode::from(desk.status))
}

/// Where photos are answered, one after the other.
struct Desk<'a> {
    post: Option<Post<'a>>,
    judge: Option<&'a dyn Judge>,
    json: bool,
    status: u8,
}

impl Desk<'_> {
    /// Answers a photo, or each photo of a folder, or a folder as a whole.
    fn take(&mut self, image: &Path, sequence: bool) {
        if !image.is_dir() {
            return self.photo(image);
        }
        match photo::folder(image) {
            Err(error) => self.refuse(image, &error),
            Ok(files) if sequence => {
                let sight = look::sequence(&files, self.judge, |file, error| complain(file, &error));
                self.say(image, sight);
            }
            Ok(files) => files.iter().for_each(|file| self.photo(file)),
        }
    }

    fn photo(&mut self, file: &Path) {
        self.say(file, look::photo(file, self.judge));
    }

    fn say(&mut self, file: &Path, sight: anyhow::Result<Sight>) {
        match sight {
            Ok(sight) => self.answer(file, &sight),
            Err(error) => self.refuse(file, &error),
        }
    }

    fn answer(&mut self, file: &Path, sight: &Sight) {
        let answer = Answer::new(sight, self.post.as_ref());
        if self.status == 0 {
            self.status = answer.status();
        }
        if self.json {
            let mut object = answer.object();
            object["file"] = json!(file.to_string_lossy());
            object["ms"] = json!((sight.ms * 1e3).round() / 1e3);
            println!("{object}");
        } else {
            println!("{}: {}", file.display(), answer.words());
        }
    }

    /// A photo that cannot be read: said, and the next one is taken.
    fn refuse(&mut self, file: &Path, error: &anyhow::Error) {
        self.status = 2;
        complain(file, error);
        if self.json {
            println!(
                "{}",
                json!({ "file": file.to_string_lossy(), "error": format!("{error:#}") })
            );
        }
    }
}

fn complain(file: &Path, error: &anyhow::Error) {
    eprintln!("error: {}: {error:#}", file.display());
}
