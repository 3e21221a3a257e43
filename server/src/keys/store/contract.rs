//! What every key store does, run against each.

use jiff::civil::date;
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::signing::SigningKey;
use teranga_core::card::trust::{KeyState, Scope, TrustList};
use teranga_core::sensitive::Secret;

use super::{DatabaseStore, FileStore, KeyInfo, KeyStore, MemoryStore, StoreError, StoredKey};
use crate::db::{Db, DbError, feed, sql, testing};

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
    on_databases(|store, _| check(store));
}

fn on_databases(check: impl Fn(&DatabaseStore, &Db)) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _in_it = runtime.enter();
    for kind in testing::KINDS {
        let test = runtime.block_on(testing::fresh(kind));
        check(
            &DatabaseStore::new(test.db.clone(), Secret::take(&mut [1; 32])),
            &test,
        );
        runtime.block_on(test.close()).unwrap();
    }
}

#[test]
fn a_database_shows_no_key_opens_under_its_master_key_only_and_numbers_its_changes() {
    on_databases(|store, db| {
        let runtime = tokio::runtime::Handle::current();
        let number = || runtime.block_on(feed::newest(db.reader())).unwrap().keys;
        let before = number();
        store.insert(&sample(1)).unwrap();
        store.set_state(sample(1).info.kid, KeyState::Retired).unwrap();
        assert_eq!(number(), before + 2);
        let row = runtime.block_on(sql::one(db.reader(), "SELECT sealed FROM card_keys", []));
        let sealed: Vec<u8> = row.unwrap().unwrap().try_get_by_index(0).unwrap();
        let secret = sample(1);
        assert!(!sealed.windows(32).any(|window| window == secret.secret.reveal()));
        let other = DatabaseStore::new(db.clone(), Secret::take(&mut [2; 32]));
        assert!(matches!(other.list(), Err(StoreError::Sealed { .. })));
        let change = "UPDATE card_keys SET info = replace(info, 'retired', 'active')";
        let changed = db.write(move |tx| Box::pin(sql::run(tx, change, [])));
        assert_eq!(runtime.block_on(changed), Ok::<u64, DbError>(1));
        assert!(matches!(
            store.get(sample(1).info.kid),
            Err(StoreError::Sealed { .. })
        ));
    });
}

#[test]
fn a_database_keeps_each_trust_list_once_and_gives_the_newest() {
    on_databases(|store, _| {
        let root = SigningKey::from_seed(Purpose::Root, &Secret::take(&mut [7; 32]));
        assert!(store.trust_list(&root.public()).unwrap().is_none());
        for (number, is_new) in [(1, true), (3, true), (2, true), (3, false)] {
            let list = TrustList::new(number, date(2026, 3, 1), "moh", root.public());
            let signed = list.sign(&root).unwrap();
            assert_eq!(store.keep_trust_list(&list, signed).unwrap(), is_new, "{number}");
        }
        let (newest, signed) = store.trust_list(&root.public()).unwrap().unwrap();
        assert_eq!(newest.number, 3);
        assert_eq!(TrustList::open(&signed, &root.public()), Ok(newest));
    });
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
