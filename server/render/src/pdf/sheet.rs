//! Cards on paper: a grid in the middle of the sheet, cut marks around it, and backs that meet their fronts.
//!
//! Cards touch, so that one cut parts two of them. A sheet is turned by the printer around its long or its short edge;
//! backs are placed so that a card that is turned like a page of a book shows its back upright in either case.

use super::POINTS_PER_MM;

/// How the printer turns a sheet for its back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// One side only: no backs.
    Never,
    /// Around the long edge, as books are printed.
    LongEdge,
    /// Around the short edge, as calendars are printed.
    ShortEdge,
}

/// A sheet in portrait.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Width, millimeters.
    pub width_mm: f64,
    /// Height, millimeters.
    pub height_mm: f64,
    /// What stays free on each side, for grippers and cut marks; millimeters.
    pub margin_mm: f64,
    /// How it is turned.
    pub turn: Turn,
}

impl Sheet {
    /// A4, 210 × 297 mm, with 5 mm free.
    pub fn a4(turn: Turn) -> Self {
        Self {
            width_mm: 210.0,
            height_mm: 297.0,
            margin_mm: 5.0,
            turn,
        }
    }

    /// Columns and rows of cards of a size in millimeters; at least one.
    pub fn grid(&self, (width, height): (f64, f64)) -> (usize, usize) {
        let fit = |room: f64, card: f64| (((room - 2.0 * self.margin_mm) / card).floor() as usize).max(1);
        (fit(self.width_mm, width), fit(self.height_mm, height))
    }

    /// Cards on a sheet.
    pub fn capacity(&self, card: (f64, f64)) -> usize {
        let (columns, rows) = self.grid(card);
        columns * rows
    }

    /// Left and upper edge of the grid, millimeters.
    fn origin(&self, card: (f64, f64)) -> (f64, f64) {
        let (columns, rows) = self.grid(card);
        (
            (self.width_mm - columns as f64 * card.0) / 2.0,
            (self.height_mm - rows as f64 * card.1) / 2.0,
        )
    }

    /// Left and upper edge of a card on the front, millimeters, by its place in rows from the top left.
    fn place(&self, card: (f64, f64), at: usize) -> (f64, f64) {
        let (columns, _) = self.grid(card);
        let (left, top) = self.origin(card);
        (
            left + (at % columns) as f64 * card.0,
            top + (at / columns) as f64 * card.1,
        )
    }

    /// The matrix that takes a front (points, y up from its lower left corner) to the page.
    pub fn front(&self, card: (f64, f64), at: usize) -> [f64; 6] {
        let (x, y) = self.place(card, at);
        let bottom = self.height_mm - y - card.1;
        [1.0, 0.0, 0.0, 1.0, x * POINTS_PER_MM, bottom * POINTS_PER_MM]
    }

    /// The same for a back. Around the long edge columns are mirrored; around the short edge rows are, and each back
    /// stands on its head.
    pub fn back(&self, card: (f64, f64), at: usize) -> [f64; 6] {
        let (x, y) = self.place(card, at);
        match self.turn {
            Turn::ShortEdge => {
                let (right, top) = (x + card.0, y + card.1);
                [-1.0, 0.0, 0.0, -1.0, right * POINTS_PER_MM, top * POINTS_PER_MM]
            }
            Turn::Never | Turn::LongEdge => {
                let (x, bottom) = (self.width_mm - x - card.0, self.height_mm - y - card.1);
                [1.0, 0.0, 0.0, 1.0, x * POINTS_PER_MM, bottom * POINTS_PER_MM]
            }
        }
    }

    /// Lines from 1 mm outside of the grid to 4 mm, at each cut; millimeters from the upper left corner.
    pub fn cut_marks(&self, card: (f64, f64)) -> Vec<[f64; 4]> {
        let (columns, rows) = self.grid(card);
        let (left, top) = self.origin(card);
        let (right, bottom) = (self.width_mm - left, self.height_mm - top);
        let mut marks = Vec::new();
        for column in 0..=columns {
            let x = left + column as f64 * card.0;
            marks.push([x, top - 4.0, x, top - 1.0]);
            marks.push([x, bottom + 1.0, x, bottom + 4.0]);
        }
        for row in 0..=rows {
            let y = top + row as f64 * card.1;
            marks.push([left - 4.0, y, left - 1.0, y]);
            marks.push([right + 1.0, y, right + 4.0, y]);
        }
        marks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ISO/IEC 7810 ID-1.
    const CARD: (f64, f64) = (85.6, 53.98);

    fn moved(matrix: [f64; 6], x: f64, y: f64) -> (f64, f64) {
        let [a, b, c, d, e, f] = matrix;
        (a * x + c * y + e, b * x + d * y + f)
    }

    #[test]
    fn a_back_lies_behind_its_front_whichever_edge_is_turned() {
        for turn in [Turn::LongEdge, Turn::ShortEdge] {
            let sheet = Sheet::a4(turn);
            let (width, height) = (sheet.width_mm * POINTS_PER_MM, sheet.height_mm * POINTS_PER_MM);
            let card = (CARD.0 * POINTS_PER_MM, CARD.1 * POINTS_PER_MM);
            for at in 0..sheet.capacity(CARD) {
                for (x, y) in [(0.0, 0.0), (card.0, card.1), (20.0, 5.0)] {
                    let front = moved(sheet.front(CARD, at), x, y);
                    // Seen through the paper, a card turned like a page has its left on the right.
                    let back = moved(sheet.back(CARD, at), card.0 - x, y);
                    let through = match turn {
                        Turn::ShortEdge => (back.0, height - back.1),
                        _ => (width - back.0, back.1),
                    };
                    assert!(
                        (front.0 - through.0).abs() < 1e-6 && (front.1 - through.1).abs() < 1e-6,
                        "{turn:?} {at}"
                    );
                }
            }
        }
    }

    #[test]
    fn cards_and_marks_stay_on_the_paper() {
        let sheet = Sheet::a4(Turn::LongEdge);
        assert_eq!(sheet.grid(CARD), (2, 5));
        // A boarding pass of 480 : 178 and the same width.
        assert_eq!(sheet.grid((85.6, 31.74)), (2, 9));
        for card in [CARD, (85.6, 31.74)] {
            for [x1, y1, x2, y2] in sheet.cut_marks(card) {
                assert!(x1.min(y1) > 0.0 && x2 < sheet.width_mm && y2 < sheet.height_mm);
            }
        }
    }
}
