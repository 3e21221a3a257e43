//! A column of a table: each distinct value once, by number.

use std::collections::HashMap;

/// Distinct values by a key of 128 bits.
#[derive(Debug)]
pub(super) struct Column<T> {
    numbers: HashMap<(u64, u64), u32>,
    values: Vec<T>,
}

impl<T> Default for Column<T> {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            values: Vec::new(),
        }
    }
}

impl<T> Column<T> {
    /// The number of a value, a new one if it is new.
    pub(super) fn intern(&mut self, key: (u64, u64), value: impl FnOnce() -> T) -> u32 {
        let next = self.values.len() as u32;
        *self.numbers.entry(key).or_insert_with(|| {
            self.values.push(value());
            next
        })
    }

    /// A weight for each value, by number.
    pub(super) fn weigh(&self, weight: impl Fn(&T) -> i32) -> Vec<i32> {
        self.values.iter().map(weight).collect()
    }
}
