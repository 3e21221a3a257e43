//! What is known before the first card: a code that suits the side, and the bits of the picture without a card.

use super::deflate::{Bounds, Coder, Counts, Writing, encode};
use super::{Own, Press, Stretch};
use crate::data::CardData;
use crate::scene::Card;

impl Press {
    /// Chooses the code from what cards look like, and encodes what is there without one.
    pub(super) fn learn(&mut self, samples: &[CardData]) {
        let rows = self.rows();
        let counts = self.counted(&rows, samples);
        self.coder = Coder::new(&counts, self.stride());
        let stride = self.stride();
        for (row, own) in rows.iter().enumerate() {
            let above = self.above(&rows, row);
            let mut at = 0;
            for &(from, to) in own.iter().chain(&[(stride, stride)]) {
                self.keep(row, (at, from), &above, false);
                self.keep(row, (from, to), &above, true);
                at = to;
            }
        }
    }

    /// How often each token comes, on the fixed layer and on sample cards.
    fn counted(&self, rows: &[Vec<(usize, usize)>], samples: &[CardData]) -> Counts {
        let mut counts = Counts::new(self.palette.colors.len());
        let stride = self.stride();
        for (row, own) in rows.iter().enumerate() {
            let above = self.above(rows, row);
            for (from, to) in gaps(own, row * stride, stride) {
                encode(&self.base, (from, to), stride, Bounds::Fixed(&above), &mut counts);
            }
        }
        let mut printer = self.printer();
        let cards: Vec<Card> = samples
            .iter()
            .filter_map(|data| self.layout.card(data).ok())
            .collect();
        for card in &cards {
            printer.draw(printer.items(card));
            for (row, own) in rows.iter().enumerate() {
                for (from, to) in own {
                    let stretch = (row * stride + from, row * stride + to);
                    encode(&printer.raw, stretch, stride, Bounds::Any, &mut counts);
                }
            }
            printer.restore();
        }
        counts
    }

    /// What is the same on every card of the row above a row.
    fn above(&self, rows: &[Vec<(usize, usize)>], row: usize) -> Vec<(usize, usize)> {
        let above = row
            .checked_sub(1)
            .map(|above| gaps(&rows[above], above * self.stride(), self.stride()));
        above.unwrap_or_default()
    }

    /// Encodes bytes of a row. What is the same on all cards is joined to the stretch before.
    fn keep(&mut self, row: usize, (from, to): (usize, usize), above: &[(usize, usize)], is_own: bool) {
        if from == to {
            return;
        }
        let (start, stride) = (self.bits.len(), self.stride());
        let bounds = if is_own { Bounds::Any } else { Bounds::Fixed(above) };
        let mut writing = Writing(&self.coder, &mut self.bits);
        encode(
            &self.base,
            (row * stride + from, row * stride + to),
            stride,
            bounds,
            &mut writing,
        );
        let count = self.bits.len() - start;
        match self.stretches.last_mut() {
            Some(last) if last.own.is_none() && !is_own => last.count += count,
            _ => self.stretches.push(Stretch {
                start,
                count,
                own: is_own.then_some(Own { row, from, to }),
            }),
        }
    }

    /// For each row, the stretches that cards may change: joined and in order, counted from the row's first byte.
    fn rows(&self) -> Vec<Vec<(usize, usize)>> {
        let row = |y: usize| {
            let crossing = self.slots.iter().filter(|slot| slot[1] <= y && y < slot[3]);
            let mut found: Vec<_> = crossing.map(|slot| (slot[0] + 1, slot[2] + 1)).collect();
            found.sort_unstable();
            found.dedup_by(|next, last| {
                let joins = next.0 <= last.1;
                if joins {
                    last.1 = last.1.max(next.1);
                }
                joins
            });
            found
        };
        (0..self.height).map(row).collect()
    }
}

/// What is left of a row between stretches, filter byte included, counted from the picture's first byte.
fn gaps(own: &[(usize, usize)], start: usize, stride: usize) -> Vec<(usize, usize)> {
    let mut at = 0;
    let mut found = Vec::new();
    for &(from, to) in own.iter().chain(&[(stride, stride)]) {
        if from > at {
            found.push((start + at, start + from));
        }
        at = to;
    }
    found
}
