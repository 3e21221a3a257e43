use super::*;
use crate::matching::Decision;
use crate::person::{BirthDate, Demographics, ExternalId, MpiId, Place, Sex};
use crate::registry::bundle::people::{self, Known};
use crate::sensitive::Secret;
use crate::store::{Memory, Store as _, Table};

fn person(given: &str, family: &str, year: i16, village: &str) -> Demographics {
    Demographics {
        given: given.into(),
        family: family.into(),
        birth: Some(BirthDate::Day(jiff::civil::date(year, 3, 17))),
        sex: Sex::Female,
        place: Place {
            country: "SN".into(),
            region: "KLD".into(),
            village: village.into(),
            ..Place::default()
        },
        identifiers: vec![ExternalId {
            system: "cnam".into(),
            value: format!("{given}-{year}"),
            verified: false,
        }],
        ..Demographics::default()
    }
}

fn mpi(number: usize) -> MpiId {
    MpiId::parse(&format!("SN-KLD-26-{number:08}")).unwrap()
}

/// A vault that took a bundle with these people.
fn vault(everyone: &[Demographics]) -> Memory {
    let key = Secret::take(&mut [1; 32]);
    let known = everyone
        .iter()
        .enumerate()
        .map(|(at, person)| Known::of(mpi(at), person, &key));
    let mut part = Vec::new();
    people::write(&mut part, &key, known).unwrap();
    let mut store = Memory::default();
    store.commit(people_changes(&part[..]).unwrap()).unwrap();
    store
}

fn village() -> Vec<Demographics> {
    vec![
        person("Fatoumata", "Diallo", 1990, "Saré Bidji"),
        person("Awa", "Ndiaye", 1985, "Kounkané"),
        person("Mamadou Lamine", "Sonko", 1972, "Saré Bidji"),
        person("Ibrahima", "Cissé", 2001, "Mampatim"),
    ]
}

fn names(answer: &Answer) -> Vec<String> {
    let people = answer.people.iter();
    people.map(|found| found.person.given.clone()).collect()
}

fn ask(store: &Memory, question: Question) -> Vec<String> {
    names(&Area::load(store).unwrap().search(&question, 10, store).unwrap())
}

#[test]
fn a_person_is_found_in_any_spelling_order_and_beginning() {
    let store = vault(&village());
    for name in ["Fatoumatta Jallow", "jallow fat", "DIALLO", "Fatou Diallo"] {
        let found = ask(
            &store,
            Question {
                name: name.into(),
                ..Question::default()
            },
        );
        assert_eq!(found, ["fatoumata"], "{name}");
    }
    for name in ["Lamine Sonko", "mamadu"] {
        let found = ask(
            &store,
            Question {
                name: name.into(),
                ..Question::default()
            },
        );
        assert_eq!(found, ["mamadou lamine"], "{name}");
    }
    assert_eq!(ask(&store, Question::default()), [""; 0]);
    let nobody = Question {
        name: "Fatoumata Sonko".into(),
        ..Question::default()
    };
    assert_eq!(ask(&store, nobody), [""; 0], "every word must fit");
}

#[test]
fn a_person_is_found_by_year_of_birth_and_village() {
    let store = vault(&village());
    let born = |year| {
        ask(
            &store,
            Question {
                birth_year: Some(year),
                ..Question::default()
            },
        )
    };
    assert_eq!(born(1990), ["fatoumata"]);
    assert_eq!(born(1991), ["fatoumata"], "a year off");
    assert_eq!(born(1995), [""; 0]);
    let mut there = ask(
        &store,
        Question {
            place: "sare bid".into(),
            ..Question::default()
        },
    );
    there.sort();
    assert_eq!(there, ["fatoumata", "mamadou lamine"]);
    let both = Question {
        birth_year: Some(1972),
        place: "Saré Bidji".into(),
        ..Question::default()
    };
    assert_eq!(ask(&store, both), ["mamadou lamine"]);
}

