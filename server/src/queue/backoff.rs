//! How long to wait before the next try.

use teranga_core::ids::{self, OsRandom};

/// Pause after the first failure, in milliseconds.
const FIRST: i64 = 2_000;

/// Longest pause.
const LONGEST: i64 = 3_600_000;

/// The pause after so many tries, in milliseconds: twice as long each time, of which up to half is chance, so that jobs
/// that failed together do not come back together.
pub(super) fn pause(tries: i32) -> i64 {
    // Without randomness the pauses are only less spread.
    let chance = ids::bytes::<2>(&mut OsRandom).map_or(0, u16::from_be_bytes);
    spread(whole(tries), chance)
}

fn whole(tries: i32) -> i64 {
    let doubled = u32::try_from(tries.clamp(1, 20) - 1).unwrap_or_default();
    (FIRST << doubled).min(LONGEST)
}

fn spread(whole: i64, chance: u16) -> i64 {
    whole - whole / 2 * i64::from(chance) / i64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_and_chance_takes_half_at_most() {
        assert_eq!([1, 2, 3].map(whole), [2_000, 4_000, 8_000]);
        assert_eq!([12, 100, i32::MAX].map(whole), [LONGEST; 3]);
        assert_eq!([0, i32::MIN].map(whole), [FIRST; 2]);
        assert_eq!((spread(2_000, 0), spread(2_000, u16::MAX)), (2_000, 1_000));
        assert!((1_000..=2_000).contains(&pause(1)));
    }
}
