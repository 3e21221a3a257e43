//! Properties of the comparison, for any text.

use proptest::prelude::*;

use crate::matching::{Model, PreparedPerson, Score, Similarity, compare, judge, similarity};
use crate::matching::{NameLevel, Rules, count_all};
use crate::person::{BirthDate, Demographics, ExternalId, Place, Sex};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Z]?[a-z]{0,8}( [A-Z][a-z]{0,8}){0,3}",
        ".{0,40}",
        Just("Fatou Binetou Diop".to_owned()),
        Just("M. Diallo".to_owned()),
    ]
}

fn birth() -> impl Strategy<Value = Option<BirthDate>> {
    let day =
        (1900i16..2030, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| BirthDate::Day(jiff::civil::date(y, m, d)));
    let month = (1900i16..2030, 0i8..=13).prop_map(|(year, month)| BirthDate::Month { year, month });
    let year = any::<i16>().prop_map(BirthDate::Year);
    proptest::option::of(prop_oneof![day, month, year])
}

/// Any person.
pub(in crate::matching) fn person() -> impl Strategy<Value = Demographics> {
    let sex = prop_oneof![Just(Sex::Female), Just(Sex::Male), Just(Sex::Unknown)];
    let identifier = proptest::option::of(("[a-b]", "[0-9]{4,7}", any::<bool>()));
    (
        text(),
        text(),
        birth(),
        sex,
        text(),
        identifier,
        proptest::option::of("[0-9+ ]{0,12}"),
    )
        .prop_map(
            |(given, family, birth, sex, commune, identifier, phone)| Demographics {
                given,
                family,
                birth,
                sex,
                place: Place {
                    commune,
                    ..Place::default()
                },
                identifiers: identifier
                    .map(|(system, value, verified)| ExternalId {
                        system,
                        value,
                        verified,
                    })
                    .into_iter()
                    .collect(),
                phone,
                ..Demographics::default()
            },
        )
}

fn judged(left: &PreparedPerson, right: &PreparedPerson) -> (Score, Similarity) {
    let judgement = judge(
        &compare(left, right),
        &Model::default_for(1_000),
        &Rules::default(),
        false,
    );
    (judgement.score, judgement.similarity)
}

/// People of few names, dates and places, many of whom agree.
pub(in crate::matching) fn alike() -> impl Strategy<Value = Demographics> {
    let word = |words: &'static [&'static str]| proptest::sample::select(words).prop_map(str::to_owned);
    let names = &["Awa", "Awa Marie", "Fatou", "Diallo", "Jallow", "A", ""][..];
    let day =
        (1990i16..1992, 1i8..=12, 1i8..=3).prop_map(|(y, m, d)| BirthDate::Day(jiff::civil::date(y, m, d)));
    let birth = prop_oneof![day, (1989i16..1993).prop_map(BirthDate::Year)];
    let sex = prop_oneof![Just(Sex::Female), Just(Sex::Male), Just(Sex::Unknown)];
    let told = (
        word(names),
        word(names),
        proptest::option::of(birth),
        sex,
        word(&["Pikine", "Pikine Est", ""]),
        proptest::option::of(word(&["77 123 45 67", "77 123 45 68"])),
        proptest::option::of(word(names)),
        proptest::option::of(word(&["M1", "M2"])),
    );
    told.prop_map(
        |(given, family, birth, sex, commune, phone, mother, household)| Demographics {
            given,
            family,
            birth,
            sex,
            place: Place {
                commune,
                ..Place::default()
            },
            phone,
            mother,
            household,
            ..Demographics::default()
        },
    )
}

proptest! {
    #[test]
    fn the_order_of_the_two_persons_does_not_matter(left in person(), right in person()) {
        let (left, right) = (PreparedPerson::new(&left), PreparedPerson::new(&right));
        let counts = count_all([&left, &right]);
        let (left, right) = (left.weighed(&counts), right.weighed(&counts));
        let (one, other) = (compare(&left, &right), compare(&right, &left));
        prop_assert_eq!(one.levels, other.levels);
        prop_assert_eq!(judged(&left, &right), judged(&right, &left));
    }

    #[test]
    fn nobody_is_unlike_oneself(person in person()) {
        let person = PreparedPerson::new(&person);
        let comparison = compare(&person, &person);
        let compared = comparison.levels.codes().iter().any(|&level| level > 0);
        let alike = similarity(&comparison);
        let nameless = comparison.levels.given == NameLevel::Missing && comparison.levels.family == NameLevel::Missing;
        prop_assert!(alike == Similarity::ONE || nameless || !compared, "{:?}", comparison);
    }

    #[test]
    fn similarity_stays_between_nothing_and_one(left in person(), right in person()) {
        let comparison = compare(&PreparedPerson::new(&left), &PreparedPerson::new(&right));
        prop_assert!(similarity(&comparison) <= Similarity::ONE);
    }

    #[test]
    fn the_order_of_tokens_does_not_matter(words in proptest::collection::vec("[a-z]{2,9}", 1..5), other in person()) {
        let named = |words: &[String]| {
            PreparedPerson::new(&Demographics { given: words.join(" "), ..Demographics::default() })
        };
        let reversed: Vec<String> = words.iter().rev().cloned().collect();
        let other = PreparedPerson::new(&other);
        prop_assert_eq!(judged(&named(&words), &other), judged(&named(&reversed), &other));
    }
}
