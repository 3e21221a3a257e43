//! Shaping: which glyphs, of which fonts, where; in ems and in visual order.

use rustybuzz::{Direction, UnicodeBuffer};
use unicode_bidi::{BidiInfo, Level};
use unicode_script::{Script, UnicodeScript as _};

use crate::fonts::{Family, FontId, Weight, chain};

/// A placed glyph of a shaped line. Distances are in ems, from the start of the baseline; y points down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShapedGlyph {
    /// Font of the glyph.
    pub font: FontId,
    /// Glyph in the font.
    pub id: u16,
    /// Place of its origin.
    pub x: f32,
    /// Place of its origin.
    pub y: f32,
    /// Byte of the line's text at which the letters of this glyph begin.
    pub start: u32,
    /// One past the last byte of the letters of this glyph.
    pub end: u32,
}

/// A line of text, shaped. Everything in ems.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shaped {
    /// Glyphs from left to right.
    pub glyphs: Vec<ShapedGlyph>,
    /// How far the line goes: advance, or ink where that goes further.
    pub width: f32,
    /// How far ink goes.
    pub reach: f32,
    /// How far ink sticks out to the left of the start.
    pub overhang: f32,
    /// Ink above the baseline.
    pub above: f32,
    /// Ink below the baseline.
    pub below: f32,
    /// Whether the line as a whole runs from right to left.
    pub rtl: bool,
    /// Letters that no font has.
    pub missing: Vec<char>,
}

/// Shapes one line of clean text. `spacing`, in ems, goes between letters of scripts whose letters do not join.
pub fn shape(text: &str, family: Family, weight: Weight, spacing: f32) -> Shaped {
    shape_with_advance(text, family, weight, spacing).0
}

/// Shapes one line, and gives how far it moves the pen too, spacing behind the last letter included.
pub(super) fn shape_with_advance(text: &str, family: Family, weight: Weight, spacing: f32) -> (Shaped, f32) {
    let fonts = chain(family, weight);
    let mut shaped = Shaped::default();
    let mut pen = 0.0;
    for stretch in stretches(text, fonts, &mut shaped) {
        pen = shape_stretch(text, &stretch, spacing, pen, &mut shaped);
    }
    let spaced = spacing != 0.0 && !shaped.glyphs.is_empty();
    shaped.reach = shaped.width;
    shaped.width = shaped.width.max(if spaced { pen - spacing } else { pen });
    (shaped, pen)
}

/// A stretch of text in one font and one direction.
struct Stretch {
    font: FontId,
    start: usize,
    end: usize,
    rtl: bool,
}

/// The stretches of a line in visual order.
fn stretches(text: &str, fonts: &[FontId], shaped: &mut Shaped) -> Vec<Stretch> {
    if !text.chars().any(may_run_right_to_left) {
        return in_fonts(text, 0, text.len(), false, fonts, shaped);
    }
    let bidi = BidiInfo::new(text, None);
    let Some(paragraph) = bidi.paragraphs.first() else {
        return Vec::new();
    };
    shaped.rtl = paragraph.level.is_rtl();
    let (levels, runs) = bidi.visual_runs(paragraph, paragraph.range.clone());
    let mut found = Vec::new();
    for run in runs {
        let rtl = levels.get(run.start).is_some_and(Level::is_rtl);
        let mut parts = in_fonts(text, run.start, run.end, rtl, fonts, shaped);
        if rtl {
            parts.reverse();
        }
        found.extend(parts);
    }
    found
}

/// Whether the bidirectional algorithm has work to do: Hebrew is the first block whose letters run to the left.
pub(super) fn may_run_right_to_left(letter: char) -> bool {
    letter >= '\u{590}'
}

/// Cuts a range where the font changes. Marks and punctuation stay with what they follow, if its font has them.
fn in_fonts(
    text: &str,
    start: usize,
    end: usize,
    rtl: bool,
    fonts: &[FontId],
    shaped: &mut Shaped,
) -> Vec<Stretch> {
    let mut found: Vec<Stretch> = Vec::new();
    for (offset, letter) in text[start..end].char_indices() {
        let at = start + offset;
        let has = |font: FontId| font.font().face.glyph_index(letter).is_some();
        let goes_along = matches!(letter.script(), Script::Common | Script::Inherited);
        let font = match found.last() {
            Some(last) if goes_along && has(last.font) => last.font,
            _ => fonts.iter().copied().find(|&font| has(font)).unwrap_or_else(|| {
                if !shaped.missing.contains(&letter) {
                    shaped.missing.push(letter);
                }
                fonts[0]
            }),
        };
        match found.last_mut() {
            Some(last) if last.font == font => last.end = at + letter.len_utf8(),
            _ => found.push(Stretch {
                font,
                start: at,
                end: at + letter.len_utf8(),
                rtl,
            }),
        }
    }
    found
}

