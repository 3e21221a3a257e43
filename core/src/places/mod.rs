//! The countries of Africa and their health regions.
//!
//! A deployment chooses its country from this directory, and with it the currency of its offers and the calling code of
//! its phones; the country's and the region's codes begin every MPI id. The directory is data: four files beside this
//! one, each fact in one place, correctable by someone who writes no Rust. [`Places::builtin`] is what is compiled in;
//! a ministry lays its own regions over it with [`Places::with_regions`], without a new version of the program.
//!
//! Names are found in any spelling: accents, case, spaces, hyphens and apostrophes never matter. Counts are what the
//! lists contain: nothing writes "54" down.

mod country;
mod fold;
mod load;
mod regions;

pub use country::{Country, Currency, Language, Region, Subregion};
pub use regions::RegionsError;

use std::collections::HashMap;

/// The directory of countries and health regions.
#[derive(Debug, Clone)]
pub struct Places {
    countries: Vec<Country>,
    regions: Vec<Region>,
    /// Folded code or name of a country → its position.
    country_names: HashMap<String, usize>,
    /// Country code and folded code or name of a region → its position.
    region_names: HashMap<(String, String), usize>,
}

impl Places {
    /// The countries, by subregion and then in alphabetical order of their English names.
    pub fn countries(&self) -> &[Country] {
        &self.countries
    }

    /// The country with an ISO 3166-1 code (alpha-2, alpha-3 or numeric), or a name in any spelling in English, French,
    /// Portuguese or its own Arabic.
    pub fn country(&self, code_or_name: &str) -> Option<&Country> {
        let at = self.country_names.get(&fold::fold(code_or_name)?)?;
        self.countries.get(*at)
    }

    /// The health regions of a country (alpha-2), in the order of their file; none where no list is known.
    pub fn regions<'a>(&'a self, country: &'a str) -> impl Iterator<Item = &'a Region> {
        self.regions
            .iter()
            .filter(move |region| region.country.eq_ignore_ascii_case(country))
    }

    /// The health region of a country (alpha-2) with a 3-letter code or a name in any spelling. Where a code and a name
    /// read the same, the code wins.
    pub fn region(&self, country: &str, code_or_name: &str) -> Option<&Region> {
        let key = (country.to_ascii_uppercase(), fold::fold(code_or_name)?);
        self.regions.get(*self.region_names.get(&key)?)
    }

    /// The currencies of all countries, each once, by code: the choices of a preference.
    pub fn currencies(&self) -> Vec<&Currency> {
        let mut currencies: Vec<&Currency> = self.countries.iter().map(|country| &country.currency).collect();
        currencies.sort_by(|one, other| one.code.cmp(&other.code));
        currencies.dedup_by(|one, other| one.code == other.code);
        currencies
    }
}

#[cfg(test)]
mod tests;
