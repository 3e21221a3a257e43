//! The published configuration of `sovereign`.

use serde::{Deserialize, Serialize};

use super::{CardConfig, ConfigError};
use crate::color::Color;

/// Configuration of the `sovereign` card, under its published names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SovereignCardConfig {
    /// Color of lines, labels and ornaments, `#rrggbb`.
    pub accent_hex: String,
    /// Ground of the pass.
    pub bg_hex: String,
    /// Ground of the code's zone.
    pub bg_deep_hex: String,
    /// Scale of type, 0.7 to 1.3.
    pub font_scale: f32,
    /// Attributes shown at most, 0 to 4.
    pub max_attrs: u8,
}

impl Default for SovereignCardConfig {
    fn default() -> Self {
        Self {
            accent_hex: "#d4af37".to_owned(),
            bg_hex: "#0b1c38".to_owned(),
            bg_deep_hex: "#05080f".to_owned(),
            font_scale: 1.0,
            max_attrs: 4,
        }
    }
}

impl SovereignCardConfig {
    /// The same as a configuration of any template; checked, with errors under the published names.
    pub fn to_config(&self) -> Result<CardConfig, ConfigError> {
        let colors = [
            ("accent_hex", "accent", &self.accent_hex),
            ("bg_hex", "bg", &self.bg_hex),
            ("bg_deep_hex", "deep", &self.bg_deep_hex),
        ];
        let mut config = CardConfig {
            font_scale: self.font_scale,
            max_attrs: self.max_attrs,
            ..CardConfig::of("sovereign")
        };
        for (key, name, value) in colors {
            if Color::parse(value).is_none_or(|color| color.a < 255) {
                return Err(ConfigError::NotAColor(key.to_owned(), value.clone()));
            }
            config.colors.insert(name.to_owned(), value.clone());
        }
        config.check(&config.template()?)?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_default_is_the_template_as_it_comes() {
        let config = SovereignCardConfig::default().to_config().unwrap();
        let template = config.template().unwrap();
        assert_eq!(config.palette(&template).unwrap(), template.palette);
    }

    #[test]
    fn its_errors_use_its_own_names() {
        let with = |change: fn(&mut SovereignCardConfig)| {
            let mut config = SovereignCardConfig::default();
            change(&mut config);
            config.to_config().unwrap_err().to_string()
        };
        assert!(with(|c| c.accent_hex = "gold".into()).starts_with("accent_hex: \"gold\""));
        assert!(with(|c| c.bg_hex = "#d4af37".into()).contains("contrast"));
        assert!(with(|c| c.max_attrs = 9).contains("max_attrs"));
        assert!(with(|c| c.font_scale = 0.1).contains("font_scale"));
    }
}