/// Shapes a stretch from `pen` on; gives where the next one begins.
fn shape_stretch(text: &str, stretch: &Stretch, spacing: f32, mut pen: f32, shaped: &mut Shaped) -> f32 {
    let font = stretch.font.font();
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(&text[stretch.start..stretch.end]);
    buffer.set_direction(if stretch.rtl {
        Direction::RightToLeft
    } else {
        Direction::LeftToRight
    });
    buffer.guess_segment_properties();
    let spacing = if stretch.rtl { 0.0 } else { spacing };
    let glyphs = rustybuzz::shape(&font.face, &[], buffer);
    let infos = glyphs.glyph_infos();
    let em = font.units_per_em;
    for (at, (info, place)) in infos.iter().zip(glyphs.glyph_positions()).enumerate() {
        let id = info.glyph_id as u16;
        let x = pen + place.x_offset as f32 / em;
        let y = -place.y_offset as f32 / em;
        if let Some(ink) = font.face.glyph_bounding_box(rustybuzz::ttf_parser::GlyphId(id)) {
            shaped.overhang = shaped.overhang.max(-(x + f32::from(ink.x_min) / em));
            shaped.width = shaped.width.max(x + f32::from(ink.x_max) / em);
            shaped.above = shaped.above.max(f32::from(ink.y_max) / em - y);
            shaped.below = shaped.below.max(y - f32::from(ink.y_min) / em);
        }
        let end = cluster_end(infos, at, stretch);
        shaped.glyphs.push(ShapedGlyph {
            font: stretch.font,
            id,
            x,
            y,
            start: stretch.start as u32 + info.cluster,
            end,
        });
        let ends_letter = infos.get(at + 1).is_none_or(|next| next.cluster != info.cluster);
        pen += place.x_advance as f32 / em + if ends_letter { spacing } else { 0.0 };
    }
    pen
}

/// Where the letters of a glyph end: where those of the next cluster in the text begin.
fn cluster_end(infos: &[rustybuzz::GlyphInfo], at: usize, stretch: &Stretch) -> u32 {
    let own = infos[at].cluster;
    let next = if stretch.rtl {
        infos[..at].iter().rev().find(|info| info.cluster != own)
    } else {
        infos[at..].iter().find(|info| info.cluster != own)
    };
    next.map_or(stretch.end as u32, |info| stretch.start as u32 + info.cluster)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Shaped {
        shape(text, Family::Sans, Weight::Regular, 0.0)
    }

    fn fonts_of(text: &str) -> Vec<&'static str> {
        let mut names: Vec<_> = plain(text).glyphs.iter().map(|g| g.font.font().name).collect();
        names.dedup();
        names
    }

    #[test]
    fn each_script_is_set_in_its_font() {
        assert_eq!(fonts_of("Ɓeŋ Ƴaɗe"), ["NotoSans-Regular"]);
        assert_eq!(fonts_of("አበበ"), ["NotoSansEthiopic-Regular"]);
        assert_eq!(fonts_of("ߒߞߏ"), ["NotoSansNKo-Regular"]);
        assert_eq!(fonts_of("𞤀𞤣𞤤𞤢𞤥"), ["NotoSansAdlam-Regular"]);
        assert_eq!(fonts_of("ⵜⵉⴼⵉⵏⴰⵖ"), ["NotoSansTifinagh-Regular"]);
        assert_eq!(
            fonts_of("Awa محمد"),
            ["NotoSans-Regular", "NotoSansArabic-Regular"]
        );
    }

    #[test]
    fn arabic_letters_join_and_run_to_the_left() {
        let word = plain("محمد");
        assert!(word.rtl);
        let starts: Vec<u32> = word.glyphs.iter().map(|g| g.start).collect();
        assert!(
            starts.is_sorted_by(|a, b| a >= b),
            "the first letter stands at the right"
        );
        // Apart, the letters take other shapes.
        let apart: Vec<u16> = "محمد"
            .chars()
            .rev()
            .flat_map(|c| plain(&c.to_string()).glyphs)
            .map(|g| g.id)
            .collect();
        assert_ne!(word.glyphs.iter().map(|g| g.id).collect::<Vec<_>>(), apart);
    }

    #[test]
    fn a_letter_that_no_font_has_is_a_box_and_is_reported() {
        let shaped = plain("Awa 😀");
        assert_eq!(shaped.missing, ['😀']);
        assert_eq!(shaped.glyphs.last().map(|g| g.id), Some(0), "the box is glyph 0");
        assert!(plain("Awa").missing.is_empty());
    }

    #[test]
    fn spacing_widens_between_letters_and_leaves_arabic_alone() {
        let spaced = |text: &str| shape(text, Family::Sans, Weight::Regular, 0.1).width;
        assert!((spaced("ABC") - plain("ABC").width - 0.2).abs() < 0.02);
        assert!((spaced("محمد") - plain("محمد").width).abs() < 0.11);
    }

    #[test]
    fn letters_and_glyphs_know_each_other() {
        let text = "Éa محمد";
        for glyph in plain(text).glyphs {
            assert!(
                text.get(glyph.start as usize..glyph.end as usize)
                    .is_some_and(|t| !t.is_empty())
            );
        }
    }
}