#[test]
fn more_than_were_asked_for_is_said() {
    let everyone: Vec<_> = (0..20)
        .map(|_| person("Awa", "Ndiaye", 1985, "Kounkané"))
        .collect();
    let store = vault(&everyone);
    let question = Question {
        name: "Awa".into(),
        ..Question::default()
    };
    let answer = Area::load(&store).unwrap().search(&question, 5, &store).unwrap();
    assert_eq!((answer.people.len(), answer.more), (5, true));
}

#[test]
fn a_duplicate_is_seen_before_it_is_saved_with_the_fields_that_say_so() {
    let store = vault(&village());
    let area = Area::load(&store).unwrap();
    let alike = area
        .alike(&person("Fatoumata", "Jallow", 1990, "Sare Bidji"), &store)
        .unwrap();
    assert_eq!(alike[0].person.who, Who::Mpi(mpi(0)));
    assert!(alike[0].judgement.decision >= Decision::Review);
    let fields = &alike[0].explanation.fields;
    assert!(fields.iter().any(|field| field.weight > 0));
    assert!(
        area.alike(&person("Ousmane", "Faye", 1950, "Thiès"), &store)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn an_identifier_is_compared_without_being_known() {
    let store = vault(&village());
    let stored = store
        .get(Table::People, mpi(0).as_str().as_bytes())
        .unwrap()
        .unwrap();
    assert!(!stored.windows(9).any(|window| window == b"Fatoumata"), "folded");
    assert!(!stored.windows(4).any(|window| window == b"1990"), "hashed");
    let area = Area::load(&store).unwrap();
    let mut renamed = person("Fatoumata", "Diallo", 1990, "Saré Bidji");
    (renamed.given, renamed.birth) = ("Fanta".into(), None);
    let with_it = area.alike(&renamed, &store).unwrap();
    renamed.identifiers.clear();
    let without = area.alike(&renamed, &store).unwrap();
    let score = |alike: &[Alike]| alike.first().map(|alike| alike.judgement.score);
    assert!(score(&with_it) > score(&without));
}

#[test]
fn who_is_registered_here_is_found_at_once_and_replaced_when_corrected() {
    let store = vault(&village());
    let mut area = Area::load(&store).unwrap();
    let id = [7, 7, 7, 7, 7, 7, 0x77, 7, 0x87, 7, 7, 7, 7, 7, 7, 7];
    let who = Who::Registration(crate::wire::PacketId::from_bytes(id).unwrap());
    area.put(who, &person("Ndèye", "Sarr", 1999, "Dabo"));
    assert_eq!(area.len(), 5);
    let search = |area: &Area, name: &str| {
        let question = Question {
            name: name.into(),
            ..Question::default()
        };
        area.search(&question, 10, &store).unwrap()
    };
    let found = search(&area, "Ndeye");
    assert_eq!(
        (found.people[0].person.who, found.people[0].person.here),
        (who, true)
    );
    assert_eq!(found.people[0].person.given, "Ndèye");
    area.put(who, &person("Coumba", "Sarr", 1999, "Dabo"));
    assert!(search(&area, "Ndeye").people.is_empty());
    assert_eq!(search(&area, "Coumba").people.len(), 1);
    area.remove(&who);
    assert!(search(&area, "Coumba").people.is_empty());
    assert!(area.show(&who, &store).unwrap().is_none());
    assert_eq!(area.len(), 4);
}

#[test]
fn rows_of_another_version_of_the_tables_are_prepared_anew() {
    let mut store = vault(&village());
    let key = mpi(0).as_str().as_bytes().to_vec();
    let mut row = store.get(Table::People, &key).unwrap().unwrap();
    row[2] = 99;
    store
        .commit(vec![crate::store::Change::Put(Table::People, key, row)])
        .unwrap();
    assert_eq!(
        ask(
            &store,
            Question {
                name: "Fatoumata".into(),
                ..Question::default()
            }
        ),
        ["fatoumata"]
    );
}

#[test]
fn a_damaged_row_and_a_damaged_part_are_said() {
    let mut store = vault(&village());
    let key = mpi(0).as_str().as_bytes().to_vec();
    store
        .commit(vec![crate::store::Change::Put(Table::People, key, vec![0, 0, 9])])
        .unwrap();
    assert!(Area::load(&store).is_err());
    assert!(people_changes(&b"\x01too short"[..]).is_err());
}
