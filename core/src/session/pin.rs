//! A PIN, and which ones are refused.

use zeroize::Zeroizing;

const SHORTEST: usize = 6;
const LONGEST: usize = 64;

/// A PIN or passphrase as typed. It does not print and is wiped when dropped.
pub struct Pin(Zeroizing<String>);

/// Why a PIN cannot be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PinError {
    /// Too short.
    #[error("choose a PIN of at least {SHORTEST} digits or letters")]
    TooShort,
    /// Too long.
    #[error("choose a PIN of at most {LONGEST} characters")]
    TooLong,
    /// Among the first that anyone tries.
    #[error("this PIN is easy to guess; choose one that is not a row of equal or counting digits")]
    Easy,
}

impl Pin {
    /// What was typed, to be tried. Any text may be tried; which one may be chosen, [`Pin::chosen`] says.
    pub fn typed(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// A PIN that someone chooses.
    pub fn chosen(text: impl Into<String>) -> Result<Self, PinError> {
        let pin = Self::typed(text);
        let length = pin.0.chars().count();
        if length < SHORTEST {
            return Err(PinError::TooShort);
        }
        if length > LONGEST {
            return Err(PinError::TooLong);
        }
        if is_easy(pin.0.as_bytes()) {
            return Err(PinError::Easy);
        }
        Ok(pin)
    }

    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("[withheld]")
    }
}

/// A row of equal steps: 000000, 123456, 987654, 246802 counted around.
fn is_easy(bytes: &[u8]) -> bool {
    let step = |pair: &[u8]| (i16::from(pair[1]) - i16::from(pair[0])).rem_euclid(10);
    let mut steps = bytes.windows(2).map(step);
    let first = steps.next();
    steps.all(|step| Some(step) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easy_and_short_pins_are_refused() {
        for (text, error) in [
            ("12345", PinError::TooShort),
            ("", PinError::TooShort),
            ("000000", PinError::Easy),
            ("123456", PinError::Easy),
            ("890123", PinError::Easy),
            ("654321", PinError::Easy),
            ("135791", PinError::Easy),
        ] {
            assert_eq!(Pin::chosen(text).unwrap_err(), error, "{text}");
        }
        assert_eq!(Pin::chosen("x".repeat(65)).unwrap_err(), PinError::TooLong);
        for text in ["480274", "a long passphrase", "ଏକାଦଶ1"] {
            assert_eq!(Pin::chosen(text).unwrap().reveal(), text);
        }
        assert_eq!(format!("{:?}", Pin::typed("480274")), "[withheld]");
    }
}
