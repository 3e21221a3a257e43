//! The bound of a pair is never below its score, so that a join with bounds is the join without.

use proptest::prelude::*;

use super::*;
use crate::matching::compare::compare;
use crate::matching::{Bands, Score, count_all, learn};
use crate::person::{BirthDate, Demographics, ExternalId, Sex};

const NAMES: &[&str] = &[
    "Mamadou",
    "Fatou",
    "Fatoumata",
    "Lamine",
    "M",
    "Diallo",
    "Jallow",
    "Ndiaye",
    "Sow",
    "Assane",
    "Ousseynou",
    "El Hadj Malick",
    "",
];
const PLACES: &[&str] = &["", "Pikine", "Pikine Est", "Thies", "Kolda"];
const NUMBERS: &[&str] = &["", "771234567", "771234576", "781112233", "33"];

fn name() -> impl Strategy<Value = String> {
    let words = prop::collection::vec(prop::sample::select(NAMES), 0..4);
    words.prop_map(|words| words.join(" "))
}

fn birth() -> impl Strategy<Value = Option<BirthDate>> {
    let day = (1988i16..1992, 1i8..=12, 1i8..=28)
        .prop_map(|(year, month, day)| BirthDate::Day(jiff::civil::date(year, month, day)));
    let year = (1985i16..1995).prop_map(BirthDate::Year);
    prop::option::of(prop_oneof![day, year])
}

prop_compose! {
    fn person()(
        given in name(),
        family in name(),
        mother in prop::option::of(name()),
        birth in birth(),
        sex in prop::sample::select(&[Sex::Female, Sex::Male, Sex::Unknown][..]),
        places in prop::array::uniform4(prop::sample::select(PLACES)),
        numbers in prop::array::uniform3(prop::sample::select(NUMBERS)),
        verified in any::<bool>(),
    ) -> PreparedPerson {
        let mut person = Demographics { given, family, mother, birth, sex, ..Demographics::default() };
        let [region, district, commune, village] = places.map(str::to_owned);
        person.place.region = region;
        person.place.district = district;
        person.place.commune = commune;
        person.place.village = village;
        person.phone = Some(numbers[0].to_owned());
        person.household = Some(numbers[1].to_owned());
        if !numbers[2].is_empty() {
            person.identifiers = vec![ExternalId {
                system: "nin".into(),
                value: numbers[2].into(),
                verified,
            }];
        }
        PreparedPerson::new(&person)
    }
}

/// The bounds of a list that are reached from a score on.
fn bounds(people: &[PreparedPerson], model: &Model, score: i32) -> Bounds {
    let rules = Rules {
        mode: Mode::Probability,
        bands: Bands {
            link: Score(score),
            review: Score(score),
            alert: Score(score),
        },
    };
    Bounds::new(people, None, model, &rules).unwrap()
}

proptest! {
    #[test]
    fn no_score_lies_above_its_bound(mut people in prop::collection::vec(person(), 2..16), weighed in any::<bool>()) {
        let learnt = learn(&people, None);
        if weighed {
            // Counted many times over, so that there are enough people to say how rare a value is.
            let frequencies = count_all(people.iter().cycle().take(people.len() * 64));
            people = people.into_iter().map(|person| person.weighed(&frequencies)).collect();
        }
        for model in [learnt.model, Model::default_for(10_000)] {
            for (left, right) in (0..people.len()).flat_map(|left| (left + 1..people.len()).map(move |right| (left, right))) {
                let score = model.score(&compare(&people[left], &people[right])).0;
                let pair = [people[left].clone(), people[right].clone()];
                prop_assert!(bounds(&pair, &model, score).reaches(0, 1), "{score} {pair:?}");
            }
        }
    }
}

#[test]
fn strangers_who_share_a_frequent_name_are_not_compared() {
    let person = |family: &str, commune: &str, day: i8| {
        let mut person = Demographics {
            given: "Fatou".into(),
            family: family.into(),
            birth: Some(BirthDate::Day(jiff::civil::date(1990, 3, day))),
            sex: Sex::Female,
            ..Demographics::default()
        };
        person.place.commune = commune.into();
        PreparedPerson::new(&person)
    };
    let people = [
        person("Diallo", "Pikine", 1),
        person("Sonko", "Kolda", 25),
        person("Jallow", "Pikine", 1),
    ];
    let model = Model::default_for(100_000);
    let bounds = bounds(&people, &model, 0);
    assert!(!bounds.reaches(0, 1));
    assert!(bounds.reaches(0, 2));
}
