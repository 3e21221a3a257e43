use jiff::civil::date;
use proptest::prelude::*;

use super::super::signing::SigningKey;
use super::*;
use crate::ids::OsRandom;

fn root() -> SigningKey {
    SigningKey::generate(Purpose::Root, &mut OsRandom).unwrap()
}

fn entry(key: &SigningKey, scope: Scope, state: KeyState) -> TrustEntry {
    TrustEntry {
        kid: key.kid(),
        purpose: key.purpose(),
        public: key.public().0,
        scope,
        not_before: date(2026, 1, 1),
        not_after: date(2026, 12, 31),
        state,
    }
}

fn list(number: u64, root: &SigningKey) -> TrustList {
    let mut list = TrustList::new(number, date(2026, 3, 1), "moh-sn", root.public());
    for (purpose, scope) in [
        (Purpose::Publisher, Scope::Organisation),
        (Purpose::Issuer, Scope::Campaign("POLIO26".into())),
        (Purpose::Issuer, Scope::Lot("L-0007".into())),
    ] {
        let key = SigningKey::generate(purpose, &mut OsRandom).unwrap();
        list.add(entry(&key, scope, KeyState::Active)).unwrap();
    }
    list
}

#[test]
fn a_signed_list_opens_under_its_own_root_only() {
    let (root, other) = (root(), root());
    let list = list(1, &root);
    let signed = list.sign(&root).unwrap();
    assert_eq!(TrustList::open(&signed, &root.public()), Ok(list.clone()));
    assert_eq!(
        TrustList::open(&signed, &other.public()),
        Err(TrustListError::OtherRoot)
    );
    assert_eq!(TrustList::claimed_root(&signed), Ok(root.public()));
    assert!(list.sign(&other).is_err());
}

#[test]
fn any_flipped_bit_is_noticed() {
    let root = root();
    let signed = list(1, &root).sign(&root).unwrap();
    for place in 0..signed.len() * 8 {
        let mut damaged = signed.clone();
        damaged[place / 8] ^= 1 << (place % 8);
        assert!(TrustList::open(&damaged, &root.public()).is_err(), "bit {place}");
    }
    for length in 0..signed.len() {
        assert!(
            TrustList::open(&signed[..length], &root.public()).is_err(),
            "cut at {length}"
        );
    }
}

#[test]
fn lists_only_go_forward() {
    let root = root();
    let (first, second, fork) = (list(1, &root), list(2, &root), list(2, &root));
    assert_eq!(first.succeeded_by(second.clone()), Ok(second.clone()));
    assert_eq!(second.succeeded_by(second.clone()), Ok(second.clone()));
    assert_eq!(second.succeeded_by(fork), Err(TrustListError::Fork(2)));
    assert_eq!(
        second.succeeded_by(first),
        Err(TrustListError::Older { held: 2, offered: 1 })
    );
    assert_eq!(
        second.succeeded_by(list(3, &self::root())),
        Err(TrustListError::OtherRoot)
    );
}

#[test]
fn a_name_is_given_once() {
    let root = root();
    let mut list = list(1, &root);
    let taken = list.entries()[0].clone();
    assert_eq!(list.add(taken.clone()), Err(TrustListError::KidTaken(taken.kid)));
    let posing_as_root = TrustEntry {
        kid: root.kid(),
        ..taken
    };
    assert_eq!(
        list.add(posing_as_root),
        Err(TrustListError::KidTaken(root.kid()))
    );
}

#[test]
fn secret_keys_a_second_root_and_issuers_of_everything_stand_on_no_list() {
    let root = root();
    let good = list(1, &root).entries()[0].clone();
    let mut list = TrustList::new(1, date(2026, 3, 1), "moh-sn", root.public());
    for (purpose, scope, error) in [
        (Purpose::Token, Scope::Campaign("POLIO26".into()), "a purpose"),
        (Purpose::Root, Scope::Organisation, "a purpose"),
        (Purpose::Issuer, Scope::Organisation, "a scope"),
        (Purpose::Publisher, Scope::Lot("L-0007".into()), "a scope"),
    ] {
        let entry = TrustEntry {
            purpose,
            scope,
            ..good.clone()
        };
        assert_eq!(list.add(entry), Err(TrustListError::Invalid(error)));
    }
}

