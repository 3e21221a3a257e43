//! `teranga scan`
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "answers go to standard output, what went wrong to standard error"
)]

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};
use teranga_core::decode::{Judge, TrustJudge};
use teranga_core::registry::Ids;
use teranga_core::verify::Post;

use super::answer::Answer;
use super::document::Document;
use super::look::{self, Sight};
use super::photo::{self, Photo};
use crate::verify::source::{Lists, Source};
use crate::verify::terms::Terms;

/// Arguments of `teranga scan`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Photos are PNG or JPEG files. Of PDF files the pictures on each page are read, as scanners and our own printing make
them; codes that are drawn as lines and areas are not: export such pages as PNG first.

Exit status, of the first photo or page whose card is not valid:
   0  every card valid, or read where no bundle and no keys are at hand
   2  the command failed, or a photo could not be read (the others are answered all the same)
  10  not our card, or no code found
  11  unknown key         15  expired
  12  forged              16  wrong campaign
  13  check online        17  blank, no holder known
  14  revoked")]
pub struct Args {
    /// Photos, PDF files, or folders of them
    #[arg(required = true)]
    images: Vec<PathBuf>,
    /// Take the photos of a folder, in the order of their names, for consecutive frames of one card
    #[arg(long)]
    sequence: bool,
    #[command(flatten)]
    lists: Lists,
    #[command(flatten)]
    terms: Terms,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let source = Source::open_if_given(&args.lists)?;
    let source = source.as_ref();
    let clock = args.terms.clock(source.and_then(Source::trusted_time));
    let ids = source.and_then(Source::ids);
    let ids = ids.as_ref().map(|ids| ids as &dyn Ids);
    let post = source.map(|source| source.post(ids, args.terms.campaign(), clock));
    let judge = source.map(|source| TrustJudge::new(source.trust(), Vec::new()));
    let mut desk = Desk {
        post,
        judge: judge.as_ref().map(|judge| judge as &dyn Judge),
        json: args.terms.json,
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
            Err(error) => self.refuse(Place::of(image), &error),
            Ok(files) if sequence => {
                let sight = look::sequence(&files, self.judge, |file, error| {
                    complain(Place::of(file), &error);
                });
                self.say(Place::of(image), sight);
            }
            Ok(files) => files.iter().for_each(|file| self.photo(file)),
        }
    }

    fn photo(&mut self, file: &Path) {
        match Document::open(file) {
            Ok(Some(document)) => document.pages(|page, pictures| {
                let page = Some(page);
                self.page(Place { file, page }, pictures);
            }),
            Ok(None) => {
                let sight = Photo::open(file).and_then(|photo| look::photo(&photo, self.judge));
                self.say(Place::of(file), sight);
            }
            Err(error) => self.refuse(Place::of(file), &error),
        }
    }

    fn page(&mut self, place: Place<'_>, pictures: anyhow::Result<Vec<Photo>>) {
        match pictures.and_then(|pictures| look::page(&pictures, self.judge)) {
            Ok(sights) => sights.iter().for_each(|sight| self.answer(place, sight)),
            Err(error) => self.refuse(place, &error),
        }
    }

    fn say(&mut self, place: Place<'_>, sight: anyhow::Result<Sight>) {
        match sight {
            Ok(sight) => self.answer(place, &sight),
            Err(error) => self.refuse(place, &error),
        }
    }

    fn answer(&mut self, place: Place<'_>, sight: &Sight) {
        let answer = Answer::new(sight, self.post.as_ref());
        if self.status == 0 {
            self.status = answer.status();
        }
        if self.json {
            let mut object = place.object();
            let answer = answer.object();
            for (name, value) in answer.as_object().into_iter().flatten() {
                object[name] = value.clone();
            }
            object["ms"] = json!((sight.ms * 1e3).round() / 1e3);
            println!("{object}");
        } else {
            println!("{place}: {}", answer.words());
        }
    }

    /// A photo that cannot be read: said, and the next one is taken.
    fn refuse(&mut self, place: Place<'_>, error: &anyhow::Error) {
        self.status = 2;
        complain(place, error);
        if self.json {
            let mut object = place.object();
            object["error"] = json!(format!("{error:#}"));
            println!("{object}");
        }
    }
}

/// Where a code was looked for.
#[derive(Clone, Copy)]
struct Place<'a> {
    file: &'a Path,
    /// The page of a document, from 1.
    page: Option<usize>,
}

impl<'a> Place<'a> {
    fn of(file: &'a Path) -> Self {
        Self { file, page: None }
    }

    fn object(&self) -> Value {
        let mut object = json!({ "file": self.file.to_string_lossy() });
        if let Some(page) = self.page {
            object["page"] = json!(page);
        }
        object
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        self.page.map_or(Ok(()), |page| write!(f, ", page {page}"))
    }
}

fn complain(place: Place<'_>, error: &anyhow::Error) {
    eprintln!("error: {place}: {error:#}");
}
