//! Areas: a part of a country, as a path of codes.

use std::fmt;
use std::str::FromStr;

use teranga_core::person::Place;

/// An area: the whole organization (the empty path), a country (`SN`), a health region of it (`SN/DKR`) or a district as
/// it is written (`SN/DKR/Pikine`).
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(try_from = "String", into = "String")]
pub struct Area(String);

/// A text that is no area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "an area is a country, a region or a district, such as SN, SN/DKR or SN/DKR/Pikine; nothing: everywhere"
)]
pub struct AreaError;

/// Longest name of a district, in characters.
const DISTRICT: usize = 80;

impl Area {
    /// Everywhere in the organization.
    pub fn whole() -> Self {
        Self::default()
    }

    /// The smallest area that a place is in.
    pub fn of_place(place: &Place) -> Self {
        let parts = [&place.country, &place.region, &place.district];
        let known: Vec<&str> = parts
            .into_iter()
            .map(String::as_str)
            .take_while(|part| !part.is_empty())
            .collect();
        Self(known.join("/"))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether another area lies in this one, or is it.
    pub fn covers(&self, other: &Self) -> bool {
        match other.0.strip_prefix(&self.0) {
            Some(rest) => self.0.is_empty() || rest.is_empty() || rest.starts_with('/'),
            None => false,
        }
    }

    /// Country, region and district, as many as the path has. A district may have a stroke in its name.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.splitn(3, '/').filter(|part| !part.is_empty())
    }
}

impl FromStr for Area {
    type Err = AreaError;

    fn from_str(text: &str) -> Result<Self, AreaError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self::whole());
        }
        let mut parts = text.splitn(3, '/');
        let is_code = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
            lengths.contains(&part.len())
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        };
        let is_fine = parts.next().is_some_and(|country| is_code(country, 2..=2))
            && parts.next().is_none_or(|region| is_code(region, 2..=8))
            && parts.next().is_none_or(|district| {
                !district.is_empty()
                    && district.trim() == district
                    && district.chars().count() <= DISTRICT
                    && !district.chars().any(char::is_control)
            });
        if is_fine {
            Ok(Self(text.to_owned()))
        } else {
            Err(AreaError)
        }
    }
}

impl TryFrom<String> for Area {
    type Error = AreaError;

    fn try_from(text: String) -> Result<Self, AreaError> {
        text.parse()
    }
}

impl From<Area> for String {
    fn from(area: Area) -> Self {
        area.0
    }
}

impl fmt::Display for Area {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(if self.0.is_empty() { "everywhere" } else { &self.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(text: &str) -> Area {
        text.parse().unwrap()
    }

    #[test]
    fn an_area_covers_what_lies_in_it_and_nothing_beside_it() {
        assert!(Area::whole().covers(&area("SN/DKR")) && area("SN").covers(&area("SN/DKR/Pikine")));
        assert!(area("SN/DKR").covers(&area("SN/DKR")));
        assert!(!area("SN/DKR").covers(&area("SN")) && !area("SN/DKR").covers(&Area::whole()));
        assert!(!area("SN/DK").covers(&area("SN/DKR")), "a code is no prefix");
        assert!(!area("SN/DKR/Pikine").covers(&area("SN/DKR/Pikine Est")));
    }

    #[test]
    fn a_path_has_codes_and_the_name_of_a_district() {
        for text in [
            "sn",
            "S",
            "SN/",
            "SN/dkr",
            "SN/DKR/",
            "SN/DKR/ x",
            "SN/DKR/a\nb",
            "SNX/DKR",
            "/SN",
        ] {
            assert_eq!(text.parse::<Area>(), Err(AreaError), "{text:?}");
        }
        assert_eq!(
            area("SN/DKR/A/B").parts().collect::<Vec<_>>(),
            ["SN", "DKR", "A/B"]
        );
        assert_eq!(Area::whole().parts().count(), 0);
        assert_eq!(area(" ").to_string(), "everywhere");
    }

    #[test]
    fn a_place_is_in_the_area_of_what_is_known_of_it() {
        let place = Place {
            country: "SN".into(),
            district: "Pikine".into(),
            ..Place::default()
        };
        assert_eq!(
            Area::of_place(&place).as_str(),
            "SN",
            "a district without its region says nothing"
        );
    }
}
