//! How often a caller may come: a generic cell rate algorithm for each caller (`governor`), with the callers that have
//! been quiet forgotten, so that many addresses do not fill the memory.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// Seconds' worth of requests that may come at once.
const BURST: u32 = 3;

/// After so many requests the quiet callers are forgotten.
const SWEEP: u32 = 4096;

/// A limit for each caller.
pub struct Rate<K: Hash + Eq + Clone> {
    limiter: Option<DefaultKeyedRateLimiter<K>>,
    clock: DefaultClock,
    since_sweep: AtomicU32,
}

impl<K: Hash + Eq + Clone> Rate<K> {
    /// So many requests a second, three seconds' worth of them at once; 0 is no limit.
    pub fn per_second(rate: u32) -> Self {
        let burst = NonZeroU32::new(rate.saturating_mul(BURST));
        Self::new(
            NonZeroU32::new(rate)
                .zip(burst)
                .map(|(rate, burst)| Quota::per_second(rate).allow_burst(burst)),
        )
    }

    /// So many requests a minute, all of them at once if need be; 0 is no limit.
    pub fn per_minute(rate: u32) -> Self {
        Self::new(NonZeroU32::new(rate).map(Quota::per_minute))
    }

    fn new(quota: Option<Quota>) -> Self {
        Self {
            limiter: quota.map(RateLimiter::keyed),
            clock: DefaultClock::default(),
            since_sweep: AtomicU32::new(0),
        }
    }

    /// Counts a request; the error is the number of seconds after which the caller may come again.
    pub fn admit(&self, caller: &K) -> Result<(), u64> {
        let Some(limiter) = &self.limiter else {
            return Ok(());
        };
        if self.since_sweep.fetch_add(1, Ordering::Relaxed) >= SWEEP {
            self.since_sweep.store(0, Ordering::Relaxed);
            limiter.retain_recent();
        }
        let early = |not: governor::NotUntil<_>| not.wait_time_from(self.clock.now()).as_secs() + 1;
        limiter.check_key(caller).map_err(early)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_has_a_limit_of_its_own() {
        let rate = Rate::per_minute(2);
        assert!(rate.admit(&1).is_ok() && rate.admit(&1).is_ok());
        assert!((1..=60).contains(&rate.admit(&1).unwrap_err()));
        assert!(rate.admit(&2).is_ok());
    }

    #[test]
    fn zero_is_no_limit() {
        let rate = Rate::per_second(0);
        assert!((0..10_000).all(|_| rate.admit(&1).is_ok()));
    }
}
