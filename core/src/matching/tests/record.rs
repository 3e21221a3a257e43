//! What is written of a model and of frequencies, and that it decides as before when it is read.

use jiff::civil::date;
use proptest::prelude::*;

use super::register::register;
use crate::matching::{
    Field, Frequencies, Learnt, Model, ModelRecord, ModelRecordError, PreparedPerson, Promotion, compare,
    count_all, learn,
};
use crate::person::{BirthDate, Demographics};

fn record() -> ModelRecord {
    ModelRecord::learnt(learn(&register(), None), date(2026, 3, 1))
}

fn promotion() -> Promotion {
    Promotion {
        by: "staff-17".into(),
        on: date(2026, 3, 2),
    }
}

fn again<T: serde::Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

fn refusal(change: impl FnOnce(&mut serde_json::Value)) -> String {
    let mut written = serde_json::to_value(record()).unwrap();
    change(&mut written);
    serde_json::from_value::<ModelRecord>(written)
        .unwrap_err()
        .to_string()
}

#[test]
fn a_learnt_model_decides_only_after_a_person_promoted_it() {
    let mut record = again(&record());
    assert_eq!(record.in_use(), Err(ModelRecordError::NotPromoted(record.id())));
    record.promote(promotion());
    record.promote(Promotion {
        by: "staff-99".into(),
        ..promotion()
    });
    let record = again(&record);
    assert_eq!(
        record.promotion(),
        Some(&promotion()),
        "the first promotion stays"
    );
    assert!(record.in_use().is_ok());
}

#[test]
fn the_weights_that_are_shipped_need_no_promotion() {
    let frequencies = count_all(&register());
    let record = again(&ModelRecord::shipped(frequencies, date(2026, 3, 1)));
    let (model, frequencies) = record.in_use().unwrap();
    assert_eq!((model, frequencies.people()), (&Model::default_for(660), 660));
}

#[test]
fn the_same_record_is_the_same_bytes() {
    let text = serde_json::to_string(&record()).unwrap();
    assert_eq!(text, serde_json::to_string(&record()).unwrap());
    assert_eq!(text, serde_json::to_string(&again(&record())).unwrap());
}

#[test]
fn a_record_is_written_in_this_form() {
    let register = register();
    let frequencies = count_all(register.iter().take(120));
    let mut record = ModelRecord::learnt(
        Learnt {
            model: learn(&register, None).model,
            frequencies,
        },
        date(2026, 3, 1),
    );
    record.promote(promotion());
    let mut written = serde_json::to_value(&record).unwrap();
    // Dates that recur and names are enough to see the form.
    let counts = written["frequencies"]["counts"].as_object_mut().unwrap();
    for counts in counts.values_mut() {
        let first: serde_json::Map<_, _> = counts.as_object().unwrap().clone().into_iter().take(2).collect();
        *counts = first.into();
    }
    insta::assert_json_snapshot!(written);
}

#[test]
fn a_record_that_is_not_whole_is_refused_with_what_to_do() {
    assert!(refusal(|record| record["version"] = 2.into()).contains("version 2"));
    assert!(refusal(|record| record["model"]["prior"] = 1.into()).contains("fetch it again"));
    assert!(refusal(|record| record["model"]["weights"][0] = serde_json::json!([0])).contains("Given"));
    assert!(refusal(|record| record["model"]["weights"][3][0] = 9.into()).contains("Birth"));
    assert!(
        refusal(|record| record["frequencies"]["counts"]["token"]["xyz"] = 2.into())
            .contains("16 hexadecimal")
    );
}

#[test]
fn a_frequency_beyond_what_counts_is_not_written() {
    let person = |family: &str, year| {
        PreparedPerson::new(&Demographics {
            family: family.into(),
            birth: Some(BirthDate::Year(year)),
            ..Demographics::default()
        })
    };
    let (common, twice, once) = (
        person("Diallo", 1990),
        person("Sonko", 1991),
        person("Goubaly", 1992),
    );
    let mut counted = count_all(std::iter::repeat_n(&common, 600_000));
    for person in [&twice, &twice, &once] {
        person.count(&mut counted);
    }
    let written = serde_json::to_value(&counted).unwrap();
    let tokens = written["counts"]["token"].as_object().unwrap();
    assert_eq!(tokens.len(), 1, "{tokens:?}");
}

proptest! {
    #[test]
    fn frequencies_score_the_same_after_they_were_written(people in prop::collection::vec(("[a-c]", "[a-f]{2}", 1990i16..2010), 100..200)) {
        let people: Vec<_> = people
            .into_iter()
            .map(|(given, family, year)| {
                PreparedPerson::new(&Demographics { given, family, birth: Some(BirthDate::Year(year)), ..Demographics::default() })
            })
            .collect();
        let counted = count_all(&people);
        let read: Frequencies = again(&counted);
        let model = Model::default_for(1_000);
        let score = |frequencies: &Frequencies, at: usize| {
            let weighed = |at: usize| people[at].clone().weighed(frequencies);
            model.score(&compare(&weighed(at), &weighed(at / 2)))
        };
        for at in 0..people.len() {
            prop_assert_eq!(score(&counted, at), score(&read, at));
        }
    }
}

#[test]
fn every_field_has_weights_in_what_is_written() {
    let written = serde_json::to_value(record()).unwrap();
    let weights = written["model"]["weights"].as_array().unwrap();
    assert_eq!(weights.len(), Field::COUNT);
}
