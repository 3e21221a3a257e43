//! The number of a person in the Master Patient Index: `SN-DKR-26-9XQ7LM2A`.
//!
//! Country (ISO 3166-1 alpha-2), health region (3 letters), year of registration (2 digits) and 8 random characters.
//! The number is for life: moving to another region does not change it, so the first three parts say where and when a
//! person was first registered and nothing else. It is typed from worn cards by people in a hurry, so
//! [parsing](MpiId::parse) forgives what can be forgiven and names the exact fault of the rest.

mod generate;
mod parse;
mod place;

pub use generate::GenerateError;
pub use parse::{MpiIdError, Part};
pub use place::UnknownPlace;

use std::fmt;
use std::str::FromStr;

/// Length of the written form, hyphens included.
const LENGTH: usize = 18;

/// The characters of the random part: Base36 without I and O, so that reading those as 1 and 0 is safe.
const ALPHABET: &[u8; 34] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/// A well-formed MPI id. Whether its country and region exist is a separate question, because a phone may carry an
/// older list of regions than the server that made the number.
///
/// Ordered, hashed and compared by its written form; 18 bytes, free to copy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MpiId([u8; LENGTH]);

impl MpiId {
    /// The written form, `SN-DKR-26-9XQ7LM2A`.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// ISO 3166-1 alpha-2 code of the country of registration.
    pub fn country(&self) -> &str {
        self.part(0, 2)
    }

    /// 3-letter code of the health region of registration.
    pub fn region(&self) -> &str {
        self.part(3, 6)
    }

    /// Year of registration in full, 2000–2099.
    pub fn full_year(&self) -> i16 {
        let digit = |at: usize| i16::from(self.0[at] - b'0');
        2000 + digit(7) * 10 + digit(8)
    }

    /// The 8 random characters.
    pub fn random_part(&self) -> &str {
        self.part(10, LENGTH)
    }

    fn part(&self, from: usize, to: usize) -> &str {
        &self.as_str()[from..to]
    }

    /// Joins the 15 characters of the four parts, which the caller has checked.
    fn join(characters: &[u8; 15]) -> Self {
        let mut written = [b'-'; LENGTH];
        written[0..2].copy_from_slice(&characters[0..2]);
        written[3..6].copy_from_slice(&characters[2..5]);
        written[7..9].copy_from_slice(&characters[5..7]);
        written[10..].copy_from_slice(&characters[7..]);
        Self(written)
    }
}

impl fmt::Display for MpiId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl fmt::Debug for MpiId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "MpiId({self})")
    }
}

impl FromStr for MpiId {
    type Err = MpiIdError;

    fn from_str(text: &str) -> Result<Self, MpiIdError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for MpiId {
    type Error = MpiIdError;

    fn try_from(text: String) -> Result<Self, MpiIdError> {
        Self::parse(&text)
    }
}

impl From<MpiId> for String {
    fn from(id: MpiId) -> Self {
        id.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_read_back() {
        let id = MpiId::parse("SN-DKR-26-9XQ7LM2A").unwrap();
        assert_eq!((id.country(), id.region(), id.full_year()), ("SN", "DKR", 2026));
        assert_eq!(id.random_part(), "9XQ7LM2A");
        assert_eq!(
            format!("{id} {id:?}"),
            "SN-DKR-26-9XQ7LM2A MpiId(SN-DKR-26-9XQ7LM2A)"
        );
    }

    #[test]
    fn json_holds_the_written_form_and_refuses_another() {
        let id = MpiId::parse("SN-DKR-26-9XQ7LM2A").unwrap();
        insta::assert_json_snapshot!(id, @r#""SN-DKR-26-9XQ7LM2A""#);
        assert_eq!(
            serde_json::from_str::<MpiId>(r#""sn dkr 26 9xq7lm2a""#).unwrap(),
            id
        );
        let error = serde_json::from_str::<MpiId>(r#""SN-DKR-26""#).unwrap_err();
        assert!(error.to_string().contains("8 characters are missing"), "{error}");
    }
}
