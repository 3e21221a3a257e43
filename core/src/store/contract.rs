//! What every store keeps to. Run against each of them, so that the one in memory cannot drift from the real one.

use proptest::prelude::*;

use super::{Change, Memory, Store, Table, Vault};
use crate::sensitive::Secret;

fn stores() -> Vec<(&'static str, Box<dyn Store>, Option<tempfile::TempDir>)> {
    let folder = tempfile::tempdir().unwrap();
    let vault = Vault::open(&folder.path().join("vault"), &Secret::take(&mut [1; 32])).unwrap();
    vec![
        ("memory", Box::new(Memory::default()), None),
        ("vault", Box::new(vault), Some(folder)),
    ]
}

fn put(key: &str, value: &str) -> Change {
    Change::put(Table::People, key, value)
}

#[test]
fn what_was_put_is_there_until_it_is_removed() {
    for (name, mut store, _folder) in stores() {
        store.commit(vec![put("a", "1"), put("a", "2")]).unwrap();
        assert_eq!(store.get(Table::People, b"a").unwrap().unwrap(), b"2", "{name}");
        assert_eq!(
            store.get(Table::Pool, b"a").unwrap(),
            None,
            "{name}: of its own table"
        );
        let gone = Change::remove(Table::People, "a");
        store.commit(vec![gone.clone(), gone]).unwrap();
        assert_eq!(store.get(Table::People, b"a").unwrap(), None, "{name}");
    }
}

#[test]
fn entries_are_walked_by_key_from_where_one_stopped() {
    for (name, mut store, _folder) in stores() {
        let keys = ["b", "", "ba", "c", "a"];
        store
            .commit(keys.iter().map(|key| put(key, "x")).collect())
            .unwrap();
        let walk = |after: Option<&[u8]>, most| {
            let entries = store.walk(Table::People, after, most).unwrap();
            let keys = entries
                .into_iter()
                .map(|(key, _)| String::from_utf8(key).unwrap());
            keys.collect::<Vec<_>>()
        };
        assert_eq!(walk(None, 10), ["", "a", "b", "ba", "c"], "{name}");
        assert_eq!(walk(Some(b""), 2), ["a", "b"], "{name}");
        assert_eq!(walk(Some(b"c"), 10), [""; 0], "{name}");
        let mut seen = Vec::new();
        let mut visit = |key: &[u8], _: &[u8]| {
            seen.push(key.to_vec());
            Ok(())
        };
        store.each(Table::People, &mut visit).unwrap();
        assert_eq!(seen.len(), 5, "{name}");
    }
}

#[test]
fn a_cleared_table_is_empty_and_the_others_are_not() {
    for (name, mut store, _folder) in stores() {
        store
            .commit(vec![put("a", "1"), Change::put(Table::Pool, "p", *b"free")])
            .unwrap();
        store
            .commit(vec![Change::Clear(Table::People), put("b", "2")])
            .unwrap();
        assert_eq!(store.count(Table::People).unwrap(), 1, "{name}");
        assert_eq!(store.count(Table::Pool).unwrap(), 1, "{name}");
    }
}

#[test]
fn every_table_is_there() {
    for (name, mut store, _folder) in stores() {
        for table in Table::ALL {
            store
                .commit(vec![Change::put(table, "key", table.name().as_bytes())])
                .unwrap();
        }
        for table in Table::ALL {
            let value = store.get(table, b"key").unwrap().unwrap();
            assert_eq!(value, table.name().as_bytes(), "{name}");
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Put(u8, u8),
    Remove(u8),
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..12u8, any::<u8>()).prop_map(|(key, value)| Step::Put(key, value)),
        3 => (0..12u8).prop_map(Step::Remove),
        1 => Just(Step::Clear),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn both_stores_hold_the_same_after_any_commits(commits in prop::collection::vec(prop::collection::vec(step(), 0..8), 0..8)) {
        let mut stores = stores();
        for commit in commits {
            let changes: Vec<Change> = commit.iter().map(|step| match step {
                Step::Put(key, value) => Change::put(Table::Cards, [*key], vec![*value]),
                Step::Remove(key) => Change::remove(Table::Cards, [*key]),
                Step::Clear => Change::Clear(Table::Cards),
            }).collect();
            for (_, store, _) in &mut stores {
                store.commit(changes.clone()).unwrap();
            }
            let held: Vec<_> = stores.iter().map(|(_, store, _)| store.walk(Table::Cards, None, 100).unwrap()).collect();
            prop_assert_eq!(&held[0], &held[1]);
        }
    }
}
