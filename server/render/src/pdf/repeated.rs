//! Words that are the same on card after card: labels, the programme, often a place.
//!
//! Nobody says which they are: they are what all of the first cards have in common. They become a form that pages refer
//! to. When cards have other words from some row on, the words are learnt again.

use super::FormId;
use crate::scene::GlyphRun;

/// Cards from which common words are learnt.
const SAMPLE: usize = 24;
/// Cards without them after which they are learnt again.
const PATIENCE: usize = 4 * SAMPLE;

/// The common words of a side.
#[derive(Default)]
pub struct Repeated {
    seen: usize,
    missed: usize,
    runs: Vec<GlyphRun>,
    form: Option<FormId>,
}

impl Repeated {
    /// Looks at a card. Gives the common words when they have just become known, for the form that is to be
    /// [kept](Self::keep).
    pub fn learn(&mut self, runs: &[&GlyphRun]) -> Option<&[GlyphRun]> {
        if self.form.is_some() {
            return None;
        }
        if self.seen == 0 {
            self.runs = runs.iter().map(|run| (*run).clone()).collect();
        } else {
            self.runs.retain(|known| runs.contains(&known));
        }
        self.seen += 1;
        if self.seen < SAMPLE {
            return None;
        }
        self.seen = 0;
        (!self.runs.is_empty()).then_some(&self.runs)
    }

    /// Keeps the form of the words that were learnt.
    pub fn keep(&mut self, form: FormId) {
        self.form = Some(form);
        self.missed = 0;
    }

    /// A card's words: the form of the common ones if it has all of them, and its own.
    pub fn split<'r>(&mut self, runs: Vec<&'r GlyphRun>) -> (Option<FormId>, Vec<&'r GlyphRun>) {
        let Some(form) = self.form else {
            return (None, runs);
        };
        let mut common = self.runs.iter().peekable();
        let is_own = |run: &&GlyphRun| common.next_if(|next| *next == *run).is_none();
        let own: Vec<_> = runs.iter().copied().filter(is_own).collect();
        if common.next().is_none() {
            return (Some(form), own);
        }
        self.missed += 1;
        if self.missed == PATIENCE {
            self.form = None;
        }
        (None, runs)
    }
}
