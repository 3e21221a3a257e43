//! Shaped texts that are remembered: names are made of the same words, and labels are the same on every card.
//!
//! Words of scripts that run from left to right are shaped one by one and put together, which gives the same as shaping
//! the line: none of the fonts kerns across a space. Every thread remembers for itself, and forgets what was not asked
//! for lately.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::shape::{Shaped, ShapedGlyph, may_run_right_to_left, shape_with_advance};
use crate::fonts::{Family, Weight};

/// Texts of a generation. Two generations are kept: when one is full, the older one goes.
const GENERATION: usize = 4096;
/// Longer texts are not met twice.
const LONGEST: usize = 64;

/// Family, weight and spacing.
type Style = (Family, Weight, u32);
type Known = HashMap<Style, HashMap<Box<str>, Rc<Piece>>>;

/// A shaped text, and how far it moves the pen.
struct Piece {
    shaped: Shaped,
    advance: f32,
}

#[derive(Default)]
struct Memory {
    young: Known,
    old: Known,
    count: usize,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// Shapes one line of clean text, as [`shape`](super::shape::shape) does.
pub fn shape(text: &str, family: Family, weight: Weight, spacing: f32) -> Shaped {
    let style = (family, weight, spacing.to_bits());
    if text.chars().any(may_run_right_to_left) || !text.contains(' ') {
        return piece(text, style).shaped.clone();
    }
    let mut line = Line::default();
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            line.add(&piece(" ", style), 1);
        }
        if !word.is_empty() {
            line.add(&piece(word, style), word.len());
        }
    }
    line.shaped(spacing)
}

fn piece(text: &str, style: Style) -> Rc<Piece> {
    let shaped = || {
        let (family, weight, spacing) = style;
        let (shaped, advance) = shape_with_advance(text, family, weight, f32::from_bits(spacing));
        Rc::new(Piece { shaped, advance })
    };
    if text.len() > LONGEST {
        return shaped();
    }
    MEMORY.with_borrow_mut(|memory| match memory.known(text, style) {
        Some(piece) => piece,
        None => {
            let piece = shaped();
            memory.keep(text, style, &piece);
            piece
        }
    })
}

impl Memory {
    fn known(&mut self, text: &str, style: Style) -> Option<Rc<Piece>> {
        let of = |known: &Known| known.get(&style)?.get(text).cloned();
        if let Some(piece) = of(&self.young) {
            return Some(piece);
        }
        let piece = of(&self.old)?;
        self.keep(text, style, &piece);
        Some(piece)
    }

    fn keep(&mut self, text: &str, style: Style, piece: &Rc<Piece>) {
        if self.count == GENERATION {
            self.old = std::mem::take(&mut self.young);
            self.count = 0;
        }
        self.count += 1;
        self.young
            .entry(style)
            .or_default()
            .insert(text.into(), Rc::clone(piece));
    }
}

/// Pieces put together.
#[derive(Default)]
struct Line {
    whole: Shaped,
    pen: f32,
    bytes: u32,
}

impl Line {
    fn add(&mut self, piece: &Piece, bytes: usize) {
        let (whole, part, pen, start) = (&mut self.whole, &piece.shaped, self.pen, self.bytes);
        whole.glyphs.extend(part.glyphs.iter().map(|glyph| ShapedGlyph {
            x: pen + glyph.x,
            start: start + glyph.start,
            end: start + glyph.end,
            ..*glyph
        }));
        whole.width = whole.width.max(pen + part.reach);
        whole.overhang = whole.overhang.max(part.overhang - pen);
        whole.above = whole.above.max(part.above);
        whole.below = whole.below.max(part.below);
        for letter in &part.missing {
            if !whole.missing.contains(letter) {
                whole.missing.push(*letter);
            }
        }
        self.pen += piece.advance;
        self.bytes += bytes as u32;
    }

    fn shaped(mut self, spacing: f32) -> Shaped {
        self.whole.reach = self.whole.width;
        self.whole.width = self.whole.width.max(self.pen - spacing);
        self.whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_put_together_are_lines_shaped_at_once() {
        let texts = [
            "Mamadou Lamine Abdoulaye Ndiaye Diallo de la Fontaine",
            "Aïssatou Ɓintou Ŋoŋ",
            "SN-DKR-26-9XQ7LM2A 14/03/1994 (Guédiawaye) No. 7, L'Avenue",
            "AVATAR To Ty Ve W. A. Yo — Tá Ł F f",
            "Тест Ελληνικά ẹ̀kọ́ a  b",
            "one 😀 two",
            "محمد عبد الله Awa Sy",
            "አበበ ተስፋዬ",
        ];
        let near = |a: f32, b: f32| (a - b).abs() < 1e-4;
        for family in [Family::Sans, Family::Condensed, Family::Serif, Family::Mono] {
            for (weight, spacing) in [
                (Weight::Regular, 0.0),
                (Weight::Bold, 0.08),
                (Weight::Black, -0.01),
            ] {
                for text in texts {
                    let whole = super::super::shape::shape(text, family, weight, spacing);
                    for _ in 0..2 {
                        let joined = shape(text, family, weight, spacing);
                        assert!(
                            near(joined.width, whole.width),
                            "{text} {family:?} {joined:?} {whole:?}"
                        );
                        assert!(near(joined.overhang, whole.overhang) && near(joined.above, whole.above));
                        assert_eq!((joined.missing, joined.rtl), (whole.missing.clone(), whole.rtl));
                        assert_eq!(joined.glyphs.len(), whole.glyphs.len(), "{text}");
                        for (a, b) in joined.glyphs.iter().zip(&whole.glyphs) {
                            assert!(near(a.x, b.x) && near(a.y, b.y), "{text}");
                            assert_eq!(
                                (a.font, a.id, a.start, a.end),
                                (b.font, b.id, b.start, b.end),
                                "{text}"
                            );
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        for at in 0..3 * GENERATION {
            shape(&format!("word{at}"), Family::Sans, Weight::Regular, 0.0);
        }
        MEMORY.with_borrow(|memory| {
            let held = |known: &Known| known.values().map(HashMap::len).sum::<usize>();
            assert!(held(&memory.young) + held(&memory.old) <= 2 * GENERATION);
        });
    }
}
