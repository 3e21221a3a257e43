//! What a programme changes about a template: colors, words, sizes, which attributes are shown.
//!
//! The same value is what Card Studio edits, exports and imports (YAML or JSON through serde); a key that does not exist
//! is an error, so that a misspelt one is not silently ignored. [`CardConfig::check`] names every value out of range.

mod sovereign;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use sovereign::SovereignCardConfig;

use crate::color::Color;
use crate::data::MAX_ATTRIBUTES;
use crate::template::{Template, Tint, names};

/// Range of both scales of type.
pub const SCALES: std::ops::RangeInclusive<f32> = 0.7..=1.3;
/// Letters of a word that is changed.
const MAX_WORD: usize = 120;

/// Changes to a template.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CardConfig {
    /// Name of the template.
    pub template: String,
    /// Colors of its palette to change: name → `#rrggbb`.
    pub colors: BTreeMap<String, String>,
    /// Title of the card; the template's where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Line under the title, for cards that bring none; the template's where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// Words of the template to change or translate: key → words.
    pub texts: BTreeMap<String, String>,
    /// Scale of the title, 0.7 to 1.3.
    pub title_scale: f32,
    /// Scale of all other type, 0.7 to 1.3.
    pub font_scale: f32,
    /// Labels of the attributes to show, in this order; empty for all as they come.
    pub fields: Vec<String>,
    /// Attributes shown at most, 0 to 4.
    pub max_attrs: u8,
    /// Whether the MPI id is printed.
    pub include_mpi_id: bool,
    /// Whether the person's photo is printed, where the template has room for it.
    pub include_photo: bool,
}

impl Default for CardConfig {
    fn default() -> Self {
        Self {
            template: "classic".to_owned(),
            colors: BTreeMap::new(),
            title: None,
            subtitle: None,
            texts: BTreeMap::new(),
            title_scale: 1.0,
            font_scale: 1.0,
            fields: Vec::new(),
            max_attrs: MAX_ATTRIBUTES as u8,
            include_mpi_id: true,
            include_photo: true,
        }
    }
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// No such template.
    #[error("template: there is no template {0:?}; there are {1}")]
    NoSuchTemplate(String, String),
    /// A name that the template's palette does not have.
    #[error("colors.{0}: the template {1} has no such color; it has {2}")]
    NoSuchColor(String, String, String),
    /// Not a color.
    #[error("{0}: {1:?} is no color; write six hexadecimal digits, as in \"#d4af37\"")]
    NotAColor(String, String),
    /// A key that the template's texts do not have.
    #[error("texts.{0}: the template {1} has no such text; it has {2}")]
    NoSuchText(String, String, String),
    /// Words that no card has room for.
    #[error("{0}: {1} letters; at most {MAX_WORD}")]
    TooLong(String, usize),
    /// A scale out of range.
    #[error("{0}: {1}; choose a scale from {min} to {max}", min = SCALES.start(), max = SCALES.end())]
    Scale(&'static str, f32),
    /// More attributes than a card has room for.
    #[error("max_attrs: {0}; a card shows 0 to {MAX_ATTRIBUTES} attributes")]
    TooManyAttributes(u8),
    /// Colors that cannot be told apart.
    #[error(
        "{text} on {ground} has a contrast of {found:.2} : 1; at least {least} : 1 is needed to read it. Make one lighter or the other darker"
    )]
    Contrast {
        /// The text's color.
        text: String,
        /// The ground's color.
        ground: String,
        /// The ratio found (WCAG 2.2).
        found: f32,
        /// The ratio needed.
        least: f32,
    },
}

impl CardConfig {
    /// A configuration that changes nothing about a template.
    pub fn of(template: &str) -> Self {
        Self {
            template: template.to_owned(),
            ..Self::default()
        }
    }

    /// The built-in template of its name.
    pub fn template(&self) -> Result<Template, ConfigError> {
        let known = || names().collect::<Vec<_>>().join(", ");
        crate::template::builtin(&self.template)
            .ok_or_else(|| ConfigError::NoSuchTemplate(self.template.clone(), known()))
    }

