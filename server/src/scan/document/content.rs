//! Walking through what a page shows, for its pictures.

use std::collections::HashSet;

use anyhow::{bail, ensure};
use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction;
use hayro_syntax::object::{Array, Dict, Name, Stream};
use hayro_syntax::page::{Page, Resources};

use super::super::photo::Photo;
use super::{pixels, stream};

/// The most pictures of a page.
const MAX_PICTURES: usize = 400;

/// The most forms of a page, and how deep they may lie in one another.
const MAX_FORMS: usize = 2_000;
const MAX_DEPTH: usize = 5;

/// The pictures of a page in the order in which they are shown, each once. Those that cannot be read are left out, as
/// long as any can.
pub fn pictures(page: &Page<'_>) -> anyhow::Result<Vec<Photo>> {
    check_contents(page)?;
    let mut walk = Walk::default();
    walk.through(page.typed_operations(), page.resources(), 0)?;
    match walk.refused {
        Some(error) if walk.photos.is_empty() => Err(error),
        _ => Ok(walk.photos),
    }
}

/// Contents are inflated by the library without a limit, so they are measured first.
fn check_contents(page: &Page<'_>) -> anyhow::Result<()> {
    let raw = page.raw();
    if let Some(contents) = raw.get::<Stream<'_>>("Contents") {
        stream::decoded(&contents)?;
    } else if let Some(parts) = raw.get::<Array<'_>>("Contents") {
        for part in parts.iter::<Stream<'_>>() {
            stream::decoded(&part)?;
        }
    }
    Ok(())
}

/// What was found so far.
#[derive(Default)]
struct Walk {
    photos: Vec<Photo>,
    /// Why the first of those that cannot be read cannot.
    refused: Option<anyhow::Error>,
    known: HashSet<Vec<u8>>,
    forms: usize,
}

impl Walk {
    fn through(
        &mut self,
        mut instructions: TypedIter<'_>,
        resources: &Resources<'_>,
        depth: usize,
    ) -> anyhow::Result<()> {
        while let Some(instruction) = instructions.next() {
            match instruction {
                TypedInstruction::InlineImage(image) => self.picture(image.0, resources)?,
                TypedInstruction::XObject(shown) => self.object(shown.0, resources, depth)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// A named object: a picture, or a form with contents of its own.
    fn object(&mut self, name: &Name<'_>, resources: &Resources<'_>, depth: usize) -> anyhow::Result<()> {
        let Some(object) = resources.get_x_object(name) else {
            return Ok(());
        };
        let kind = object.dict().get::<Name<'_>>("Subtype");
        match kind.as_ref().map(AsRef::as_ref) {
            Some(b"Image") => {
                let id = format!("{:?}", object.obj_id()).into_bytes();
                if self.known.insert(id) {
                    self.picture(&object, resources)?;
                }
            }
            Some(b"Form") if depth < MAX_DEPTH => {
                self.forms += 1;
                ensure!(self.forms <= MAX_FORMS, "the page has too many parts");
                let contents = stream::decoded(&object)?;
                let own = object.dict().get::<Dict<'_>>("Resources").map(Resources::new);
                self.through(
                    TypedIter::new(&contents),
                    own.as_ref().unwrap_or(resources),
                    depth + 1,
                )?;
            }
            _ => {}
        }
        Ok(())
    }

    fn picture(&mut self, image: &Stream<'_>, resources: &Resources<'_>) -> anyhow::Result<()> {
        if self.photos.len() >= MAX_PICTURES {
            bail!("the page has more than {MAX_PICTURES} pictures; export it as PNG");
        }
        match pixels::photo(image, resources) {
            Ok(photo) => self.photos.push(photo),
            Err(error) => {
                self.refused.get_or_insert(error);
            }
        }
        Ok(())
    }
}
