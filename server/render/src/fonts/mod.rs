//! The fonts that cards are set in: Noto, subset to the scripts that cards need (see `fonts/README.md`).
//!
//! A style names a family and a weight; [`chain`] gives the fonts to ask for a letter in turn: the style's own, the
//! plain sans of that weight, then one font for each other script. What none of them has is drawn as the first font's
//! empty box and reported.

use std::sync::LazyLock;

use rustybuzz::Face;
use serde::Deserialize;

/// A family that a template may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Noto Sans: names, values, nearly everything.
    #[default]
    Sans,
    /// Noto Sans Condensed: labels and long numbers.
    Condensed,
    /// Noto Serif: solemn headings.
    Serif,
    /// Noto Sans Mono: codes and identifiers.
    Mono,
}

/// A weight that a template may name. Families without it give their nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// 400.
    #[default]
    Regular,
    /// 600.
    Semibold,
    /// 700.
    Bold,
    /// 900.
    Black,
}

/// One of the embedded fonts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FontId(u8);

/// An embedded font.
pub struct Font {
    /// File name without its ending, which is the PostScript name too: `NotoSans-Bold`.
    pub name: &'static str,
    /// The TrueType file.
    pub data: &'static [u8],
    /// Parsed, for shaping and outlines.
    pub face: Face<'static>,
    /// Units of the design grid an em.
    pub units_per_em: f32,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!(concat!("../../fonts/", $name, ".ttf")).as_slice())),*]
    };
}

const FILES: &[(&str, &[u8])] = files![
    "NotoSans-Regular",
    "NotoSans-SemiBold",
    "NotoSans-Bold",
    "NotoSans-Black",
    "NotoSans-CondensedSemiBold",
    "NotoSerif-Regular",
    "NotoSerif-Bold",
    "NotoSansMono-Medium",
    "NotoSansArabic-Regular",
    "NotoSansArabic-Bold",
    "NotoSansEthiopic-Regular",
    "NotoSansEthiopic-Bold",
    "NotoSansNKo-Regular",
    "NotoSansAdlam-Regular",
    "NotoSansAdlam-Bold",
    "NotoSansTifinagh-Regular",
    "NotoSansNKo-Bold",
    "NotoSansTifinagh-Bold",
];

static FONTS: LazyLock<Vec<Font>> = LazyLock::new(|| {
    let parsed = FILES.iter().filter_map(|&(name, data)| {
        let face = Face::from_slice(data, 0)?;
        let units_per_em = face.units_per_em() as f32;
        Some(Font {
            name,
            data,
            face,
            units_per_em,
        })
    });
    parsed.collect()
});

impl FontId {
    /// The font.
    pub fn font(self) -> &'static Font {
        &FONTS[usize::from(self.0)]
    }

    /// Its place among the embedded fonts, from 0.
    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// All embedded fonts.
pub fn all() -> impl Iterator<Item = FontId> {
    (0..FILES.len() as u8).map(FontId)
}

/// The fonts to ask for a letter, first to last.
pub fn chain(family: Family, weight: Weight) -> &'static [FontId] {
    /// Regular sans, then the other scripts in regular.
    const REGULAR: [u8; 6] = [0, 8, 10, 12, 13, 15];
    /// Their bold ones.
    const BOLD: [u8; 6] = [2, 9, 11, 16, 14, 17];
    static CHAINS: LazyLock<[Vec<FontId>; 8]> = LazyLock::new(|| {
        let chain = |first: u8, then: [u8; 6]| {
            let rest = then.into_iter().filter(|&font| font != first);
            std::iter::once(first).chain(rest).map(FontId).collect()
        };
        [
            chain(0, REGULAR),
            chain(1, BOLD),
            chain(2, BOLD),
            chain(3, BOLD),
            chain(4, BOLD),
            chain(5, REGULAR),
            chain(6, BOLD),
            chain(7, BOLD),
        ]
    });
    let at = match (family, weight) {
        (Family::Sans, Weight::Regular) => 0,
        (Family::Sans, Weight::Semibold) => 1,
        (Family::Sans, Weight::Bold) => 2,
        (Family::Sans, Weight::Black) => 3,
        (Family::Condensed, _) => 4,
        (Family::Serif, Weight::Regular) => 5,
        (Family::Serif, _) => 6,
        (Family::Mono, _) => 7,
    };
    &CHAINS[at]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_font_parses_and_carries_its_name() {
        assert_eq!(FONTS.len(), FILES.len());
        assert_eq!(chain(Family::Sans, Weight::Bold)[0].font().name, "NotoSans-Bold");
        assert_eq!(
            chain(Family::Mono, Weight::Regular)[0].font().name,
            "NotoSansMono-Medium"
        );
        assert_eq!(all().count(), FILES.len());
    }

    #[test]
    fn bold_names_are_bold_in_every_script() {
        for letter in "Ŋمአߒ𞤀ⵜ".chars() {
            let font = |weight| {
                let mut fonts = chain(Family::Sans, weight).iter();
                fonts
                    .find(|font| font.font().face.glyph_index(letter).is_some())
                    .unwrap()
                    .font()
            };
            let black = |font: &Font| {
                let glyph = font.face.glyph_index(letter).unwrap();
                let mut area = Area::default();
                font.face.outline_glyph(glyph, &mut area).unwrap();
                area.sum.abs() / font.units_per_em.powi(2)
            };
            let (regular, bold) = (black(font(Weight::Regular)), black(font(Weight::Bold)));
            assert!(
                bold > regular * 1.15,
                "{letter}: {regular} and {bold} of an em are black"
            );
        }
    }

    /// The area that outlines enclose, curves taken as the lines between their points.
    #[derive(Default)]
    struct Area {
        start: (f32, f32),
        pen: (f32, f32),
        sum: f32,
    }

    impl rustybuzz::ttf_parser::OutlineBuilder for Area {
        fn move_to(&mut self, x: f32, y: f32) {
            (self.start, self.pen) = ((x, y), (x, y));
        }

        fn line_to(&mut self, x: f32, y: f32) {
            self.sum += (self.pen.0 * y - x * self.pen.1) / 2.0;
            self.pen = (x, y);
        }

        fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
            self.line_to(x1, y1);
            self.line_to(x, y);
        }

        fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
            self.quad_to(x1, y1, x2, y2);
            self.line_to(x, y);
        }

        fn close(&mut self) {
            self.line_to(self.start.0, self.start.1);
        }
    }

    #[test]
    fn every_script_of_the_promise_has_its_letters_in_every_style() {
        let letters = "AŋɓɗƴƁƊŊéàçñǝẹ́محمدአማርኛߒߞߏ𞤀𞤁𞤣ⵜⵉⴼⵉⵏⴰⵖ٣";
        for family in [Family::Sans, Family::Condensed, Family::Serif, Family::Mono] {
            for weight in [Weight::Regular, Weight::Semibold, Weight::Bold, Weight::Black] {
                for letter in letters.chars() {
                    let has = |font: &FontId| font.font().face.glyph_index(letter).is_some();
                    assert!(
                        chain(family, weight).iter().any(has),
                        "{letter} in {family:?} {weight:?}"
                    );
                }
            }
        }
    }
}
