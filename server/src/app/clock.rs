//! The time as requests see it: the system's, or one that a test sets.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use teranga_core::clock;

/// A clock. Clones show the same time.
#[derive(Debug, Clone, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands until it is moved.
    pub fn standing(at: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.as_millisecond()))))
    }

    /// The time, to the millisecond.
    pub fn now(&self) -> Timestamp {
        let standing = self.0.as_ref().map(|millis| millis.load(Ordering::Relaxed));
        standing
            .and_then(|millis| Timestamp::from_millisecond(millis).ok())
            .unwrap_or_else(clock::now)
    }

    /// Milliseconds since 1970, as the database keeps times.
    pub fn millis(&self) -> i64 {
        self.now().as_millisecond()
    }

    /// Moves a standing clock; the system's stays as it is.
    pub fn pass(&self, time: SignedDuration) {
        if let Some(millis) = &self.0 {
            let by = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
            millis.fetch_add(by, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_clock_moves_when_it_is_moved_and_its_clones_with_it() {
        let clock = Clock::standing(Timestamp::from_second(1_000).unwrap());
        let other = clock.clone();
        clock.pass(SignedDuration::from_secs(5));
        assert_eq!(other.millis(), 1_005_000);
        assert!(Clock::system().millis() > 1_700_000_000_000);
    }
}
