//! When to try again: later after every failure, and never all phones at once.

use std::time::Duration;

/// After the first failure.
const FIRST: u64 = 30;

/// The longest wait, six hours.
const LONGEST: u64 = 6 * 3_600;

/// How long to wait after so many failures in a row: 30 s, doubled each time up to six hours, of which between a half and
/// all is waited. `drawn` is 32 random bits.
pub fn after_failures(failures: u32, drawn: u32) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(20));
    jittered(doubled.min(LONGEST), drawn)
}

/// When to come back after a sync that did everything: when the server said, up to a half sooner.
pub fn after_success(come_back_seconds: u32, drawn: u32) -> Duration {
    jittered(u64::from(come_back_seconds).min(24 * 3_600), drawn)
}

fn jittered(seconds: u64, drawn: u32) -> Duration {
    let milliseconds = seconds * 1_000;
    let part = (milliseconds / 2) * u64::from(drawn) / u64::from(u32::MAX);
    Duration::from_millis(milliseconds / 2 + part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_six_hours_and_are_spread() {
        let seconds = |failures, drawn| after_failures(failures, drawn).as_secs();
        assert_eq!((seconds(1, 0), seconds(1, u32::MAX)), (15, 30));
        assert_eq!((seconds(4, 0), seconds(4, u32::MAX)), (120, 240));
        assert_eq!((seconds(99, 0), seconds(99, u32::MAX)), (3 * 3_600, 6 * 3_600));
        assert_eq!(after_success(3_600, 0).as_secs(), 1_800);
        assert_eq!(after_success(u32::MAX, u32::MAX).as_secs(), 24 * 3_600);
    }
}
