//! How often one card may be looked at, in a memory that never grows.
//!
//! Each card has two of a fixed number of cells, chosen by a keyed hash that nobody outside can compute, and is let
//! through while either has room. A cell is shared by chance with other cards; that both cells of a card are full by
//! the doing of others is unlikely as long as few cards are asked for too often. Each cell is a generic cell rate
//! algorithm: the time at which it would be empty, given one look per interval.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hash};
use std::sync::atomic::{AtomicI64, Ordering};

/// Cells: 512 kB.
const CELLS: usize = 1 << 16;

/// A limit for each card.
pub struct Pace {
    cells: Box<[AtomicI64]>,
    choice: RandomState,
    /// Milliseconds that a look takes from a cell; 0 is no limit.
    interval: i64,
}

/// Milliseconds of looks that a cell holds.
const MINUTE: i64 = 60_000;

impl Pace {
    /// So many looks a minute, all of them at once if need be; 0 is no limit.
    pub fn per_minute(rate: u32) -> Self {
        Self {
            cells: (0..CELLS).map(|_| AtomicI64::new(0)).collect(),
            choice: RandomState::new(),
            interval: if rate == 0 {
                0
            } else {
                (MINUTE / i64::from(rate)).max(1)
            },
        }
    }

    /// Counts a look at a moment in milliseconds; the error is the number of seconds after which the next may come.
    pub fn admit(&self, card: &impl Hash, now: i64) -> Result<(), u64> {
        if self.interval == 0 {
            return Ok(());
        }
        let hash = self.choice.hash_one(card);
        let places = [hash as usize % CELLS, (hash >> 32) as usize % CELLS];
        // Both are filled, whatever the first says.
        let waits = places.map(|place| self.fill(&self.cells[place], now));
        match waits[0].min(waits[1]) {
            wait if wait <= 0 => Ok(()),
            wait => Err(wait as u64 / 1000 + 1),
        }
    }

    /// Takes a look from a cell; milliseconds until there is room, at most 0 when there is.
    fn fill(&self, cell: &AtomicI64, now: i64) -> i64 {
        let empty_at = cell.load(Ordering::Relaxed).max(now);
        let wait = empty_at + self.interval - now - MINUTE;
        if wait <= 0 {
            // Two looks in the same instant may count as one: the limit is no accountant.
            cell.store(empty_at + self.interval, Ordering::Relaxed);
        }
        wait
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(pace: &Pace, card: &str, now: i64, times: usize) -> usize {
        (0..times).filter(|_| pace.admit(&card, now).is_ok()).count()
    }

    #[test]
    fn each_card_has_a_limit_of_its_own_that_comes_back_with_time() {
        let pace = Pace::per_minute(30);
        assert_eq!(looks(&pace, "a", 1_000_000, 50), 30);
        assert_eq!(looks(&pace, "b", 1_000_000, 50), 30);
        assert!((1..=3).contains(&pace.admit(&"a", 1_000_000).unwrap_err()));
        assert_eq!(looks(&pace, "a", 1_004_000, 50), 2);
        assert_eq!(looks(&pace, "a", 9_000_000, 50), 30);
    }

    #[test]
    fn a_thousand_hammered_cards_hardly_ever_shut_another_out() {
        let pace = Pace::per_minute(30);
        for card in 0..1000 {
            looks(&pace, &card.to_string(), 5_000, 40);
        }
        let shut_out = (1000..6000).filter(|card| pace.admit(&card.to_string(), 5_000).is_err());
        assert!(shut_out.count() < 20);
    }

    #[test]
    fn zero_is_no_limit() {
        assert_eq!(looks(&Pace::per_minute(0), "a", 0, 1000), 1000);
    }
}
