//! What the decoder sees in a photo, or in the frames of one card.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use teranga_core::decode::{Advice, Budget, FrameScanner, Judge, ScanStep};

use super::photo::Photo;

/// What was seen.
pub struct Sight {
    /// The texts of the codes that were read.
    pub texts: Vec<String>,
    /// What would help, if none was.
    pub advice: Option<Advice>,
    /// Milliseconds of decoding, without reading the file.
    pub ms: f64,
}

/// Looks at one photo, with the patience that a single picture deserves.
pub fn photo(photo: &Photo, judge: Option<&dyn Judge>) -> anyhow::Result<Sight> {
    let (step, ms) = push(&mut scanner(), photo, Budget::PHOTO, judge)?;
    Ok(Sight::new(step, ms))
}

/// Looks at the pictures of a page: one sight for each that has a code, or one of the whole page if none has.
pub fn page(photos: &[Photo], judge: Option<&dyn Judge>) -> anyhow::Result<Vec<Sight>> {
    let sights = photos.iter().map(|picture| photo(picture, judge));
    let (seen, blind): (Vec<Sight>, Vec<Sight>) = sights
        .collect::<anyhow::Result<Vec<_>>>()?
        .into_iter()
        .partition(|sight| !sight.texts.is_empty());
    if !seen.is_empty() {
        return Ok(seen);
    }
    Ok(vec![Sight {
        texts: Vec::new(),
        advice: blind.iter().find_map(|sight| sight.advice),
        // The sum of no numbers is -0.
        ms: blind.iter().map(|sight| sight.ms).fold(0.0, |sum, ms| sum + ms),
    }])
}

/// Looks at consecutive frames of one card until a code is read. A frame that cannot be read is told to `broken`, and
/// the next one is tried; an error if none can.
pub fn sequence(
    files: &[PathBuf],
    judge: Option<&dyn Judge>,
    mut broken: impl FnMut(&Path, anyhow::Error),
) -> anyhow::Result<Sight> {
    let (mut scanner, mut last, mut total) = (scanner(), None::<ScanStep>, 0.0);
    for file in files {
        let seen = Photo::open(file).and_then(|photo| push(&mut scanner, &photo, Budget::CAMERA, judge));
        match seen {
            Ok((step, ms)) => {
                total += ms;
                if !last.insert(step).readings.is_empty() {
                    break;
                }
            }
            Err(error) => broken(file, error),
        }
    }
    let last = last.context("none of its frames could be read")?;
    Ok(Sight::new(last, total))
}

#[cfg(feature = "zxing")]
fn scanner() -> FrameScanner {
    FrameScanner::new().with_second_opinion()
}

#[cfg(not(feature = "zxing"))]
fn scanner() -> FrameScanner {
    FrameScanner::new()
}

fn push(
    scanner: &mut FrameScanner,
    photo: &Photo,
    budget: Budget,
    judge: Option<&dyn Judge>,
) -> anyhow::Result<(ScanStep, f64)> {
    let frame = photo.frame()?;
    let begun = Instant::now();
    let step = scanner.push(&frame, budget, judge);
    Ok((step, begun.elapsed().as_secs_f64() * 1e3))
}

impl Sight {
    fn new(step: ScanStep, ms: f64) -> Self {
        Self {
            texts: step.readings.into_iter().map(|reading| reading.text).collect(),
            advice: step.advice,
            ms,
        }
    }
}
