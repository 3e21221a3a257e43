//! What is known of a country and of a health region.

use serde::{Deserialize, Serialize};

/// A country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Country {
    /// ISO 3166-1 alpha-2, "SN".
    pub alpha2: String,
    /// ISO 3166-1 alpha-3, "SEN".
    pub alpha3: String,
    /// ISO 3166-1 numeric, three digits, "686".
    pub numeric: String,
    /// Part of Africa.
    pub subregion: Subregion,
    /// English name.
    pub english: String,
    /// French name.
    pub french: String,
    /// Legal tender.
    pub currency: Currency,
    /// Country code of phone numbers (ITU-T E.164), digits alone: "221".
    pub calling_code: String,
    /// Digits of a mobile number, without calling code and without a leading 0 for calls within the country.
    pub phone_digits: u8,
    /// The languages that a form is most usefully offered in, official ones among them.
    pub languages: Vec<Language>,
}

/// Part of Africa, as the United Nations divide it (UN M49).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Currency {
    /// ISO 4217, "XOF".
    pub code: String,
    /// Decimals of an amount as ISO 4217 lists them: 0 for XOF, 3 for TND.
    pub minor_units: u8,
    /// How many of the smaller unit make one: 100 for 2 decimals, 1 for none; 5 for the ouguiya and the ariary, which
    /// ISO lists with 2 decimals.
    pub subunits: u16,
    /// English name.
    pub english: String,
    /// French name.
    pub french: String,
}

/// A language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Language {
    /// BCP 47 code, "wo".
    pub code: String,
    /// English name.
    pub english: String,
    /// French name.
    pub french: String,
}

/// A health region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Region {
    /// ISO 3166-1 alpha-2 of its country.
    pub country: String,
    /// Three capital letters, unique within the country: "DKR".
    pub code: String,
    /// Name as the country writes it.
    pub name: String,
    /// Further spellings and former names.
    pub spellings: Vec<String>,
}
