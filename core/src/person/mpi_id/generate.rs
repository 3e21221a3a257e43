//! Making a new MPI id.

use jiff::civil::Date;

use super::{ALPHABET, MpiId};
use crate::ids::{self, Random, RandomError};

/// Why no MPI id could be made.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// The country is not two letters.
    #[error(
        "the country must be its two-letter ISO 3166-1 code, such as SN; choose it from the list of countries"
    )]
    Country,
    /// The region is not three letters.
    #[error("the region must be its three-letter code, such as DKR; choose it from the list of regions")]
    Region,
    /// The reserved characters are not 8 of the alphabet.
    #[error("the reserved number is damaged; sync to get another")]
    Code,
    /// The year of registration has no two-digit form.
    #[error("the year of registration must lie between 2000 and 2099; check the date of this device")]
    Year,
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

impl MpiId {
    /// Draws a new id for a person first registered in a country (two letters) and health region (three letters) on a
    /// date. The 8 random characters come from 34^8 = 1.8e12; that two people never share one is the database's to
    /// check, not luck's.
    pub fn generate(
        country: &str,
        region: &str,
        registered: Date,
        random: &mut impl Random,
    ) -> Result<Self, GenerateError> {
        Self::reserved(country, region, registered, &Self::draw(random)?)
    }

    /// Draws the 8 random characters alone, to be reserved for a device that will put the rest before them.
    pub fn draw(random: &mut impl Random) -> Result<String, RandomError> {
        ids::string_from(ALPHABET, 8, random)
    }

    /// The id that a device gives from its pool of reserved characters.
    pub fn reserved(
        country: &str,
        region: &str,
        registered: Date,
        code: &str,
    ) -> Result<Self, GenerateError> {
        let code: &[u8; 8] = code.as_bytes().try_into().map_err(|_| GenerateError::Code)?;
        if !code.iter().all(|character| ALPHABET.contains(character)) {
            return Err(GenerateError::Code);
        }
        let mut characters = [0; 15];
        characters[0..2].copy_from_slice(&letters::<2>(country).ok_or(GenerateError::Country)?);
        characters[2..5].copy_from_slice(&letters::<3>(region).ok_or(GenerateError::Region)?);
        characters[5..7].copy_from_slice(&two_digits(registered.year())?);
        characters[7..].copy_from_slice(code);
        Ok(Self::join(&characters))
    }
}

fn letters<const N: usize>(code: &str) -> Option<[u8; N]> {
    let code: [u8; N] = code.as_bytes().try_into().ok()?;
    code.iter()
        .all(u8::is_ascii_alphabetic)
        .then(|| code.map(|letter| letter.to_ascii_uppercase()))
}

fn two_digits(year: i16) -> Result<[u8; 2], GenerateError> {
    let short = year
        .checked_sub(2000)
        .and_then(|short| u8::try_from(short).ok())
        .filter(|&short| short < 100);
    short
        .map(|short| [b'0' + short / 10, b'0' + short % 10])
        .ok_or(GenerateError::Year)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use jiff::civil::date;

    use super::*;
    use crate::ids::OsRandom;

    #[test]
    fn a_new_id_says_where_and_when() {
        let id = MpiId::generate("SN", "dkr", date(2026, 11, 24), &mut OsRandom).unwrap();
        assert_eq!((id.country(), id.region(), id.full_year()), ("SN", "DKR", 2026));
        assert_eq!(MpiId::parse(id.as_str()), Ok(id));
    }

    #[test]
    fn ids_differ_and_never_hold_o_or_i() {
        let ids: HashSet<MpiId> = (0..2_000)
            .map(|_| MpiId::generate("SN", "DKR", date(2026, 1, 1), &mut OsRandom).unwrap())
            .collect();
        assert_eq!(ids.len(), 2_000);
        assert!(ids.iter().all(|id| !id.random_part().contains(['O', 'I'])));
    }

    #[test]
    fn a_reserved_number_gets_its_place_and_year_on_the_device() {
        let day = date(2026, 11, 24);
        let code = MpiId::draw(&mut OsRandom).unwrap();
        let id = MpiId::reserved("sn", "DKR", day, &code).unwrap();
        assert_eq!((id.random_part(), MpiId::parse(id.as_str())), (&*code, Ok(id)));
        for code in ["", "9XQ7LM2", "9XQ7LM2AB", "9XQ7LM2O", "9xq7lm2a"] {
            let made = MpiId::reserved("SN", "DKR", day, code);
            assert!(matches!(made, Err(GenerateError::Code)), "{code}");
        }
    }

    #[test]
    fn a_malformed_place_or_year_is_refused() {
        let make = |country, region, year| MpiId::generate(country, region, date(year, 1, 1), &mut OsRandom);
        assert!(matches!(make("SEN", "DKR", 2026), Err(GenerateError::Country)));
        assert!(matches!(make("SN", "D1R", 2026), Err(GenerateError::Region)));
        assert!(matches!(make("SN", "é1", 2026), Err(GenerateError::Region)));
        assert!(matches!(make("SN", "DKR", 1999), Err(GenerateError::Year)));
        assert!(matches!(make("SN", "DKR", 2100), Err(GenerateError::Year)));
    }
}
