//! A join finds what comparing everyone with everyone finds, each pair once.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::matching::{count_all, learn};
use crate::person::{BirthDate, Demographics, Sex};

fn person(given: &str, family: &str, year: i16, commune: &str) -> PreparedPerson {
    let mut person = Demographics {
        given: given.into(),
        family: family.into(),
        birth: Some(BirthDate::Day(jiff::civil::Date::constant(year, 3, 14))),
        sex: Sex::Female,
        ..Demographics::default()
    };
    person.place.commune = commune.into();
    PreparedPerson::new(&person)
}

fn village() -> Vec<PreparedPerson> {
    let families = ["Diallo", "Sonko", "Badji", "Ndiaye", "Keita", "Sagna"];
    let given = ["Awa", "Fatou", "Coumba", "Penda", "Mariama"];
    let mut people: Vec<_> = (0..60)
        .map(|at| {
            person(
                given[at % 5],
                families[at % 6],
                1950 + at as i16,
                ["Pikine", "Thies"][at % 2],
            )
        })
        .collect();
    people.push(person("Awa", "Jallow", 1950, "Pikine"));
    people.push(person("Sonko", "Fatou", 1951, "Thies"));
    let frequencies = count_all(&people);
    people
        .into_iter()
        .map(|person| person.weighed(&frequencies))
        .collect()
}

#[test]
fn duplicates_are_found_each_once_and_in_order() {
    let people = village();
    let model = learn(&people, None).model;
    let judge = Judge {
        model: &model,
        rules: &Rules::default(),
    };
    let seen = AtomicUsize::new(0);
    let found = duplicates(&people, judge, &|more| {
        seen.fetch_add(more, Ordering::Relaxed);
    });
    let mut everyone = Vec::new();
    for left in 0..people.len() {
        for right in left + 1..people.len() {
            let kept = judge.keep(&people[left], &people[right]);
            everyone.extend(kept.map(|judgement| Match {
                left: left as u32,
                right: right as u32,
                judgement,
            }));
        }
    }
    assert_eq!(found, everyone);
    assert!(
        found.iter().any(|pair| (pair.left, pair.right) == (0, 60)),
        "Awa Diallo is Awa Jallow"
    );
    assert_eq!(seen.into_inner(), people.len());
}

#[test]
fn two_lists_are_linked_by_position_in_each() {
    let people = village();
    let model = Model::default_for(60);
    let judge = Judge {
        model: &model,
        rules: &Rules::default(),
    };
    let found = links(&people[..2], &people[60..], judge, &|_| {});
    let pairs: Vec<_> = found.iter().map(|pair| (pair.left, pair.right)).collect();
    assert!(pairs.contains(&(0, 0)) && pairs.contains(&(1, 1)), "{pairs:?}");
}

#[test]
fn nobody_has_no_duplicates() {
    let judge = Judge {
        model: &Model::default_for(0),
        rules: &Rules::default(),
    };
    assert_eq!(duplicates(&[], judge, &|_| {}), []);
}

#[test]
fn a_name_that_thousands_share_does_not_hide_a_duplicate() {
    let mut people: Vec<_> = (0..2000)
        .map(|at| person("Fatou", "Diallo", 1900 + at % 100, &format!("c{}", at % 50)))
        .collect();
    people.push(person("Fatou", "Diallo", 1907, "c7"));
    let blocks = Blocks::among(&people);
    let mut search = blocks.search();
    let candidates = search.candidates(&people[2000], 0);
    assert!(
        candidates.contains(&7) && candidates.len() < 1000,
        "{}",
        candidates.len()
    );
}
