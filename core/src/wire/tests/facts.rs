use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;
use crate::wire::WireError;

#[test]
fn every_kind_of_fact_is_written_as_it_was() {
    let lines = facts();
    let lines: Vec<String> = lines
        .iter()
        .map(|fact| format!("{} {}", fact.body.name(), HEXLOWER.encode(&fact.to_bytes())))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_kind_of_fact_reads_back_and_a_cut_one_does_not() {
    for fact in facts() {
        let bytes = fact.to_bytes();
        assert_eq!(Fact::from_bytes(&bytes), Ok(fact));
        assert!((0..bytes.len()).all(|cut| Fact::from_bytes(&bytes[..cut]).is_err()));
    }
}

#[test]
fn nothing_of_a_person_is_printed() {
    let printed = format!("{:?}", facts());
    for word in ["Mamadou", "Ndiaye", "Pikine", "77 000", "9XQ7LM2A-"] {
        assert!(!printed.contains(word), "{word}");
    }
}

#[test]
fn clocks_that_are_ten_years_wrong_are_written_as_they_are() {
    for at in [
        "2016-01-01T00:00:00Z",
        "2036-12-31T23:59:59Z",
        "1969-12-31T23:59:59Z",
    ] {
        let fact = Fact {
            at: at.parse().unwrap(),
            user: 1,
            body: registered(),
        };
        assert_eq!(Fact::from_bytes(&fact.to_bytes()), Ok(fact));
    }
}

#[test]
fn a_kind_or_version_of_a_later_program_is_named_as_such() {
    let bytes = facts()[6].to_bytes();
    // [ at (5 bytes), user, kind, version, body ]
    let (kind, version) = (7, 8);
    assert_eq!((bytes[kind], bytes[version]), (7, 1));
    for place in [kind, version] {
        let mut later = bytes.clone();
        later[place] = 20;
        assert_eq!(Fact::from_bytes(&later), Err(WireError::FutureVersion(20)));
    }
}

#[test]
fn an_id_is_written_in_one_form_only() {
    let bytes = facts()[1].to_bytes();
    let place = bytes.windows(2).position(|pair| pair == b"SN").unwrap();
    let mut other = bytes;
    other[place] = b's';
    assert_eq!(Fact::from_bytes(&other), Err(WireError::Invalid("MPI id")));
}

proptest! {
    #[test]
    fn any_person_reads_back(
        given in "\\PC{0,60}", family in "\\PC{0,60}", village in "\\PC{0,60}",
        phone in proptest::option::of("\\PC{0,20}"), user: u64, seconds in -2_000_000_000_i64..4_000_000_000,
    ) {
        let mut person = person();
        (person.given, person.family, person.phone) = (given, family, phone);
        person.place.village = village;
        let fact = Fact {
            at: Timestamp::from_second(seconds).unwrap(),
            user,
            body: Body::Corrected { subject: Subject::Mpi(mpi()), person: Box::new(person) },
        };
        prop_assert_eq!(Fact::from_bytes(&fact.to_bytes()), Ok(fact));
    }

    #[test]
    fn what_is_read_is_written_the_same(at in 0_usize..8, place: prop::sample::Index, value: u8) {
        let mut bytes = facts()[at].to_bytes();
        let place = place.index(bytes.len());
        bytes[place] = value;
        if let Ok(fact) = Fact::from_bytes(&bytes) {
            prop_assert_eq!(fact.to_bytes(), bytes, "one value has one encoding");
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Fact::from_bytes(&bytes);
    }
}
