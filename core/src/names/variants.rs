//! Tables of variants and of related names: data that a native speaker corrects, read once.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{fold, orthography};

const VARIANTS: &str = include_str!("tables/variants.txt");
const RELATED: &str = include_str!("tables/related.txt");

struct Tables {
    /// Canonical spelling → canonical spelling of its group's head.
    head: HashMap<String, Box<str>>,
    /// Head → group of related names.
    related: HashMap<Box<str>, u16>,
}

/// Replaces a canonical spelling by its group's head and names its group of related names.
pub fn look_up(canonical: String) -> (Box<str>, Option<u16>) {
    let tables = tables();
    let head = tables
        .head
        .get(&canonical)
        .cloned()
        .unwrap_or_else(|| canonical.into());
    let related = tables.related.get(&head).copied();
    (head, related)
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(read)
}

fn read() -> Tables {
    let mut head = HashMap::new();
    for group in lines(VARIANTS) {
        let spellings: Vec<String> = spellings(group).collect();
        for spelling in &spellings {
            head.entry(spelling.clone())
                .or_insert_with(|| spellings[0].as_str().into());
        }
    }
    let mut related = HashMap::new();
    for (number, group) in (0..).zip(lines(RELATED)) {
        for spelling in spellings(group) {
            let name = head.get(&spelling).cloned().unwrap_or_else(|| spelling.into());
            related.entry(name).or_insert(number);
        }
    }
    Tables { head, related }
}

/// The lines of a table that are neither empty nor comments.
pub fn lines(table: &'static str) -> impl Iterator<Item = &'static str> {
    table
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The canonical spellings of a line's names.
fn spellings(line: &str) -> impl Iterator<Item = String> {
    line.split([' ', ':'])
        .filter(|name| !name.is_empty())
        .filter_map(|name| fold::words(name).first().map(|word| orthography::canonical(word)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_name_stands_in_one_group_of_variants_only() {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut twice = Vec::new();
        for (number, group) in lines(VARIANTS).enumerate() {
            assert!(group.contains(':'), "a group needs a head and a colon: {group}");
            for spelling in spellings(group) {
                if *seen.entry(spelling.clone()).or_insert(number) != number {
                    twice.push(format!("{spelling} ({group})"));
                }
            }
        }
        assert!(twice.is_empty(), "in two groups: {twice:#?}");
    }

    #[test]
    fn a_name_stands_in_one_group_of_related_names_only() {
        let mut seen: BTreeMap<Box<str>, usize> = BTreeMap::new();
        let mut twice = Vec::new();
        for (number, group) in lines(RELATED).enumerate() {
            for spelling in spellings(group) {
                let (head, _) = look_up(spelling);
                if *seen.entry(head.clone()).or_insert(number) != number {
                    twice.push(format!("{head} ({group})"));
                }
            }
        }
        assert!(twice.is_empty(), "in two groups: {twice:#?}");
    }

    #[test]
    fn names_in_tables_are_single_words() {
        for line in lines(VARIANTS).chain(lines(RELATED)) {
            for name in line.split([' ', ':']).filter(|name| !name.is_empty()) {
                assert_eq!(fold::words(name).len(), 1, "{name} in {line}");
            }
        }
    }
}
