//! One card to look at: the first row's, or a specimen's.

use std::path::Path;

use anyhow::Context as _;
use jiff::civil::date;
use teranga_render::data::CardData;
use teranga_render::paint::plain;
use teranga_render::scene::Layout;

use super::flags::Sides;
use super::shop::{FACES, is_asked};

/// What the code of a specimen says, filled up to the length that the texts of real cards have.
const SPECIMEN: &str = "SPECIMEN: THIS CARD IS NOT SIGNED AND IS NOT VALID ";
/// Letters of a real card's text as a link, about.
const LENGTH: usize = 200;

/// A card of nobody.
pub fn specimen(name: &str) -> CardData {
    CardData {
        mpi_id: "SN-DKR-26-9XQ7LM2A".to_owned(),
        name: name.to_owned(),
        programme: "Programme".to_owned(),
        attributes: vec![
            ("Name".to_owned(), name.to_owned()),
            ("Date of birth".to_owned(), "14/03/1994".to_owned()),
            ("Sex".to_owned(), "F".to_owned()),
            ("District".to_owned(), "Guédiawaye".to_owned()),
        ],
        enrolled: Some(date(2026, 3, 14)),
        expires: Some(date(2028, 3, 13)),
        tracked_entity: "dBwrot7S420".to_owned(),
        card_code: "7KQ2-MX4D-9PWA-3".to_owned(),
        qr: SPECIMEN.chars().cycle().take(LENGTH).collect(),
        ..CardData::default()
    }
}

/// Draws a card into `preview-front.png` and `preview-back.png`; gives the files' names.
pub fn draw(
    out: &Path,
    layout: &Layout,
    data: &CardData,
    (sides, dpi): (Sides, u32),
) -> anyhow::Result<Vec<String>> {
    std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    let card = layout.card(data)?;
    let mut names = Vec::new();
    for (face, name) in FACES.into_iter().zip(["preview-front.png", "preview-back.png"]) {
        if is_asked(sides, face) {
            let path = out.join(name);
            let file = plain::side(layout, &card, face, dpi)?.png()?;
            let mut whole =
                tempfile::NamedTempFile::new_in(out).with_context(|| out.display().to_string())?;
            std::io::Write::write_all(&mut whole, &file)?;
            whole.persist(&path).with_context(|| path.display().to_string())?;
            names.push(name.to_owned());
        }
    }
    Ok(names)
}
