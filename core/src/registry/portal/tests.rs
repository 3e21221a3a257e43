use std::collections::BTreeMap;

use jiff::civil::date;
use proptest::prelude::*;

use super::super::filter::{Build, Key};
use super::*;
use crate::card::key::Purpose;
use crate::card::trust::{KeyState, Scope, TrustEntry};
use crate::ids::OsRandom;
use crate::sensitive::Secret;

const KID: Kid = Kid([1, 2, 3, 4]);

fn publisher() -> SigningKey {
    SigningKey::from_seed(Purpose::Publisher, &Secret::take(&mut [2; 32]))
}

fn trust() -> TrustList {
    let root = SigningKey::from_seed(Purpose::Root, &Secret::take(&mut [1; 32]));
    let mut trust = TrustList::new(1, date(2026, 3, 1), "Test", root.public());
    let entry = TrustEntry {
        kid: publisher().kid(),
        purpose: Purpose::Publisher,
        public: publisher().public().0,
        scope: Scope::Organisation,
        not_before: date(2026, 1, 1),
        not_after: date(2030, 1, 1),
        state: KeyState::Active,
    };
    trust.add(entry).unwrap();
    trust
}

fn file(number: u64, good: &[CardCode], revoked: &[CardCode]) -> String {
    let key = |byte| Key::from_bytes([byte; 16]);
    let mut build = Build::new(&BTreeMap::from([(KID, 2)]), [(KID, key(1))]).unwrap();
    [1, 2]
        .into_iter()
        .for_each(|card| build.offer(KID, key(card)).unwrap());
    let now = "2026-03-01T00:00:00Z".parse().unwrap();
    let contents = Contents {
        campaign: "POLIO26",
        number,
        covers_before: date(2026, 3, 1),
        issued_and_next: (now, now),
        filter: &build.finish().unwrap(),
        salt: CodeSalt([number as u8; 16]),
        codes: good,
        revoked_codes: revoked,
    };
    sign(&contents, &publisher()).unwrap()
}

fn codes<const N: usize>() -> [CardCode; N] {
    std::array::from_fn(|_| CardCode::generate(&mut OsRandom).unwrap())
}

#[test]
fn a_portal_answers_for_tokens_and_typed_codes() {
    let [good, revoked, stranger] = codes();
    let portal = Portal::open(&trust(), file(1, &[good], &[revoked]).as_bytes()).unwrap();
    assert_eq!(portal.manifest.campaign, "POLIO26");
    assert_eq!(portal.filter.revoked(KID, Key::from_bytes([1; 16])), Some(true));
    assert_eq!(portal.filter.revoked(KID, Key::from_bytes([2; 16])), Some(false));
    let answers = [good, revoked, stranger].map(|code| portal.code(&code));
    assert_eq!(
        answers,
        [CodeStatus::Good, CodeStatus::Revoked, CodeStatus::Unknown]
    );
}

#[test]
fn parts_of_two_files_cannot_be_mixed() {
    let first: serde_json::Value = serde_json::from_str(&file(1, &codes::<2>(), &[])).unwrap();
    let second: serde_json::Value = serde_json::from_str(&file(2, &codes::<2>(), &codes::<1>())).unwrap();
    for part in ["codes", "revoked_codes"] {
        let mut mixed = first.clone();
        mixed[part] = second[part].clone();
        let opened = Portal::open(&trust(), mixed.to_string().as_bytes());
        assert_eq!(opened.unwrap_err(), PortalError::Swapped, "{part}");
    }
    let mut forged = first.clone();
    forged["manifest"] = second["manifest"].clone();
    assert!(matches!(
        Portal::open(&trust(), forged.to_string().as_bytes()),
        Err(PortalError::Trust(_))
    ));
}

proptest! {
    #[test]
    fn a_damaged_file_never_opens_as_another(at: usize, value in b' '..b'~') {
        let text = file(1, &[], &[]);
        let good = Portal::open(&trust(), text.as_bytes()).unwrap();
        let mut damaged = text.into_bytes();
        let at = at % damaged.len();
        damaged[at] = value;
        if let Ok(opened) = Portal::open(&trust(), &damaged) {
            prop_assert_eq!(opened, good);
        }
        prop_assert!(Portal::open(&trust(), &damaged[..at]).is_err());
    }
}
