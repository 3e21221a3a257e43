//! The JSON schema of a design, for editors and programs.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::{PartialSchema as _, ToSchema};

use super::DesignForm;

/// A template and its changes, as they are described: the fields of the drawing engine's own form.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = CardConfig)]
pub struct CardConfigForm {
    /// Name of the template; `GET /studio/templates` lists them.
    #[schema(example = "classic", max_length = 40)]
    pub template: String,
    /// Colors of its palette to change: name → `#rrggbb`.
    #[schema(example = json!({}))]
    pub colors: BTreeMap<String, String>,
    /// Title of the card; the template's where absent.
    #[schema(example = "Carte de santé", max_length = 120)]
    pub title: Option<String>,
    /// Line under the title; the template's where absent.
    #[schema(example = "Campagne 2026", max_length = 120)]
    pub subtitle: Option<String>,
    /// Words of the template to change or translate: key → words.
    #[schema(example = json!({}))]
    pub texts: BTreeMap<String, String>,
    /// Scale of the title.
    #[schema(minimum = 0.7, maximum = 1.3, example = 1.0)]
    pub title_scale: f32,
    /// Scale of all other type.
    #[schema(minimum = 0.7, maximum = 1.3, example = 1.0)]
    pub font_scale: f32,
    /// Labels of the attributes to show, in this order; empty for all as they come.
    #[schema(example = json!([]))]
    pub fields: Vec<String>,
    /// Attributes shown at most.
    #[schema(minimum = 0, maximum = 4, example = 4)]
    pub max_attrs: u8,
    /// Whether the MPI id is printed.
    #[schema(example = true)]
    pub include_mpi_id: bool,
    /// Whether the person's photo is printed, where the template has room for it.
    #[schema(example = true)]
    pub include_photo: bool,
}

/// The JSON schema (2020-12) of a design.
pub fn schema() -> serde_json::Value {
    let part = |schema: utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>| {
        serde_json::to_value(schema).unwrap_or_default()
    };
    let mut schema = part(DesignForm::schema());
    let text = part(CardConfigForm::schema());
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "Card design".into();
    schema["properties"]["card"] = text;
    schema["additionalProperties"] = false.into();
    schema["properties"]["card"]["additionalProperties"] = false.into();
    // Every line has a value of its own where it is left out.
    for part in ["/required", "/properties/card/required"] {
        if let Some((parent, name)) = part.rsplit_once('/')
            && let Some(parent) = schema
                .pointer_mut(parent)
                .and_then(|parent| parent.as_object_mut())
        {
            parent.remove(name);
        }
    }
    if let Some(attribute) = schema.pointer_mut("/properties/attributes") {
        attribute["items"] = part(super::Attribute::schema());
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_has_the_fields_of_the_engine_and_no_reference_to_elsewhere() {
        let keys = |value: &serde_json::Value| {
            value
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect::<std::collections::BTreeSet<_>>()
        };
        let full = teranga_render::config::CardConfig {
            title: Some(String::new()),
            subtitle: Some(String::new()),
            ..Default::default()
        };
        let schema = schema();
        assert_eq!(
            keys(&serde_json::to_value(full).unwrap()),
            keys(&schema["properties"]["card"]["properties"])
        );
        assert!(!schema.to_string().contains("$ref"), "{schema:#}");
    }
}
