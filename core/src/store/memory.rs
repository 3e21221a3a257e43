//! A store that is gone when the program ends: for tests, and for fleets of simulated phones.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::{Change, Entry, Store, StoreError, Table};

/// Tables in memory.
#[derive(Default)]
pub struct Memory {
    tables: BTreeMap<Table, BTreeMap<Vec<u8>, Vec<u8>>>,
}

impl Store for Memory {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.tables.get(&table).and_then(|rows| rows.get(key)).cloned())
    }

    fn walk(&self, table: Table, after: Option<&[u8]>, most: usize) -> Result<Vec<Entry>, StoreError> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows = self.tables.get(&table).into_iter();
        let entries = rows.flat_map(|rows| rows.range::<[u8], _>((from, Bound::Unbounded)));
        Ok(entries
            .take(most)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect())
    }

    fn count(&self, table: Table) -> Result<u64, StoreError> {
        Ok(self.tables.get(&table).map_or(0, |rows| rows.len() as u64))
    }

    fn commit(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        for change in changes {
            match change {
                Change::Put(table, key, value) => {
                    self.tables.entry(table).or_default().insert(key, value);
                }
                Change::Remove(table, key) => {
                    self.tables.entry(table).or_default().remove(&key);
                }
                Change::Clear(table) => {
                    self.tables.remove(&table);
                }
            }
        }
        Ok(())
    }
}
