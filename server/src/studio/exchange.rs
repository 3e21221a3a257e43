//! Designs taken out and brought in, as YAML or JSON.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{DesignForm, StudioError};

/// Bytes of a design's text: a hundred times what one takes.
const MOST: usize = 64 << 10;

/// In which language a design is written down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// JSON (RFC 8259).
    #[default]
    Json,
    /// YAML 1.2.
    Yaml,
}

impl Language {
    /// The language that a media type names.
    pub fn of_media_type(name: &str) -> Option<Self> {
        let name = name
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        match name.as_str() {
            "application/json" => Some(Self::Json),
            "application/yaml" | "application/x-yaml" | "text/yaml" => Some(Self::Yaml),
            _ => None,
        }
    }

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Yaml => "application/yaml",
        }
    }
}

/// The design as text.
pub fn write(form: &DesignForm, language: Language) -> Result<String, StudioError> {
    let said = |error: &dyn std::fmt::Display| StudioError::Form(error.to_string());
    match language {
        Language::Json => serde_json::to_string_pretty(form).map_err(|error| said(&error)),
        Language::Yaml => serde_saphyr::to_string(form).map_err(|error| said(&error)),
    }
}

/// A design from a text. What is wrong is said with its place.
pub fn read(text: &str, language: Language) -> Result<DesignForm, StudioError> {
    if text.len() > MOST {
        return Err(StudioError::Form(format!("a design has at most {MOST} bytes")));
    }
    match language {
        Language::Json => {
            let mut reader = serde_json::Deserializer::from_str(text);
            let form = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
                let (place, cause) = (error.path().to_string(), error.into_inner());
                StudioError::Form(format!("{place}: {cause}"))
            })?;
            reader
                .end()
                .map_err(|error| StudioError::Form(error.to_string()))?;
            Ok(form)
        }
        Language::Yaml => serde_saphyr::from_str(text).map_err(|error| {
            // The first line says what and where; the lines below quote the text.
            let said = error.to_string();
            StudioError::Form(said.lines().next().unwrap_or_default().to_owned())
        }),
    }
}
