//! The directory of countries for the settings and the forms.

use teranga_core::places::{self, Places};

/// A country, with what choosing it sets.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Country {
    /// ISO 3166-1 alpha-2.
    pub code: String,
    /// Part of Africa.
    pub subregion: Subregion,
    /// English name.
    pub english: String,
    /// French name.
    pub french: String,
    /// The currency that is set by choosing the country.
    pub currency: Currency,
    /// Country code of phone numbers, digits alone.
    pub calling_code: String,
    /// BCP 47 codes of languages to offer.
    pub languages: Vec<String>,
    /// Health regions; empty where no list is known.
    pub regions: Vec<Region>,
}

/// Part of Africa.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Subregion {
    /// Western Africa.
    West,
    /// Middle Africa.
    Central,
    /// Eastern Africa.
    East,
    /// Southern Africa.
    Southern,
    /// Northern Africa.
    North,
}

/// A currency.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Currency {
    /// ISO 4217.
    pub code: String,
    /// Decimals of an amount.
    pub minor_units: u8,
    /// How many of the smaller unit make one.
    pub subunits: u16,
    /// English name.
    pub english: String,
    /// French name.
    pub french: String,
}

/// A health region.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Region {
    /// Three letters.
    pub code: String,
    /// Name as the country writes it.
    pub name: String,
}

impl From<places::Subregion> for Subregion {
    fn from(subregion: places::Subregion) -> Self {
        match subregion {
            places::Subregion::West => Self::West,
            places::Subregion::Central => Self::Central,
            places::Subregion::East => Self::East,
            places::Subregion::Southern => Self::Southern,
            places::Subregion::North => Self::North,
        }
    }
}

impl From<&places::Currency> for Currency {
    fn from(currency: &places::Currency) -> Self {
        Self {
            code: currency.code.clone(),
            minor_units: currency.minor_units,
            subunits: currency.subunits,
            english: currency.english.clone(),
            french: currency.french.clone(),
        }
    }
}

impl From<&places::Region> for Region {
    fn from(region: &places::Region) -> Self {
        Self {
            code: region.code.clone(),
            name: region.name.clone(),
        }
    }
}

impl From<&places::Country> for Country {
    fn from(country: &places::Country) -> Self {
        Self {
            code: country.alpha2.clone(),
            subregion: country.subregion.into(),
            english: country.english.clone(),
            french: country.french.clone(),
            currency: (&country.currency).into(),
            calling_code: country.calling_code.clone(),
            languages: country
                .languages
                .iter()
                .map(|language| language.code.clone())
                .collect(),
            regions: Places::builtin()
                .regions(&country.alpha2)
                .map(Region::from)
                .collect(),
        }
    }
}

/// Every country of Africa, by subregion and then by English name.
#[uniffi::export]
pub fn countries() -> Vec<Country> {
    Places::builtin().countries().iter().map(Country::from).collect()
}

/// The country with an ISO 3166-1 code or a name in any spelling, if there is one.
#[uniffi::export]
pub fn find_country(code_or_name: String) -> Option<Country> {
    Places::builtin().country(&code_or_name).map(Country::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_holds_what_choosing_a_country_sets() {
        let countries = countries();
        assert_eq!(countries.len(), Places::builtin().countries().len());
        let senegal = countries.iter().find(|country| country.code == "SN").unwrap();
        assert_eq!(
            (senegal.currency.code.as_str(), senegal.currency.minor_units),
            ("XOF", 0)
        );
        assert!(senegal.regions.contains(&Region {
            code: "DKR".into(),
            name: "Dakar".into()
        }));
        assert!(senegal.languages.contains(&"wo".to_owned()));
    }

    #[test]
    fn a_country_is_found_by_name() {
        assert_eq!(
            find_country("sénégal".into()).map(|country| country.code),
            Some("SN".into())
        );
        assert_eq!(find_country("Atlantis".into()), None);
    }
}
