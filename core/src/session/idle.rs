//! Locking a phone that nobody touches.

use jiff::{SignedDuration, Timestamp};

/// When the phone was touched last, and how long that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Idle {
    touched: Timestamp,
    after: SignedDuration,
}

impl Idle {
    /// Locks after so long without a touch.
    pub const fn new(now: Timestamp, after: SignedDuration) -> Self {
        Self { touched: now, after }
    }

    /// Someone did something.
    pub fn touch(&mut self, now: Timestamp) {
        self.touched = now;
    }

    /// Whether the phone must lock. A clock that was set back locks it too: it would otherwise stay open for as long.
    pub fn is_over(&self, now: Timestamp) -> bool {
        let idle = now.duration_since(self.touched);
        idle >= self.after || idle < SignedDuration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_locks_after_its_time_and_when_its_clock_is_set_back() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut idle = Idle::new(at(1_000), SignedDuration::from_mins(5));
        assert!(!idle.is_over(at(1_299)));
        assert!(idle.is_over(at(1_300)));
        idle.touch(at(1_299));
        assert!(!idle.is_over(at(1_300)));
        assert!(idle.is_over(at(1_298)));
    }
}
