//! Laying a country's own regions over the directory.

use std::collections::BTreeMap;

use super::country::Region;
use super::{Places, fold};

/// Why a file of regions was refused. Nothing of a refused file is used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegionsError {
    /// Not a file of this form.
    #[error(
        "the file of regions cannot be read: {0}. Each country is a table, [SN], with lines DKR = [\"Dakar\"]"
    )]
    Unreadable(String),
    /// No such country.
    #[error(
        "[{country}] is no country of Africa; use its two-letter ISO 3166-1 code in capitals, as in [SN]"
    )]
    UnknownCountry {
        /// As written in the file.
        country: String,
    },
    /// Not three capital letters.
    #[error("the code {code} in [{country}] is not three capital letters, as in DKR")]
    MalformedCode {
        /// The country's table.
        country: String,
        /// As written in the file.
        code: String,
    },
    /// A region without a name.
    #[error(
        "the region {code} in [{country}] has no name; write {code} = [\"Name\"], further spellings after it"
    )]
    NoName {
        /// The country's table.
        country: String,
        /// The region's code.
        code: String,
    },
    /// One name for two regions.
    #[error("in [{country}] the name {name:?} belongs to {first} already and cannot stand for {second} too")]
    NameTaken {
        /// The country's table.
        country: String,
        /// The name in question.
        name: String,
        /// The region that has it.
        first: String,
        /// The region that asks for it.
        second: String,
    },
}

/// Country → code → name and further spellings.
type File = BTreeMap<String, toml::Table>;

impl Places {
    /// The directory with the regions of a TOML file laid over it: a code that is known already gets the file's names, a
    /// new one is added. The file has a table for each country and a line for each region, its name first:
    ///
    /// ```toml
    /// [SN]
    /// DKR = ["Dakar", "Ndakaaru"]
    /// ```
    pub fn with_regions(&self, file: &str) -> Result<Self, RegionsError> {
        let unreadable =
            |error: toml::de::Error| RegionsError::Unreadable(error.to_string().trim().to_owned());
        let file: File = toml::from_str(file).map_err(unreadable)?;
        let mut places = self.clone();
        for (country, regions) in &file {
            for (code, names) in regions {
                let names = names.clone().try_into().map_err(unreadable)?;
                places.lay(self.read(country, code, names)?);
            }
        }
        places.name_all()?;
        Ok(places)
    }

    fn read(&self, country: &str, code: &str, names: Vec<String>) -> Result<Region, RegionsError> {
        if !self.countries.iter().any(|known| known.alpha2 == country) {
            return Err(RegionsError::UnknownCountry {
                country: country.to_owned(),
            });
        }
        let (country, code) = (country.to_owned(), code.to_owned());
        if code.len() != 3 || !code.bytes().all(|letter| letter.is_ascii_uppercase()) {
            return Err(RegionsError::MalformedCode { country, code });
        }
        let mut names = names.into_iter().filter(|name| fold::fold(name).is_some());
        match names.next() {
            Some(name) => Ok(Region {
                country,
                code,
                name,
                spellings: names.collect(),
            }),
            None => Err(RegionsError::NoName { country, code }),
        }
    }

    fn lay(&mut self, region: Region) {
        let same = |known: &&mut Region| known.country == region.country && known.code == region.code;
        match self.regions.iter_mut().find(same) {
            Some(known) => *known = region,
            None => self.regions.push(region),
        }
    }

    /// Names first, codes over them: a code on a card must never be read as another region's name.
    fn name_all(&mut self) -> Result<(), RegionsError> {
        self.region_names.clear();
        for (at, region) in self.regions.iter().enumerate() {
            for name in std::iter::once(&region.name).chain(&region.spellings) {
                let key = (region.country.clone(), fold::fold(name).unwrap_or_default());
                let taken = self.region_names.insert(key, at).filter(|&first| first != at);
                if let Some(first) = taken {
                    return Err(RegionsError::NameTaken {
                        country: region.country.clone(),
                        name: name.clone(),
                        first: self.regions[first].code.clone(),
                        second: region.code.clone(),
                    });
                }
            }
        }
        for (at, region) in self.regions.iter().enumerate() {
            self.region_names
                .insert((region.country.clone(), region.code.to_lowercase()), at);
        }
        Ok(())
    }
}
