//! The directory that is compiled in.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::country::{Country, Currency, Language, Subregion};
use super::{Places, fold};

static BUILTIN: LazyLock<Places> = LazyLock::new(load);

impl Places {
    /// The directory that is compiled in: every country of Africa, and the health regions of eight.
    pub fn builtin() -> &'static Self {
        &BUILTIN
    }
}

#[expect(
    clippy::expect_used,
    reason = "a compiled-in file is right or wrong for everyone: every test reads it"
)]
fn load() -> Places {
    let mut places = Places {
        countries: countries(),
        regions: Vec::new(),
        country_names: HashMap::new(),
        region_names: HashMap::new(),
    };
    index(&mut places);
    places
        .with_regions(include_str!("regions.toml"))
        .expect("regions.toml must be right")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CountryFile {
    country: Vec<CountryRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CountryRow {
    alpha2: String,
    alpha3: String,
    numeric: String,
    subregion: Subregion,
    english: String,
    french: String,
    spellings: Vec<String>,
    currency: String,
    calling_code: String,
    phone_digits: u8,
    languages: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CurrencyRow {
    minor_units: u8,
    subunits: Option<u16>,
    english: String,
    french: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LanguageRow {
    english: String,
    french: String,
}

fn rows() -> Vec<CountryRow> {
    parse::<CountryFile>(include_str!("countries.toml")).country
}

#[expect(
    clippy::expect_used,
    reason = "a compiled-in file is right or wrong for everyone: every test reads it"
)]
fn parse<T: DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).expect("a compiled-in file must be right")
}

fn countries() -> Vec<Country> {
    let currencies: BTreeMap<String, CurrencyRow> = parse(include_str!("currencies.toml"));
    let languages: BTreeMap<String, LanguageRow> = parse(include_str!("languages.toml"));
    let country = |row: CountryRow| Country {
        currency: currency(&row.currency, &currencies[&row.currency]),
        languages: row
            .languages
            .iter()
            .map(|code| language(code, &languages[code]))
            .collect(),
        alpha2: row.alpha2,
        alpha3: row.alpha3,
        numeric: row.numeric,
        subregion: row.subregion,
        english: row.english,
        french: row.french,
        calling_code: row.calling_code,
        phone_digits: row.phone_digits,
    };
    rows().into_iter().map(country).collect()
}

fn currency(code: &str, row: &CurrencyRow) -> Currency {
    Currency {
        code: code.to_owned(),
        minor_units: row.minor_units,
        subunits: row.subunits.unwrap_or(10u16.pow(row.minor_units.into())),
        english: row.english.clone(),
        french: row.french.clone(),
    }
}

fn language(code: &str, row: &LanguageRow) -> Language {
    Language {
        code: code.to_owned(),
        english: row.english.clone(),
        french: row.french.clone(),
    }
}

fn index(places: &mut Places) {
    for (at, row) in rows().iter().enumerate() {
        let codes = [&row.alpha2, &row.alpha3, &row.numeric, &row.english, &row.french];
        for name in codes
            .into_iter()
            .chain(&row.spellings)
            .filter_map(|name| fold::fold(name))
        {
            places.country_names.insert(name, at);
        }
    }
}
