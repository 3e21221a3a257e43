//! Do the country and region of an MPI id exist?

use super::MpiId;
use crate::places::Places;

/// A well-formed MPI id names a place that the directory does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownPlace {
    /// No such country.
    #[error("unknown country code {code} at positions 1 and 2; compare the first two letters with the card")]
    Country {
        /// The two letters.
        code: String,
    },
    /// The country has no such region.
    #[error(
        "unknown region code {code} for {country} at positions 4 to 6; compare them with the card, or update this \
         device's list of regions"
    )]
    Region {
        /// The country's two letters.
        country: String,
        /// The region's three letters.
        code: String,
    },
}

impl MpiId {
    /// Checks that the country exists and has the region. Where the directory lists no regions for a country, any is
    /// taken.
    pub fn check_place(&self, places: &Places) -> Result<(), UnknownPlace> {
        let country = self.country();
        if !places.countries().iter().any(|known| known.alpha2 == country) {
            return Err(UnknownPlace::Country {
                code: country.to_owned(),
            });
        }
        let mut regions = places.regions(country).peekable();
        if regions.peek().is_none() || regions.any(|region| region.code == self.region()) {
            return Ok(());
        }
        Err(UnknownPlace::Region {
            country: country.to_owned(),
            code: self.region().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &str) -> Result<(), UnknownPlace> {
        MpiId::parse(id).unwrap().check_place(Places::builtin())
    }

    #[test]
    fn country_and_region_must_exist() {
        assert_eq!(check("SN-DKR-26-9XQ7LM2A"), Ok(()));
        assert_eq!(
            check("FR-DKR-26-9XQ7LM2A"),
            Err(UnknownPlace::Country { code: "FR".into() })
        );
        let unknown = UnknownPlace::Region {
            country: "SN".into(),
            code: "XXX".into(),
        };
        assert_eq!(check("SN-XXX-26-9XQ7LM2A"), Err(unknown));
    }

    #[test]
    fn a_country_without_a_list_of_regions_takes_any() {
        assert_eq!(check("KE-NBO-26-9XQ7LM2A"), Ok(()));
    }
}
