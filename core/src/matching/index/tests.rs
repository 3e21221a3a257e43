//! The index answers as comparing everyone does.

use proptest::prelude::*;

use super::*;
use crate::matching::count_all;
use crate::person::{BirthDate, Demographics};

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec!["Fatou", "Fatoumata", "Mamadou", "Modou", "Diallo", "Jallow", "Sow", "Sonko", "Lamine"]).prop_map(str::to_owned),
        1 => "[A-D]",
        1 => "[a-e]{2,5}",
    ]
}

fn part() -> impl Strategy<Value = String> {
    prop_oneof![6 => word(), 3 => (word(), word()).prop_map(|(one, other)| format!("{one} {other}")), 1 => Just(String::new())]
}

fn person() -> impl Strategy<Value = Demographics> {
    let birth = prop::option::of(prop_oneof![
        (1990i16..1993, 1i8..4, 1i8..4)
            .prop_map(|(year, month, day)| BirthDate::Day(jiff::civil::Date::constant(year, month, day))),
        (1990i16..1993).prop_map(BirthDate::Year),
    ]);
    let sex = prop::sample::select(vec![Sex::Female, Sex::Male, Sex::Unknown]);
    let number = || prop::option::of(prop::sample::select(vec!["771234567", "771234568", "761111111"]));
    (
        part(),
        part(),
        birth,
        sex,
        prop::sample::select(vec!["", "Pikine", "Pikin", "Mbour"]),
        number(),
        number(),
        prop::option::of(part()),
    )
        .prop_map(|(given, family, birth, sex, commune, phone, household, mother)| {
            let mut person = Demographics {
                given,
                family,
                birth,
                sex,
                mother,
                ..Demographics::default()
            };
            person.place.commune = commune.to_owned();
            person.phone = phone.map(str::to_owned);
            person.household = household.map(str::to_owned);
            person
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn the_index_finds_what_comparing_everyone_finds(people in prop::collection::vec(person(), 100..160), asked in person(), bits in -12i32..12) {
        let people: Vec<_> = people.iter().map(PreparedPerson::new).collect();
        let frequencies = count_all(&people);
        let people: Vec<_> = people.into_iter().map(|person| person.weighed(&frequencies)).collect();
        let asked = PreparedPerson::new(&asked).weighed(&frequencies);
        let (model, threshold) = (Model::default_for(200), Score(bits * 1024));
        let everyone: Vec<Hit> = (0u32..).zip(&people).map(|(at, other)| Hit { at, score: model.score(&compare(&asked, other)) }).filter(|hit| hit.score >= threshold).collect();
        prop_assert_eq!(Index::new(people).query(&asked, &model, threshold), everyone);
    }
}

#[test]
fn a_person_who_was_removed_is_not_found() {
    let person = PreparedPerson::new(&Demographics {
        given: "Awa".into(),
        family: "Sonko".into(),
        ..Demographics::default()
    });
    let mut index = Index::new([person.clone()]);
    let at = index.insert(person.clone());
    let model = Model::default_for(100);
    assert_eq!(index.query(&person, &model, Score(i32::MIN)).len(), 2);
    assert!(index.remove(at) && !index.remove(at) && !index.remove(99));
    assert_eq!(index.query(&person, &model, Score(i32::MIN)).len(), 1);
}
