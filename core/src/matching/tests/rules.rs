//! What each veto keeps apart, and what two verified identifiers join.

use jiff::civil::date;

use crate::matching::{
    Decision, Judgement, Mode, Model, PreparedPerson, Rules, Veto, compare, explain, judge,
};
use crate::person::{BirthDate, Demographics, ExternalId, Place, Sex};

fn woman() -> Demographics {
    Demographics {
        given: "Seynabou Awa".into(),
        family: "Sonko".into(),
        birth: Some(BirthDate::Day(date(1994, 7, 23))),
        sex: Sex::Female,
        place: Place {
            district: "Bignona".into(),
            commune: "Thionck Essyl".into(),
            ..Place::default()
        },
        phone: Some("77 555 01 23".into()),
        ..Demographics::default()
    }
}

fn id(value: &str, verified: bool) -> Vec<ExternalId> {
    vec![ExternalId {
        system: "cnam".into(),
        value: value.into(),
        verified,
    }]
}

fn decided(left: &Demographics, right: &Demographics, split: bool) -> Judgement {
    let comparison = compare(&PreparedPerson::new(left), &PreparedPerson::new(right));
    judge(
        &comparison,
        &Model::default_for(100_000),
        &Rules::default(),
        split,
    )
}

#[test]
fn one_person_written_twice_is_linked() {
    let other = Demographics {
        given: "Awa Seynabou".into(),
        ..woman()
    };
    assert_eq!(decided(&woman(), &other, false).decision, Decision::Link);
}

#[test]
fn strangers_are_new() {
    let other = Demographics {
        given: "Moussa".into(),
        family: "Keita".into(),
        birth: Some(BirthDate::Day(date(1961, 2, 2))),
        sex: Sex::Male,
        ..Demographics::default()
    };
    assert_eq!(decided(&woman(), &other, false).decision, Decision::New);
}

#[test]
fn twins_go_to_review_however_much_agrees() {
    let one = Demographics {
        given: "Assane".into(),
        sex: Sex::Male,
        ..woman()
    };
    let other = Demographics {
        given: "Ousseynou".into(),
        ..one.clone()
    };
    let judgement = decided(&one, &other, false);
    assert_eq!(judgement.veto, Some(Veto::Twins));
    assert!(judgement.decision <= Decision::Review);
}

#[test]
fn different_verified_identifiers_are_never_linked_but_typed_ones_may_be() {
    let with = |value, verified| Demographics {
        identifiers: id(value, verified),
        ..woman()
    };
    let verified = decided(&with("4471902", true), &with("9902173", true), false);
    assert_eq!(
        (verified.veto, verified.decision),
        (Some(Veto::DifferentIdentifier), Decision::Review)
    );
    assert_eq!(
        decided(&with("4471902", false), &with("9902173", true), false).veto,
        None
    );
}

#[test]
fn equal_verified_identifiers_link_unless_something_contradicts() {
    let bare = Demographics {
        given: "Seynabou".into(),
        birth: Some(BirthDate::Year(1994)),
        identifiers: id("4471902", true),
        ..Demographics::default()
    };
    let other = Demographics {
        given: "S".into(),
        birth: Some(BirthDate::Year(1995)),
        ..bare.clone()
    };
    assert_eq!(decided(&bare, &other, false).decision, Decision::Link);
    let stranger = Demographics {
        given: "Moussa".into(),
        sex: Sex::Male,
        birth: Some(BirthDate::Year(1960)),
        ..bare.clone()
    };
    let judgement = decided(
        &Demographics {
            sex: Sex::Female,
            ..bare
        },
        &stranger,
        false,
    );
    assert_eq!(judgement.veto, Some(Veto::SexAndBirth));
}

#[test]
fn a_year_of_birth_alone_is_thin_evidence() {
    let coarse = Demographics {
        birth: Some(BirthDate::Year(1994)),
        ..woman()
    };
    assert_eq!(decided(&coarse, &coarse, false).veto, Some(Veto::ThinEvidence));
}

#[test]
fn what_a_person_split_stays_split() {
    let judgement = decided(&woman(), &woman(), true);
    assert_eq!(
        (judgement.veto, judgement.decision),
        (Some(Veto::SplitByHuman), Decision::Review)
    );
}

#[test]
fn published_mode_decides_by_similarity() {
    let one = PreparedPerson::new(&woman());
    let rules = Rules {
        mode: Mode::Published,
        ..Rules::default()
    };
    let judgement = judge(&compare(&one, &one), &Model::default_for(1_000), &rules, false);
    assert_eq!(
        (judgement.similarity.0, judgement.decision),
        (10_000, Decision::Link)
    );
}

#[test]
fn an_explanation_adds_up_to_the_score_and_reads_in_one_line() {
    let (one, other) = (
        PreparedPerson::new(&woman()),
        PreparedPerson::new(&Demographics {
            given: "Sonko".into(),
            ..woman()
        }),
    );
    let (comparison, model) = (compare(&one, &other), Model::default_for(1_000));
    let judgement = judge(&comparison, &model, &Rules::default(), false);
    let explanation = explain(&one, &other, &comparison, &model, &judgement);
    let sum: i32 = explanation.fields.iter().map(|field| field.weight).sum();
    assert_eq!(explanation.prior + sum - explanation.kinship, judgement.score.0);
    insta::assert_snapshot!(explanation.to_string(), @"given differ -5.5 (zenab awa / sonko); family equal +5.4; order straight +1.0; birth equal +10.7; sex equal +1.0; place commune +3.7; phone equal +12.7; shared by a family -12.7; not linked: twins");
}

#[test]
fn an_explanation_names_the_veto_and_what_a_family_shares() {
    let (one, other) = (
        PreparedPerson::new(&Demographics {
            given: "Assane".into(),
            mother: Some("Coumba Sarr".into()),
            ..woman()
        }),
        PreparedPerson::new(&Demographics {
            given: "Ousseynou".into(),
            mother: Some("Kumba Saar".into()),
            ..woman()
        }),
    );
    let (comparison, model) = (compare(&one, &other), Model::default_for(1_000));
    let judgement = judge(&comparison, &model, &Rules::default(), false);
    let explanation = explain(&one, &other, &comparison, &model, &judgement);
    insta::assert_snapshot!(explanation.to_string(), @"given differ -5.5 (asan / usenu); family equal +5.4; order straight +1.0; birth equal +10.7; sex equal +1.0; place commune +3.7; phone equal +12.7; mother equal +9.3; shared by a family -22.1; not linked: twins");
    insta::assert_json_snapshot!(explanation);
}

#[test]
fn a_shared_phone_household_and_mother_make_relatives_not_one_person() {
    let family = |given: &str, year| Demographics {
        given: given.into(),
        birth: Some(BirthDate::Day(jiff::civil::Date::constant(year, 3, 14))),
        phone: Some("771234567".into()),
        mother: Some("Coumba Sarr".into()),
        household: Some("M17".into()),
        ..woman()
    };
    let (elder, younger) = (
        PreparedPerson::new(&family("Penda", 1988)),
        PreparedPerson::new(&family("Ndeye", 1991)),
    );
    let (comparison, model) = (compare(&elder, &younger), Model::default_for(100_000));
    assert!(model.kinship(&comparison) > 0);
    assert_eq!(
        judge(&comparison, &model, &Rules::default(), false).decision,
        Decision::New
    );
}
