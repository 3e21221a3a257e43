//! Values that cannot be printed or serialized by accident.
//!
//! Two wrappers, for two dangers. [`Sensitive`] holds what is personal: it may be read, but only where the code says
//! `reveal`, so that a log line or a derived `Debug` shows nothing. [`Secret`] holds keys: besides that it is wiped from
//! memory when dropped, is never copied, and is compared in constant time only.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// A personal value that neither prints nor serializes; see the module.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Sensitive<T>(T);

impl<T> Sensitive<T> {
    /// Wraps a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Whoever calls this answers for where it goes.
    pub const fn reveal(&self) -> &T {
        &self.0
    }

    /// Unwraps the value.
    pub fn into_revealed(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[withheld]")
    }
}

impl<T> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

/// A key of `N` bytes: not printed, not serialized, not copied, wiped when dropped.
pub struct Secret<const N: usize>(Zeroizing<[u8; N]>);

impl<const N: usize> Secret<N> {
    /// Takes the key over and wipes the caller's copy.
    pub fn take(bytes: &mut [u8; N]) -> Self {
        let secret = Self(Zeroizing::new(*bytes));
        bytes.zeroize();
        secret
    }

    /// A key from a slice of exactly `N` bytes.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// A new random key.
    pub fn generate(random: &mut impl crate::ids::Random) -> Result<Self, crate::ids::RandomError> {
        let mut key = Zeroizing::new([0; N]);
        random.fill(key.as_mut_slice())?;
        Ok(Self(key))
    }

    /// The key's bytes. Whoever calls this answers for every copy.
    pub fn reveal(&self) -> &[u8; N] {
        &self.0
    }

    /// Whether two keys are the same, in time that does not depend on where they differ.
    pub fn same_as(&self, other: &Self) -> bool {
        self.0.ct_eq(other.0.as_slice()).into()
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[withheld]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_wrapper_prints_what_it_holds() {
        let name = Sensitive::new("Awa Ndiaye");
        let key =
            Secret::from_slice(b"0123456789abcdef0123456789abcdef").map(|key: Secret<32>| format!("{key:?}"));
        assert_eq!(
            format!("{name:?} {:?}", Some(&name)),
            "[withheld] Some([withheld])"
        );
        assert_eq!(key.as_deref(), Some("[withheld]"));
        assert_eq!(*name.reveal(), "Awa Ndiaye");
    }

    #[test]
    fn taking_a_key_wipes_the_copy_that_was_given() {
        let mut bytes = [7; 32];
        let key = Secret::take(&mut bytes);
        assert_eq!(bytes, [0; 32]);
        assert_eq!(key.reveal(), &[7; 32]);
        assert!(Secret::<32>::from_slice(&[7; 31]).is_none());
    }

    #[test]
    fn keys_are_compared_whole() {
        let key = |last| Secret::take(&mut [0, 0, 0, last]);
        assert!(key(1).same_as(&key(1)));
        assert!(!key(1).same_as(&key(2)));
    }
}
