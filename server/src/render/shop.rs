//! One thread's work: a row in, a drawn card out, its code read back from its own pixels.

use std::sync::Arc;

use teranga_render::paint::Face;
use teranga_render::paint::plain::PaintError;
use teranga_render::paint::press::{Press, Printer};
use teranga_render::scene::{Card, Layout};

use super::flags::Sides;
use super::people::{Entry, People, Record};
use crate::spreadsheet::reading::Row;

/// Both faces.
pub const FACES: [Face; 2] = [Face::Front, Face::Back];

/// What every thread draws with.
pub struct Shop {
    layout: Arc<Layout>,
    sides: Sides,
    presses: [Option<Press>; 2],
    read_back: bool,
    /// Pictures of all rows, or of the first few.
    pictures: u64,
}

/// A thread's place in the shop.
pub struct Drawer<'a> {
    shop: &'a Shop,
    printers: [Option<Printer<'a>>; 2],
}

/// What became of a row.
pub enum Outcome {
    /// A card.
    Made(Box<Made>),
    /// No card: line and reason.
    Refused(u64, String),
}

/// A drawn card.
pub struct Made {
    /// Line of the file.
    pub line: u64,
    /// What is kept of it.
    pub record: Record,
    /// For the pages.
    pub card: Card,
    /// PNG files of front and back, as far as they were asked for.
    pub pictures: [Option<Vec<u8>>; 2],
}

impl Shop {
    /// Makes the sides ready.
    pub fn new(
        layout: &Arc<Layout>,
        (sides, dpi, pictures): (Sides, u32, u64),
        read_back: bool,
    ) -> Result<Self, PaintError> {
        let samples = [
            super::preview::specimen("Mamadou Lamine Diallo"),
            super::preview::specimen("Awa Sy"),
        ];
        let mut presses = [None, None];
        for (press, face) in presses.iter_mut().zip(FACES) {
            let is_drawn = pictures > 0 && is_asked(sides, face);
            if is_drawn || read_back {
                *press = Some(Press::new(Arc::clone(layout), face, dpi, &samples)?);
            }
        }
        if !read_back {
            FACES
                .iter()
                .zip(&mut presses)
                .filter(|(face, _)| !is_asked(sides, **face))
                .for_each(|(_, press)| *press = None);
        }
        Ok(Self {
            layout: Arc::clone(layout),
            sides,
            presses,
            read_back,
            pictures,
        })
    }

    /// A place for one thread.
    pub fn drawer(&self) -> Drawer<'_> {
        Drawer {
            shop: self,
            printers: self
                .presses
                .each_ref()
                .map(|press| press.as_ref().map(Press::printer)),
        }
    }
}

/// Whether a face is made.
pub fn is_asked(sides: Sides, face: Face) -> bool {
    matches!(
        (sides, face),
        (Sides::Both, _) | (Sides::Front, Face::Front) | (Sides::Back, Face::Back)
    )
}

/// Makes the card of a spreadsheet's row. `at` counts rows from 0.
pub fn draw(people: &People, drawer: &mut Drawer<'_>, at: u64, row: Row) -> Outcome {
    let (line, cells) = match row {
        Row::Cells(line, cells) => (line, cells),
        Row::Fault(line, reason) => return Outcome::Refused(line, reason),
    };
    let made = people
        .entry(&cells)
        .and_then(|entry| drawer.made(at, line, entry));
    match made {
        Ok(made) => Outcome::Made(Box::new(made)),
        Err(error) => Outcome::Refused(line, format!("{error:#}")),
    }
}

impl Drawer<'_> {
    /// Takes a new place, after a drawing that stopped halfway.
    pub fn renew(&mut self) {
        *self = self.shop.drawer();
    }

    /// Draws a card, and reads its code back. `at` counts cards from 0, `line` is the caller's.
    pub fn made(&mut self, at: u64, line: u64, entry: Entry) -> anyhow::Result<Made> {
        let card = self.shop.layout.card(&entry.data)?;
        let mut pictures = [None, None];
        for ((picture, printer), face) in pictures.iter_mut().zip(&mut self.printers).zip(FACES) {
            let Some(printer) = printer else { continue };
            let is_drawn = at < self.shop.pictures && is_asked(self.shop.sides, face);
            match (is_drawn, self.shop.read_back) {
                (true, true) => *picture = Some(printer.checked_png(&card)?),
                (true, false) => *picture = Some(printer.png(&card)?),
                (false, true) => printer.check(&card)?,
                (false, false) => {}
            }
        }
        Ok(Made {
            line,
            record: entry.record,
            card,
            pictures,
        })
    }
}
