//! The modules of a code.

use super::bits::Line;
use super::template::{self, Template, Width};
use super::{codewords, mask};

/// The modules of a QR code, without the quiet zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    version: u8,
    side: usize,
    /// Rows of words, bit `i % 64` of word `i / 64` for the module of column `i`.
    rows: Vec<u64>,
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
        if !text.bytes().all(codewords::is_alphanumeric) {
            return Err(CodeError::NotAlphanumeric);
        }
        if !codewords::fits(text.len(), version) {
            return Err(CodeError::TooLong {
                length: text.len(),
                version,
            });
        }
        let data = codewords::data(text.as_bytes(), version);
        Ok(match template::of_version(version) {
            Width::Narrow(template) => Self::draw(version, template, &data),
            Width::Wide(template) => Self::draw(version, template, &data),
        })
    }

    fn draw<const N: usize>(version: u8, template: &Template<N>, data: &[u8]) -> Self {
        let rows = mask::best(template, &template.fill(data));
        Self {
            version,
            side: template.side,
            rows: rows.into_iter().flat_map(|Line(words)| words).collect(),
        }
    }

    /// The code of a text at the lowest version that holds it.
    pub fn smallest(text: &str) -> Result<Self, CodeError> {
        let version = (1..=40).find(|&version| codewords::fits(text.len(), version));
        // Where none does, the highest says so.
        Self::alphanumeric(text, version.unwrap_or(40))
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
        let words = self.rows.len() / self.side;
        column < self.side
            && row < self.side
            && self.rows[row * words + column / 64] >> (column % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use qrcode::bits::Bits;
    use qrcode::{Color, EcLevel, QrCode, Version};

    use super::*;

    /// The same code, module for module, by another implementation.
    fn by_another(text: &str, version: u8) -> Vec<bool> {
        let mut bits = Bits::new(Version::Normal(version.into()));
        bits.push_alphanumeric_data(text.as_bytes()).unwrap();
        bits.push_terminator(EcLevel::M).unwrap();
        let code = QrCode::with_bits(bits, EcLevel::M).unwrap();
        code.to_colors()
            .into_iter()
            .map(|color| color == Color::Dark)
            .collect()
    }

    fn modules(code: &Code) -> Vec<bool> {
        let side = code.side();
        (0..side * side)
            .map(|place| code.is_dark(place % side, place / side))
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn every_module_is_that_of_another_implementation(text in "[0-9A-Z $%*+./:-]{0,220}", more in 0..4_u8) {
            let version = Code::smallest(&text).unwrap().version() + more;
            let code = Code::alphanumeric(&text, version).unwrap();
            prop_assert!(modules(&code) == by_another(&text, version), "version {}", version);
        }
    }

    #[test]
    fn all_versions_are_those_of_another_implementation() {
        for version in 1..=40_u8 {
            // Half empty, so that padding is seen as well, and one character short of full.
            let full = (0..5000)
                .take_while(|&length| codewords::fits(length, version))
                .count()
                - 1;
            for length in [full / 2, full] {
                let text: String = (0..length)
                    .map(|i| char::from(b"Q7%/A:0 Z"[(i * i + i / 7) % 9]))
                    .collect();
                let code = Code::alphanumeric(&text, version).unwrap();
                assert!(
                    modules(&code) == by_another(&text, version),
                    "version {version}, {length} characters"
                );
            }
        }
    }

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
