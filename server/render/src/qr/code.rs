//! The modules of a code.

use qrcode::bits::Bits;
use qrcode::{EcLevel, QrCode, Version};

/// The modules of a QR code, without the quiet zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    version: u8,
    side: usize,
    dark: Vec<bool>,
}

/// Why a text has no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Another character than QR's 45 alphanumeric ones.
    #[error(
        "a code of this kind holds capitals, digits and $%*+-./: and space; the text has other characters"
    )]
    NotAlphanumeric,
    /// More text than the version holds.
    #[error(
        "the text of {length} characters does not fit QR version {version}-M; shorten it or choose a higher version"
    )]
    TooLong {
        /// Length of the text.
        length: usize,
        /// The version asked for.
        version: u8,
    },
    /// A version outside of 1 to 40.
    #[error("QR versions go from 1 to 40")]
    NoSuchVersion,
}

impl Code {
    /// The code of a text in alphanumeric mode, error level M (15 %), at a version (1–40).
    pub fn alphanumeric(text: &str, version: u8) -> Result<Self, CodeError> {
        if !(1..=40).contains(&version) {
            return Err(CodeError::NoSuchVersion);
        }
        if !text.bytes().all(is_alphanumeric) {
            return Err(CodeError::NotAlphanumeric);
        }
        let too_long = |_| CodeError::TooLong {
            length: text.len(),
            version,
        };
        let mut bits = Bits::new(Version::Normal(i16::from(version)));
        bits.push_alphanumeric_data(text.as_bytes()).map_err(too_long)?;
        bits.push_terminator(EcLevel::M).map_err(too_long)?;
        let code = QrCode::with_bits(bits, EcLevel::M).map_err(too_long)?;
        let dark = code
            .to_colors()
            .into_iter()
            .map(|color| color == qrcode::Color::Dark)
            .collect();
        Ok(Self {
            version,
            side: code.width(),
            dark,
        })
    }

    /// The code of a text at the lowest version that holds it.
    pub fn smallest(text: &str) -> Result<Self, CodeError> {
        let mut versions = (1..=40).map(|version| Self::alphanumeric(text, version));
        let fits = |code: &Result<Self, CodeError>| !matches!(code, Err(CodeError::TooLong { .. }));
        versions.find(fits).unwrap_or(Err(CodeError::TooLong {
            length: text.len(),
            version: 40,
        }))
    }

    /// The version, 1–40.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// Modules on each side: 17 + 4 × version.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Whether a module is dark. Outside of the code, in the quiet zone, all are light.
    pub fn is_dark(&self, column: usize, row: usize) -> bool {
        column < self.side && row < self.side && self.dark[row * self.side + column]
    }
}

/// Whether a character is one of the 45 of alphanumeric mode (ISO/IEC 18004, table 5).
fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase() || b" $%*+-./:".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_holds_what_the_standard_says() {
        // ISO/IEC 18004 table 7: version 7-M holds 178 alphanumeric characters, 8-M holds 221.
        for (version, capacity) in [(7, 178), (8, 221)] {
            let code = Code::alphanumeric(&"A".repeat(capacity), version).unwrap();
            assert_eq!(code.side(), 17 + 4 * usize::from(version));
            let over = Code::alphanumeric(&"A".repeat(capacity + 1), version);
            assert_eq!(
                over,
                Err(CodeError::TooLong {
                    length: capacity + 1,
                    version
                })
            );
            assert_eq!(
                Code::smallest(&"A".repeat(capacity + 1)).unwrap().version(),
                version + 1
            );
        }
    }

    #[test]
    fn a_finder_pattern_stands_in_three_corners() {
        let code = Code::smallest("TERANGA").unwrap();
        let last = code.side() - 1;
        for (column, row) in [(0, 0), (last, 0), (0, last), (3, 3), (last - 3, 3), (3, last - 3)] {
            assert!(code.is_dark(column, row));
        }
        assert!(!code.is_dark(1, 1) && !code.is_dark(last + 1, 0));
    }

    #[test]
    fn what_cannot_be_drawn_is_said() {
        assert_eq!(Code::smallest("lower"), Err(CodeError::NotAlphanumeric));
        assert_eq!(Code::alphanumeric("A", 41), Err(CodeError::NoSuchVersion));
        assert!(matches!(
            Code::smallest(&"A".repeat(5000)),
            Err(CodeError::TooLong { version: 40, .. })
        ));
    }
}
