//! A small deterministic generator: the same seed gives the same register everywhere.

/// SplitMix64 (Steele, Lea & Flood 2014).
pub struct Rng(u64);

impl Rng {
    /// A generator with a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    #[expect(
        clippy::should_implement_trait,
        reason = "it never ends, so it is no iterator with its Option"
    )]
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(end)) >> 64) as u64
    }

    /// A number from `start` up to `end`.
    pub fn between(&mut self, start: f64, end: f64) -> f64 {
        start + (end - start) * (self.below(1 << 53) as f64 / (1u64 << 53) as f64)
    }

    /// A draw of the normal distribution of mean 0 and deviation 1 (Box & Muller).
    pub fn normal(&mut self) -> f64 {
        let (radius, angle) = (
            self.between(f64::MIN_POSITIVE, 1.0),
            self.between(0.0, std::f64::consts::TAU),
        );
        (-2.0 * radius.ln()).sqrt() * angle.cos()
    }

    /// True in that many of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of a list ordered by frequency: the first is twice as likely as the second, three times as the third.
    pub fn zipf<'list>(&mut self, list: &[&'list str]) -> &'list str {
        let uniform = self.below(1 << 53) as f64 / (1u64 << 53) as f64;
        let place = ((list.len() as f64 + 1.0).powf(uniform) - 1.0) as usize;
        list[place.min(list.len() - 1)]
    }

    /// Puts a list in random order (Fisher & Yates).
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}
