//! Names that are given to twins.

use std::collections::HashSet;
use std::sync::OnceLock;

use super::{Token, normalize, variants};

const TWINS: &str = include_str!("tables/twins.txt");

/// True when two names are a pair that is given to twins (Assane and Ousseynou, Taiwo and Kehinde), in any spelling and
/// either order.
pub fn are_twin_names(one: &Token, other: &Token) -> bool {
    let pair = ordered(&one.canonical, &other.canonical);
    one.canonical != other.canonical && pairs().contains(&pair)
}

type Pair = (Box<str>, Box<str>);

fn ordered(one: &str, other: &str) -> Pair {
    let (first, second) = if one <= other { (one, other) } else { (other, one) };
    (first.into(), second.into())
}

fn pairs() -> &'static HashSet<Pair> {
    static PAIRS: OnceLock<HashSet<Pair>> = OnceLock::new();
    PAIRS.get_or_init(|| variants::lines(TWINS).filter_map(pair).collect())
}

fn pair(line: &str) -> Option<Pair> {
    match normalize(line).tokens.as_slice() {
        [one, other] => Some(ordered(&one.canonical, &other.canonical)),
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
