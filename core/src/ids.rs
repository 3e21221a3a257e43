//! The one place that reads randomness.
//!
//! Identifiers, nonces and keys all draw from here: the operating system's CSPRNG, or a source that a test gives.

/// A source of random bytes. Production code passes [`OsRandom`]; a test passes its own.
pub trait Random {
    /// Fills the buffer with random bytes.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomError>;
}

/// The operating system could not give randomness. Nothing secret may be made until it can.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no randomness ({0}); try again, and if it persists, restart the device")]
pub struct RandomError(#[from] getrandom::Error);

/// The operating system's CSPRNG.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one file that reads randomness"
    )]
    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomError> {
        Ok(getrandom::fill(buffer)?)
    }
}

/// `N` random bytes.
pub fn bytes<const N: usize>(random: &mut impl Random) -> Result<[u8; N], RandomError> {
    let mut buffer = [0; N];
    random.fill(&mut buffer)?;
    Ok(buffer)
}

/// A string of `length` characters drawn uniformly from an ASCII alphabet of at most 256 characters.
///
/// Bytes that would favour the first characters of the alphabet are drawn again (rejection sampling).
pub fn string_from(alphabet: &[u8], length: usize, random: &mut impl Random) -> Result<String, RandomError> {
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    while text.len() < length {
        for byte in bytes::<16>(random)? {
            if usize::from(byte) < fair && text.len() < length {
                text.push(char::from(alphabet[usize::from(byte) % alphabet.len()]));
            }
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counter(u8);
    impl Random for Counter {
        fn fill(&mut self, buffer: &mut [u8]) -> Result<(), RandomError> {
            for byte in buffer {
                *byte = self.0;
                self.0 = self.0.wrapping_add(1);
            }
            Ok(())
        }
    }

    #[test]
    fn each_character_of_the_alphabet_is_equally_likely() {
        // 34 does not divide 256: without rejection the first 18 characters would come up more often.
        let alphabet = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
        let text = string_from(alphabet, 34 * 7, &mut Counter(0)).unwrap();
        for &character in alphabet {
            assert_eq!(
                text.bytes().filter(|&b| b == character).count(),
                7,
                "{}",
                char::from(character)
            );
        }
    }

    #[test]
    fn the_operating_system_gives_different_bytes_each_time() {
        assert_ne!(
            bytes::<16>(&mut OsRandom).unwrap(),
            bytes::<16>(&mut OsRandom).unwrap()
        );
    }
}
