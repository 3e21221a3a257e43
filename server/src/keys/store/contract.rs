//! What every key store does, run against each.

use jiff::civil::date;
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::trust::{KeyState, Scope};
use teranga_core::sensitive::Secret;

use super::{FileStore, KeyInfo, KeyStore, MemoryStore, StoreError, StoredKey};

/// A key made at the given second.
pub(super) fn sample(number: u8) -> StoredKey {
    StoredKey {
        info: KeyInfo {
            kid: Kid([0xff - number; 4]),
            purpose: Purpose::Issuer,
            scope: Scope::Campaign("POLIO26".into()),
            not_before: date(2026, 1, 1),
            not_after: date(2026, 12, 31),
            state: KeyState::Active,
            made: jiff::Timestamp::from_second(i64::from(number)).unwrap(),
            public: Some("00".repeat(32)),
        },
        secret: Secret::take(&mut [number; 32]),
    }
}

fn on_each(check: impl Fn(&dyn KeyStore)) {
    check(&MemoryStore::default());
    let folder = tempfile::tempdir().unwrap();
    check(&FileStore::open(folder.path(), Secret::take(&mut [1; 32])).unwrap());
}

#[test]
fn keys_come_back_as_they_were_oldest_first() {
    on_each(|store| {
        assert!(store.list().unwrap().is_empty());
        store.insert(&sample(2)).unwrap();
        store.insert(&sample(1)).unwrap();
        assert_eq!(store.list().unwrap(), [sample(1).info, sample(2).info]);
        let key = store.get(sample(2).info.kid).unwrap();
        assert_eq!(key.info, sample(2).info);
        assert!(key.secret.same_as(&sample(2).secret));
    });
}

#[test]
fn a_name_is_given_once_and_the_first_key_stays() {
    on_each(|store| {
        store.insert(&sample(1)).unwrap();
        let posing = StoredKey {
            secret: Secret::take(&mut [9; 32]),
            ..sample(1)
        };
        assert!(matches!(store.insert(&posing), Err(StoreError::Taken(_))));
        assert!(
            store
                .get(sample(1).info.kid)
                .unwrap()
                .secret
                .same_as(&sample(1).secret)
        );
    });
}

#[test]
fn unknown_keys_are_said_to_be_so() {
    on_each(|store| {
        let kid = Kid([1, 2, 3, 4]);
        assert!(matches!(store.get(kid), Err(StoreError::Unknown(unknown)) if unknown == kid));
        assert!(matches!(
            store.set_state(kid, KeyState::Retired),
            Err(StoreError::Unknown(_))
        ));
    });
}

#[test]
fn a_state_can_be_changed_until_the_key_is_compromised() {
    on_each(|store| {
        store.insert(&sample(1)).unwrap();
        let kid = sample(1).info.kid;
        for state in [KeyState::Retired, KeyState::Active, KeyState::Compromised] {
            store.set_state(kid, state).unwrap();
            assert_eq!(store.get(kid).unwrap().info.state, state);
        }
        assert!(matches!(
            store.set_state(kid, KeyState::Active),
            Err(StoreError::Compromised(_))
        ));
        assert!(store.get(kid).unwrap().secret.same_as(&sample(1).secret));
    });
}
