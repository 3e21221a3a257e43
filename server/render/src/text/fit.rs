//! Fitting a text in its box: as designed, else smaller, else on more lines, else cut with an ellipsis.

use unicode_segmentation::UnicodeSegmentation as _;

use super::remembered::shape;
use super::shape::Shaped;
use crate::fonts::{Family, Weight};

/// How a text is set. Sizes and the box are in the units of the caller.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    /// Family of the font.
    pub family: Family,
    /// Weight of the font.
    pub weight: Weight,
    /// Size as designed.
    pub size: f32,
    /// Smallest size that is still legible.
    pub min_size: f32,
    /// Between letters, in ems.
    pub spacing: f32,
    /// From baseline to baseline, in ems.
    pub leading: f32,
    /// Lines allowed, at least 1.
    pub lines: usize,
}

/// A text that fits its box.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// Size at which it fits.
    pub size: f32,
    /// Its lines, top to bottom, with the text of each.
    pub lines: Vec<(String, Shaped)>,
    /// Whether letters were left out.
    pub cut: bool,
}

/// Share of the designed size down to which a line shrinks at once; below it, more lines are taken where they keep the
/// type larger: it is to be read in the sun.
const GENTLY: f32 = 0.8;
/// Steps from the designed size down to the smallest.
const STEPS: u8 = 6;

/// Fits clean text in `width × height`. The ink of the result is never wider or higher than that.
pub fn fit(text: &str, setting: &Setting, width: f32, height: f32) -> Fitted {
    let whole = set(text, setting);
    let one = size_for(std::slice::from_ref(&whole), setting, width, height);
    if one >= setting.min_size.max(setting.size * GENTLY) || text.is_empty() {
        return done(one, vec![(text.to_owned(), whole)], false);
    }
    for step in 0..=STEPS {
        let share = f32::from(step) / f32::from(STEPS);
        let size = setting.size + (setting.min_size - setting.size) * share;
        if size <= one {
            break;
        }
        if let Some(fitted) = wrapped(text, setting, size, width, height) {
            return fitted;
        }
    }
    if one >= setting.min_size {
        return done(one, vec![(text.to_owned(), whole)], false);
    }
    cut(text, setting, width, height)
}

fn set(text: &str, setting: &Setting) -> Shaped {
    shape(text, setting.family, setting.weight, setting.spacing)
}

fn done(size: f32, lines: Vec<(String, Shaped)>, cut: bool) -> Fitted {
    Fitted { size, lines, cut }
}

/// The largest size, at most the designed one, at which lines are inside of the box.
fn size_for(lines: &[Shaped], setting: &Setting, width: f32, height: f32) -> f32 {
    let widest = lines.iter().map(|l| l.width + l.overhang).fold(0.0, f32::max);
    let high = height_in_ems(lines, setting);
    setting
        .size
        .min(width / widest.max(1e-3))
        .min(height / high.max(1e-3))
}

/// Ink of the first line's top to the last line's bottom, in ems.
fn height_in_ems(lines: &[Shaped], setting: &Setting) -> f32 {
    let mut height = lines.first().map_or(0.0, |line| line.above);
    for pair in lines.windows(2) {
        height += step_between(&pair[0], &pair[1], setting.leading);
    }
    height + lines.last().map_or(0.0, |line| line.below)
}

/// From one baseline to the next: the leading, or more where ink would touch.
pub fn step_between(upper: &Shaped, lower: &Shaped, leading: f32) -> f32 {
    leading.max(upper.below + lower.above)
}

/// The text on as many lines as allowed, at a size; `None` when it does not fit.
fn wrapped(text: &str, setting: &Setting, size: f32, width: f32, height: f32) -> Option<Fitted> {
    if setting.lines < 2 {
        return None;
    }
    let lines = break_lines(text, setting, width / size, setting.lines)?;
    let shaped: Vec<Shaped> = lines.iter().map(|(_, shaped)| shaped.clone()).collect();
    let fits = size_for(&shaped, setting, width, height);
    (fits >= size - 1e-3).then(|| done(fits.min(size), lines, false))
}

/// Breaks between words so that every line is at most `limit` ems wide; `None` when that takes more lines than allowed.
fn break_lines(text: &str, setting: &Setting, limit: f32, allowed: usize) -> Option<Vec<(String, Shaped)>> {
    let mut lines: Vec<(String, Shaped)> = Vec::new();
    for (word, joint) in words(text) {
        if let Some((line, shaped)) = lines.last_mut() {
            let longer = format!("{line}{joint}{word}");
            let with = set(&longer, setting);
            if with.width + with.overhang <= limit {
                (*line, *shaped) = (longer, with);
                continue;
            }
        }
        let alone = set(word, setting);
        if alone.width + alone.overhang > limit || lines.len() == allowed {
            return None;
        }
        lines.push((word.to_owned(), alone));
    }
    Some(lines)
}

/// The words of a text, each with what stands between it and the one before: a space, or nothing after a hyphen.
fn words(text: &str) -> impl Iterator<Item = (&str, &'static str)> {
    text.split(' ').filter(|word| !word.is_empty()).flat_map(|word| {
        let mut parts = word.split_inclusive('-');
        let first = parts.next().unwrap_or(word);
        std::iter::once((first, " ")).chain(parts.map(|part| (part, "")))
    })
}

