//! Which glyphs a document uses of a font, and the code of each.
//!
//! Glyphs are numbered in the order of their first use, and 252 of them share a font resource whose codes have one
//! byte: half of what two-byte codes cost, on every card. The four bytes that a string would have to escape are left
//! out. A register in one script fits one resource; what goes beyond gets another, over the same embedded font.

use std::collections::HashMap;

/// Stretches of bytes that stand for themselves in a string: first, count. Left out are CR, the parentheses and the
/// backslash.
pub const PLAIN: [(u8, u16); 4] = [(0x00, 13), (0x0e, 26), (0x2a, 50), (0x5d, 163)];
/// Codes of a font resource.
pub const CODES: u16 = 252;

/// The glyphs that were used of a font.
#[derive(Debug, Default)]
pub struct Used {
    numbers: HashMap<u16, u16>,
    /// Glyph of the whole font and the letters that it stood for first, by number less one.
    pub glyphs: Vec<(u16, String)>,
}

impl Used {
    /// The number of a glyph in the subset, from 1: 0 is the font's empty box.
    pub fn number(&mut self, glyph: u16, letters: &str) -> u16 {
        if glyph == 0 {
            return 0;
        }
        let next = self.glyphs.len() as u16 + 1;
        let number = *self.numbers.entry(glyph).or_insert(next);
        if number == next {
            self.glyphs.push((glyph, letters.to_owned()));
        }
        number
    }
}

/// The font resource of a number, and its code there.
pub fn code(number: u16) -> (u16, u8) {
    let (resource, mut rest) = (number / CODES, number % CODES);
    for (first, count) in PLAIN {
        if rest < count {
            return (resource, first + rest as u8);
        }
        rest -= count;
    }
    (resource, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_never_need_an_escape_and_never_repeat() {
        assert_eq!(PLAIN.iter().map(|(_, count)| count).sum::<u16>(), CODES);
        let codes: std::collections::BTreeSet<_> = (0..1000).map(code).collect();
        assert_eq!(codes.len(), 1000);
        assert!(codes.iter().all(|(_, byte)| !b"\r()\\".contains(byte)));
        assert_eq!((code(0), code(251), code(252)), ((0, 0), (0, 255), (1, 0)));
    }

    #[test]
    fn a_glyph_keeps_its_first_number() {
        let mut used = Used::default();
        assert_eq!(
            [used.number(40, "A"), used.number(7, "b"), used.number(40, "Á")],
            [1, 2, 1]
        );
        assert_eq!(used.number(0, "?"), 0);
        assert_eq!(used.glyphs, [(40, "A".to_owned()), (7, "b".to_owned())]);
    }
}
