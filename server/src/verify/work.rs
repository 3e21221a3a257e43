//! How much work a look was, counted in tests: equal work is what makes equal time.

/// Counters of a test; nothing in the program.
#[derive(Default)]
pub struct Work {
    #[cfg(test)]
    counts: [std::sync::atomic::AtomicUsize; 3],
}

impl Work {
    /// A signature or an HMAC was checked.
    pub fn signature(&self) {
        self.count(0);
    }

    /// A token was hashed, or the decoy's hash was taken.
    pub fn hash(&self) {
        self.count(1);
    }

    /// A card was looked up.
    pub fn look_up(&self) {
        self.count(2);
    }

    #[cfg(test)]
    fn count(&self, kind: usize) {
        self.counts[kind].fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    #[cfg(not(test))]
    fn count(&self, _: usize) {}

    /// Takes the counts of signatures, hashes and look-ups.
    #[cfg(test)]
    pub fn take(&self) -> [usize; 3] {
        self.counts
            .each_ref()
            .map(|count| count.swap(0, std::sync::atomic::Ordering::Relaxed))
    }
}