/// Fills all lines at the smallest size and cuts the last with an ellipsis.
fn cut(text: &str, setting: &Setting, width: f32, height: f32) -> Fitted {
    let limit = width / setting.min_size;
    let mut lines = Vec::new();
    let mut rest = text;
    while lines.len() + 1 < setting.lines && !rest.is_empty() {
        let head = head_that_fits(rest, setting, limit, "");
        rest = rest[head.len()..].trim_start();
        let head = head.trim_end().to_owned();
        let shaped = set(&head, setting);
        lines.push((head, shaped));
    }
    let last = if set(rest, setting).width <= limit {
        rest.to_owned()
    } else {
        format!("{}…", head_that_fits(rest, setting, limit, "…").trim_end())
    };
    let is_cut = last.ends_with('…');
    let shaped = set(&last, setting);
    lines.push((last, shaped));
    let shaped: Vec<Shaped> = lines.iter().map(|(_, shaped)| shaped.clone()).collect();
    // A box lower than its lines makes them smaller than the smallest size rather than let them out.
    let size = size_for(&shaped, setting, width, height).min(setting.min_size);
    done(size, lines, is_cut)
}

/// The longest beginning that fits with an ending: cut between words, or between letters before an ellipsis and where
/// not even one word fits.
fn head_that_fits<'t>(text: &'t str, setting: &Setting, limit: f32, ending: &str) -> &'t str {
    let ends: Vec<usize> = text.grapheme_indices(true).map(|(at, g)| at + g.len()).collect();
    let fits = |end: usize| set(&format!("{}{ending}", text[..end].trim_end()), setting).width <= limit;
    let count = ends.partition_point(|&end| fits(end));
    // One letter at least, so that a line is never empty and the work ends.
    let end = ends.get(count.max(1) - 1).copied().unwrap_or(text.len());
    let head = &text[..end];
    let in_word = text[end..].chars().next().is_some_and(|c| c != ' ');
    let hyphen = head.rfind('-').map(|at| at + 1);
    match head.rfind(' ').max(hyphen) {
        Some(gap) if in_word && ending.is_empty() => &text[..gap],
        _ => head,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::clean;

    const SETTING: Setting = Setting {
        family: Family::Sans,
        weight: Weight::Bold,
        size: 40.0,
        min_size: 20.0,
        spacing: 0.0,
        leading: 1.2,
        lines: 2,
    };

    fn texts(fitted: &Fitted) -> Vec<&str> {
        fitted.lines.iter().map(|(text, _)| text.as_str()).collect()
    }

    #[test]
    fn short_stays_longer_shrinks_long_wraps_longest_is_cut() {
        let of = |text: &str| fit(text, &SETTING, 400.0, 100.0);
        let short = of("Awa Sy");
        assert_eq!((short.size, texts(&short)), (40.0, vec!["Awa Sy"]));
        let longer = of("Mamadou Lamine Sarr");
        assert!(longer.size < 40.0 && longer.size >= 20.0 && longer.lines.len() == 1);
        let long = of("Mamadou Lamine Abdoulaye Ndiaye Diallo");
        assert_eq!(texts(&long), ["Mamadou Lamine", "Abdoulaye Ndiaye Diallo"]);
        assert!(!long.cut);
        let hyphened = of("Ramanantsoavololona-Andriamihaja");
        assert_eq!(texts(&hyphened), ["Ramanantsoavololona-", "Andriamihaja"]);
        let longest = of(&"Mamadou Lamine Abdoulaye ".repeat(6));
        assert!(longest.cut && longest.lines.len() == 2 && texts(&longest)[1].ends_with('…'));
    }

    #[test]
    fn one_long_word_is_cut_between_letters() {
        let fitted = fit(&"ɓ".repeat(300), &Setting { lines: 1, ..SETTING }, 200.0, 60.0);
        assert!(fitted.cut && texts(&fitted)[0].ends_with('…'));
    }

    fn assert_inside(text: &str, setting: &Setting, width: f32, height: f32) {
        let fitted = fit(&clean(text), setting, width, height);
        let lines: Vec<Shaped> = fitted.lines.iter().map(|(_, shaped)| shaped.clone()).collect();
        assert!(fitted.lines.len() <= setting.lines);
        for line in &lines {
            assert!(
                (line.width + line.overhang) * fitted.size <= width * 1.0001,
                "{text:?} is too wide"
            );
        }
        assert!(
            height_in_ems(&lines, setting) * fitted.size <= height * 1.0001,
            "{text:?} is too high"
        );
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(96))]
        #[test]
        fn no_text_leaves_its_box(text in "\\PC{0,90}|[A-ZÀ-ÿɓɗŋ ]{0,80}|[ء-ي ]{0,60}|[አ-ፚ ]{0,40}",
            width in 20.0_f32..700.0, height in 8.0_f32..120.0, lines in 1_usize..4) {
            assert_inside(&text, &Setting { lines, ..SETTING }, width, height);
        }
    }

    #[test]
    fn hostile_texts_stay_inside_too() {
        let stacked = format!("e{}", "\u{301}".repeat(200));
        for text in [
            "",
            " ",
            "\u{202e}\u{0}",
            "👩‍👩‍👧‍👦 🇸🇳",
            &stacked,
            &"ﷺ".repeat(3000),
            &"W".repeat(10_000),
        ] {
            assert_inside(text, &SETTING, 150.0, 50.0);
        }
    }
}
