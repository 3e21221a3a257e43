//! Learning on a small register whose truth is known.

use jiff::civil::date;

use crate::matching::{Decision, Field, PreparedPerson, Rules, compare, judge, learn};
use crate::person::{BirthDate, Demographics, Place, Sex};

const GIVEN: [&str; 12] = [
    "Aminata", "Moussa", "Khady", "Ousmane", "Rokhaya", "Lamine", "Penda", "Demba", "Coumba", "Yero",
    "Salimata", "Baba",
];
const FAMILY: [&str; 11] = [
    "Diallo", "Ndiaye", "Sonko", "Keita", "Badji", "Kante", "Sarr", "Camara", "Tendeng", "Goudiaby", "Mballo",
];

/// Person `n` of a register in which no two persons share name and date.
fn person(n: usize) -> Demographics {
    let (year, month, day) = (1950 + n * 7 % 67, 1 + n * 5 % 12, 1 + n * 11 % 28);
    Demographics {
        given: GIVEN[n % GIVEN.len()].into(),
        family: FAMILY[n % FAMILY.len()].into(),
        birth: Some(BirthDate::Day(date(year as i16, month as i8, day as i8))),
        sex: if n.is_multiple_of(2) {
            Sex::Female
        } else {
            Sex::Male
        },
        place: Place {
            commune: format!("Commune {}", n % 17),
            ..Place::default()
        },
        ..Demographics::default()
    }
}

pub(super) fn register() -> Vec<PreparedPerson> {
    let once = (0..600).map(person);
    let again = (0..60).map(|n| Demographics {
        sex: Sex::Unknown,
        ..person(n * 10)
    });
    once.chain(again)
        .map(|person| PreparedPerson::new(&person))
        .collect()
}

#[test]
fn duplicates_are_found_without_being_told() {
    let people = register();
    let learnt = learn(&people, None);
    let people: Vec<_> = people
        .into_iter()
        .map(|person| person.weighed(&learnt.frequencies))
        .collect();
    let mut linked = Vec::new();
    for one in 0..people.len() {
        for other in one + 1..people.len() {
            let judgement = judge(
                &compare(&people[one], &people[other]),
                &learnt.model,
                &Rules::default(),
                false,
            );
            if judgement.decision == Decision::Link {
                linked.push((one, other));
            }
        }
    }
    let truth: Vec<_> = (0..60).map(|n| (n * 10, 600 + n)).collect();
    assert_eq!(linked, truth);
}

#[test]
fn the_same_register_teaches_the_same_model() {
    assert_eq!(
        learn(&register(), None).model.id(),
        learn(&register(), None).model.id()
    );
}

#[test]
fn an_empty_register_and_one_person_keep_the_defaults_in_their_order() {
    for people in [&register()[..0], &register()[..1]] {
        let model = learn(people, None).model;
        let given = &model.weights[Field::Given as usize];
        assert!(given[1] < 0 && given[7] > given[5] && given[0] == 0, "{given:?}");
    }
}

#[test]
fn a_rare_shared_name_weighs_more_than_a_common_one() {
    let mut people = register();
    let named = |family: &str| {
        PreparedPerson::new(&Demographics {
            family: family.into(),
            ..Demographics::default()
        })
    };
    people.push(named("Goubaly"));
    let learnt = learn(&people, None);
    let weight = |family: &str| {
        let person = named(family).weighed(&learnt.frequencies);
        learnt.model.weight(Field::Family, &compare(&person, &person))
    };
    assert!(
        weight("Goubaly") > weight("Diallo") + 3 * 1024,
        "{} {}",
        weight("Goubaly"),
        weight("Diallo")
    );
}