    /// Checks every value against a template, and the legibility of the resulting colors.
    pub fn check(&self, template: &Template) -> Result<(), ConfigError> {
        for (key, scale) in [("title_scale", self.title_scale), ("font_scale", self.font_scale)] {
            if !SCALES.contains(&scale) {
                return Err(ConfigError::Scale(key, scale));
            }
        }
        if usize::from(self.max_attrs) > MAX_ATTRIBUTES {
            return Err(ConfigError::TooManyAttributes(self.max_attrs));
        }
        self.check_words(template)?;
        let palette = self.palette(template)?;
        template.contrasts.iter().try_for_each(|pair| {
            let ground = tinted(&pair.on, &palette);
            let text = tinted(&pair.text, &palette).over(ground);
            let found = text.contrast(ground);
            let named = |tint: &Tint, color: Color| match &tint.color {
                Ok(_) => color.to_string(),
                Err(name) => format!("{name} ({color})"),
            };
            (found >= pair.least)
                .then_some(())
                .ok_or_else(|| ConfigError::Contrast {
                    text: named(&pair.text, text),
                    ground: named(&pair.on, ground),
                    found,
                    least: pair.least,
                })
        })
    }

    fn check_words(&self, template: &Template) -> Result<(), ConfigError> {
        let keys = || {
            template
                .texts
                .keys()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ")
        };
        if let Some(key) = self.texts.keys().find(|key| !template.texts.contains_key(*key)) {
            return Err(ConfigError::NoSuchText(
                key.clone(),
                template.name.clone(),
                keys(),
            ));
        }
        let words = self
            .texts
            .iter()
            .map(|(key, words)| (format!("texts.{key}"), words));
        let lines = [("title", &self.title), ("subtitle", &self.subtitle)];
        let lines = lines
            .into_iter()
            .filter_map(|(key, words)| Some((key.to_owned(), words.as_ref()?)));
        for (key, words) in words.chain(lines) {
            let letters = words.chars().count();
            if letters > MAX_WORD {
                return Err(ConfigError::TooLong(key, letters));
            }
        }
        Ok(())
    }

    /// The template's palette with this configuration's colors.
    pub(crate) fn palette(&self, template: &Template) -> Result<BTreeMap<String, Color>, ConfigError> {
        let mut palette = template.palette.clone();
        for (name, value) in &self.colors {
            let Some(color) = palette.get_mut(name) else {
                let known = template
                    .palette
                    .keys()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join(", ");
                return Err(ConfigError::NoSuchColor(
                    name.clone(),
                    template.name.clone(),
                    known,
                ));
            };
            *color = Color::parse(value)
                .filter(|color| color.a == 255)
                .ok_or_else(|| ConfigError::NotAColor(format!("colors.{name}"), value.clone()))?;
        }
        Ok(palette)
    }
}

/// The color of a tint in a palette.
pub(crate) fn tinted(tint: &Tint, palette: &BTreeMap<String, Color>) -> Color {
    let color = match &tint.color {
        Ok(color) => *color,
        // The parse knows every name; a palette is only ever changed in its values.
        Err(name) => palette.get(name).copied().unwrap_or(Color::BLACK),
    };
    color.faded(tint.share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(change: impl FnOnce(&mut CardConfig)) -> String {
        let mut config = CardConfig::of("sovereign");
        change(&mut config);
        config.check(&config.template().unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn every_template_is_legible_as_it_comes() {
        for name in names() {
            let config = CardConfig::of(name);
            config.check(&config.template().unwrap()).unwrap();
        }
    }

    #[test]
    fn each_error_says_what_and_what_else() {
        assert!(
            error_of(|c| c.font_scale = 2.0).starts_with("font_scale: 2; choose a scale from 0.7 to 1.3")
        );
        assert!(error_of(|c| c.title_scale = f32::NAN).contains("title_scale"));
        assert!(error_of(|c| c.max_attrs = 5).contains("0 to 4 attributes"));
        assert!(error_of(|c| _ = c.colors.insert("gold".into(), "#fff".into())).contains("it has accent"));
        assert!(error_of(|c| _ = c.colors.insert("accent".into(), "gold".into())).contains("\"#d4af37\""));
        assert!(error_of(|c| _ = c.texts.insert("x".into(), String::new())).contains("no such text"));
        assert!(error_of(|c| c.title = Some("x".repeat(200))).contains("200 letters"));
        let dark = error_of(|c| _ = c.colors.insert("accent".into(), "#0b1c38".into()));
        assert!(
            dark.contains("contrast of 1.") && dark.contains("accent (#0b1c38)"),
            "{dark}"
        );
        let unknown = CardConfig::of("baroque").template().unwrap_err().to_string();
        assert!(unknown.contains("sovereign"));
    }

    #[test]
    fn it_goes_through_json_and_refuses_what_it_does_not_know() {
        let config = CardConfig::of("sovereign");
        let json = serde_json::to_string(&config).unwrap();
        assert_eq!(serde_json::from_str::<CardConfig>(&json).unwrap(), config);
        let error = serde_json::from_str::<CardConfig>(r#"{"template":"pulse","colours":{}}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `colours`"));
    }
}
