//! The labelled set of West African names, pair by pair through the matcher.
//!
//! `tests/fixtures/names/README.md` says how the set was made. No weight was fitted to it: the weights of one test
//! are those that are shipped, with rarities counted over the set as over any register. The other test lets the set
//! teach the weights, as `teranga dedupe` lets a spreadsheet.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where a fixture is not as it should be"
)]

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use teranga_core::matching::{Decision, Model, PreparedPerson, Rules, compare, count_all, judge, learn};
use teranga_core::person::{BirthDate, DateOrder, Demographics, Place, Sex};

/// The rows of a table of the set, without its head; no field holds a comma.
fn rows(name: &str) -> Vec<Vec<String>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/names");
    let table = std::fs::read_to_string(folder.join(name)).unwrap();
    let fields = |line: &str| line.split(',').map(str::to_owned).collect();
    table.lines().skip(1).map(fields).collect()
}

/// id, cluster, given, family, birth, sex, region, commune, phone, mother, household.
fn person(row: &[String]) -> Demographics {
    let filled = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let today = jiff::civil::date(2026, 1, 1);
    Demographics {
        given: row[2].clone(),
        family: row[3].clone(),
        birth: Some(BirthDate::parse(&row[4], DateOrder::DayFirst, today).unwrap()),
        sex: Sex::parse(&row[5]).unwrap(),
        place: Place {
            region: row[6].clone(),
            commune: row[7].clone(),
            ..Place::default()
        },
        phone: filled(&row[8]),
        mother: filled(&row[9]),
        household: filled(&row[10]),
        ..Demographics::default()
    }
}

struct People {
    numbers: HashMap<String, usize>,
    prepared: Vec<PreparedPerson>,
}

fn people() -> People {
    let rows = rows("people.csv");
    People {
        numbers: rows.iter().map(|row| row[0].clone()).zip(0..).collect(),
        prepared: rows.iter().map(|row| PreparedPerson::new(&person(row))).collect(),
    }
}

/// How many pairs of each label were decided in each way, and which true pairs were not found.
#[derive(Debug, Default)]
struct Tally {
    decided: BTreeMap<(String, Decision), usize>,
    missed: Vec<String>,
}

impl Tally {
    fn of(people: &People, model: &Model) -> Self {
        let mut tally = Self::default();
        for pair in rows("pairs.csv") {
            let person = |id: &String| &people.prepared[people.numbers[id]];
            let comparison = compare(person(&pair[0]), person(&pair[1]));
            let decision = judge(&comparison, model, &Rules::default(), false).decision;
            if pair[2] == "same" && decision < Decision::Review {
                tally.missed.push(pair.join(" "));
            }
            *tally.decided.entry((pair[2].clone(), decision)).or_default() += 1;
        }
        tally
    }

    fn at_least(&self, label: &str, least: Decision) -> usize {
        let counts = self.decided.iter();
        counts
            .filter(|((of, decision), _)| of == label && *decision >= least)
            .map(|(_, count)| count)
            .sum()
    }

    /// Different people and twins are never linked; of 505 true pairs at least so many are seen and so many are linked.
    /// No more than 378 can be linked: where a side has no day of birth, a person decides.
    fn assert_floors(&self, seen: usize, linked: usize) {
        let total = self.at_least("same", Decision::New);
        assert_eq!(total, 505);
        assert_eq!(self.at_least("different", Decision::Link), 0, "{self:?}");
        assert_eq!(self.at_least("twin", Decision::Link), 0, "{self:?}");
        assert!(self.at_least("same", Decision::Review) >= seen, "{self:#?}");
        assert!(self.at_least("same", Decision::Link) >= linked, "{self:#?}");
    }
}

#[test]
fn shipped_weights_find_the_same_person_and_link_no_two_people() {
    let mut people = people();
    let frequencies = count_all(&people.prepared);
    people.prepared = people
        .prepared
        .into_iter()
        .map(|one| one.weighed(&frequencies))
        .collect();
    let model = Model::default_for(people.prepared.len() as u64);
    Tally::of(&people, &model).assert_floors(504, 377);
}

#[test]
fn weights_learnt_on_the_set_itself_link_no_two_people_either() {
    let mut people = people();
    let learnt = learn(&people.prepared, None);
    people.prepared = people
        .prepared
        .into_iter()
        .map(|one| one.weighed(&learnt.frequencies))
        .collect();
    Tally::of(&people, &learnt.model).assert_floors(505, 377);
}