#[test]
fn a_later_version_asks_for_an_update() {
    let root = root();
    let mut body = list(1, &root).to_bytes();
    assert_eq!(
        body[..3],
        [0xa6, 0x01, 0x01],
        "a map whose first entry is the version"
    );
    body[2] = 2;
    let signature = root.sign(Context::TrustList, &body).unwrap();
    let signed = super::super::trust_wire::envelope(&body, &signature);
    assert_eq!(
        TrustList::open(&signed, &root.public()),
        Err(TrustListError::FutureVersion(2))
    );
}

#[test]
fn a_signature_counts_when_key_purpose_and_state_allow_it() {
    let root = root();
    let key = SigningKey::generate(Purpose::Publisher, &mut OsRandom).unwrap();
    let signature = key.sign(Context::StatusList, b"list").unwrap();
    let with = |state| {
        let mut list = TrustList::new(1, date(2026, 1, 1), "moh-sn", root.public());
        list.add(entry(&key, Scope::Organisation, state)).unwrap();
        list
    };
    let check = |list: &TrustList, context| {
        list.verify(context, key.kid(), b"list", &signature)
            .map(|e| e.kid)
    };
    assert_eq!(check(&with(KeyState::Active), Context::StatusList), Ok(key.kid()));
    assert_eq!(
        check(&with(KeyState::Retired), Context::StatusList),
        Ok(key.kid())
    );
    assert_eq!(
        check(&with(KeyState::Compromised), Context::StatusList),
        Err(TrustError::Compromised(key.kid()))
    );
    assert_eq!(
        check(&with(KeyState::Active), Context::Pass),
        Err(SignatureError::WrongPurpose {
            held: Purpose::Publisher,
            needed: Purpose::Issuer
        }
        .into())
    );
    assert_eq!(
        check(&list(1, &root), Context::StatusList),
        Err(TrustError::UnknownKey(key.kid()))
    );
}

proptest! {
    #[test]
    fn any_bytes_end_in_a_result(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let root = PublicKey([7; 32]);
        prop_assert!(TrustList::open(&bytes, &root).is_err());
        let _ = TrustList::from_bytes(&bytes);
    }

    #[test]
    fn a_list_reads_back_as_written(
        number: u64,
        name in "[a-z-]{1,20}",
        keys in proptest::collection::btree_map(any::<[u8; 4]>(), any::<([u8; 32], u8, u16, u8)>(), 0..20),
    ) {
        let mut list = TrustList::new(number, date(2026, 1, 1), &name, PublicKey([9; 32]));
        for (kid, (public, purpose, days, kind)) in keys {
            let keys = [
                (Purpose::Publisher, Scope::Organisation),
                (Purpose::Issuer, Scope::Campaign("C1".into())),
                (Purpose::Issuer, Scope::Lot("L1".into())),
                (Purpose::Sync, Scope::Organisation),
            ];
            let (purpose, scope) = keys[usize::from(purpose) % 4].clone();
            let states = [KeyState::Active, KeyState::Retired, KeyState::Compromised];
            let not_before = crate::clock::date_of_day(i64::from(days)).unwrap();
            let not_after = crate::clock::date_of_day(i64::from(days) + 365).unwrap();
            list.add(TrustEntry {
                kid: Kid(kid),
                purpose,
                public,
                scope,
                not_before,
                not_after,
                state: states[usize::from(kind) % 3],
            }).unwrap();
        }
        prop_assert_eq!(TrustList::from_bytes(&list.to_bytes()), Ok(list));
    }
}
