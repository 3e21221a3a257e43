//! Names that are given to twins.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{Token, normalize, variants};

const TWINS: &str = include_str!("tables/twins.txt");

/// True when two names are a pair that is given to twins (Assane and Ousseynou, Taiwo and Kehinde), in any spelling and
/// either order.
pub fn are_twin_names(one: &Token, other: &Token) -> bool {
    twin_names_of(&one.canonical).contains(&other.canonical)
}

/// The canonical spellings of the names that twins of somebody with this canonical name are given; none for most names.
/// Allocates nothing, so that it can be asked of every pair.
pub fn twin_names_of(canonical: &str) -> &'static [Box<str>] {
    static PARTNERS: OnceLock<Partners> = OnceLock::new();
    PARTNERS
        .get_or_init(read)
        .get(canonical)
        .map_or(&[], Vec::as_slice)
}

type Partners = HashMap<Box<str>, Vec<Box<str>>>;

fn read() -> Partners {
    let mut partners = Partners::new();
    for [one, other] in variants::lines(TWINS).filter_map(pair) {
        partners.entry(one.clone()).or_default().push(other.clone());
        partners.entry(other).or_default().push(one);
    }
    partners
}

/// The canonical spellings of a line's two names, where they are two.
fn pair(line: &str) -> Option<[Box<str>; 2]> {
    match normalize(line).tokens.as_slice() {
        [one, other] if one.canonical != other.canonical => {
            Some([one.canonical.clone(), other.canonical.clone()])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn are_twins(one: &str, other: &str) -> bool {
        are_twin_names(&normalize(one).tokens[0], &normalize(other).tokens[0])
    }

    #[test]
    fn twin_names_are_known_in_any_spelling() {
        assert!(are_twins("Assane", "Ousseynou"));
        assert!(are_twins("Fousseyni", "Alassane") || are_twins("Ousainou", "Lansana"));
        assert!(are_twins("Hawa", "Adama"));
        assert!(are_twins("Kehinde", "Taiwo"));
    }

    #[test]
    fn other_names_are_not() {
        assert!(!are_twins("Assane", "Hassan"));
        assert!(!are_twins("Assane", "Alassane"), "one name in two spellings");
        assert!(!are_twins("Fatou", "Awa"));
    }

    #[test]
    fn every_line_of_the_table_is_a_pair() {
        assert!(variants::lines(TWINS).all(|line| pair(line).is_some()));
    }
}
