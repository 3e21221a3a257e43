//! How often the guard is right, on names of which half were never looked at while its words were chosen.

use std::fmt::Write as _;

use super::pattern::{LINES, Pattern};
use super::*;

/// See the head of the file.
const LABELLED: &str = include_str!("../../../tests/fixtures/guard/attributes.tsv");

struct Labelled {
    category: Option<Category>,
    attribute: Attribute<'static>,
}

fn labelled() -> Vec<Labelled> {
    let lines = LABELLED.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [label, name, code, option_set] = cells[..] else {
                panic!("{line}")
            };
            let category = Category::of_name(label);
            assert!(category.is_some() || label == "none", "{line}");
            let attribute = Attribute {
                code,
                name,
                option_set,
            };
            Labelled { category, attribute }
        })
        .collect()
}

/// Of a half: taken rightly, taken wrongly, missed, and of those taken rightly how many in their category.
struct Figures {
    right: u32,
    wrong: u32,
    missed: u32,
    in_category: u32,
    faults: String,
}

fn figures(half: impl Iterator<Item = Labelled>) -> Figures {
    let guard = Guard::default();
    let mut figures = Figures {
        right: 0,
        wrong: 0,
        missed: 0,
        in_category: 0,
        faults: String::new(),
    };
    for one in half {
        let found = guard.findings(&one.attribute);
        match (one.category, found.is_empty()) {
            (Some(category), false) => {
                figures.right += 1;
                figures.in_category += u32::from(found.iter().any(|one| one.category == category));
            }
            (Some(_), true) => figures.missed += 1,
            (None, false) => figures.wrong += 1,
            (None, true) => {}
        }
        if one.category.is_some() == found.is_empty() {
            writeln!(
                figures.faults,
                "{:?} {:?}: {found:?}",
                one.category, one.attribute
            )
            .unwrap();
        }
    }
    figures
}

#[test]
fn the_half_that_was_looked_at_is_told_right() {
    let half = labelled().into_iter().enumerate().filter(|(at, _)| at % 2 == 0);
    let figures = figures(half.map(|(_, one)| one));
    assert_eq!((figures.missed, figures.wrong), (0, 0), "{}", figures.faults);
}

#[test]
fn recall_and_precision_hold_on_the_half_that_was_not() {
    let half = labelled().into_iter().enumerate().filter(|(at, _)| at % 2 == 1);
    let figures = figures(half.map(|(_, one)| one));
    let share = |part: u32, of: u32| f64::from(part) / f64::from(of);
    let recall = share(figures.right, figures.right + figures.missed);
    let precision = share(figures.right, figures.right + figures.wrong);
    let said = format!("recall {recall:.4}, precision {precision:.4}");
    assert!(figures.right > 200, "{said}");
    assert!(recall >= 0.99 && precision >= 0.95, "{said}");
    assert!(share(figures.in_category, figures.right) >= 0.97, "{said}");
}

#[test]
fn every_shipped_line_is_a_pattern_of_a_category() {
    let lines = LINES.lines().map(str::trim);
    let patterns = lines.filter(|line| !line.is_empty() && !line.starts_with(['#', '[']));
    let mut count = 0;
    for line in patterns {
        assert!(Pattern::parse(line).is_ok(), "{line}");
        count += 1;
    }
    assert_eq!(pattern::shipped().len(), count);
    let heads = LINES.lines().filter(|line| line.starts_with('['));
    let named: Vec<_> = heads.map(|line| line.trim_matches(['[', ']'])).collect();
    assert_eq!(named, Category::ALL.map(Category::name));
}

#[test]
fn a_finding_says_what_it_found_and_where() {
    let guard = Guard::default();
    let found = guard.findings(&Attribute {
        code: "X_1",
        name: "Résultat",
        option_set: "Résultat VIH",
    });
    assert_eq!(found[0].to_string(), "hiv: its option set has \"vih*\"");
    let two = guard.findings(&Attribute {
        name: "Test duo VIH/syphilis",
        ..Attribute::default()
    });
    assert_eq!(
        two.iter().map(|one| one.category).collect::<Vec<_>>(),
        [Category::Hiv, Category::Sti]
    );
}

#[test]
fn an_organization_adds_words_and_takes_none_away() {
    let mut guard = Guard::default();
    let attribute = Attribute {
        name: "Kpoké gnon",
        ..Attribute::default()
    };
    assert!(!guard.is_sensitive(&attribute));
    guard.add(Category::Tuberculosis, "kpoke gnon").unwrap();
    let found = guard.findings(&attribute);
    assert!(found[0].added && found[0].category == Category::Tuberculosis);
    for empty in ["", " ", "*", "a", "a*", "|", "| hiv", "^", "@-"] {
        assert_eq!(
            guard.add(Category::Hiv, empty).map_err(|_| ()),
            Err(()),
            "{empty:?}"
        );
    }
    assert!(guard.is_sensitive(&Attribute {
        name: "VIH",
        ..Attribute::default()
    }));
}

#[test]
fn names_that_only_look_alike_are_left_alone() {
    let guard = Guard::default();
    for name in [
        "Outcome",
        "Hauteur",
        "Weight",
        "Art class",
        "Hearing aids",
        "Vaccin ARV antirabique",
        "Artisan",
    ] {
        assert!(
            !guard.is_sensitive(&Attribute {
                name,
                ..Attribute::default()
            }),
            "{name}"
        );
    }
}
