//! What cards look like, as it is edited and kept.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use teranga_render::config::CardConfig;
use teranga_render::data::MAX_ATTRIBUTES;
use teranga_render::scene::{Layout, Logos};
use utoipa::ToSchema;

use super::StudioError;

/// Letters of an attribute's label.
const LABEL: usize = 40;

/// A person's data that can stand on a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// Given and family name.
    Name,
    /// Date of birth, as exactly as it is known.
    Birth,
    /// F or M.
    Sex,
    /// The smallest place that is known.
    Place,
    /// The health region's code.
    Region,
    /// The district.
    District,
    /// The commune.
    Commune,
    /// The village.
    Village,
}

/// A line on a card: a label, and what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    /// The label, in the language of the cards.
    #[schema(example = "Date de naissance", max_length = 40)]
    pub label: String,
    /// What stands behind it.
    #[schema(inline)]
    pub field: Field,
}

/// What cards look like: a template with its changes, and which of a person's data stand on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DesignForm {
    /// The template and its changes.
    #[serde(default)]
    #[schema(value_type = super::schema::CardConfigForm)]
    pub card: CardConfig,
    /// Lines with a person's data, four at most; nothing: date of birth, sex and place, and the name where the template
    /// has no line of its own for it.
    #[serde(default)]
    #[schema(max_items = 4)]
    pub attributes: Vec<Attribute>,
}

impl DesignForm {
    /// A template as it comes.
    pub fn of(template: &str) -> Self {
        Self {
            card: CardConfig::of(template),
            attributes: Vec::new(),
        }
    }

    /// Checks it whole, and makes it ready for cards. What is wrong is said by the name of the line.
    pub fn layout(&self, logos: &Logos) -> Result<Arc<Layout>, StudioError> {
        if self.attributes.len() > MAX_ATTRIBUTES {
            return Err(StudioError::Form(format!(
                "attributes: a card has room for {MAX_ATTRIBUTES} lines"
            )));
        }
        for (at, attribute) in self.attributes.iter().enumerate() {
            let letters = attribute.label.chars().count();
            if !(1..=LABEL).contains(&letters) || attribute.label.chars().any(char::is_control) {
                return Err(StudioError::Form(format!(
                    "attributes.{at}.label: a label has 1 to {LABEL} letters"
                )));
            }
        }
        let said = |error: &dyn std::fmt::Display| StudioError::Form(format!("card.{error}"));
        let template = self.card.template().map_err(|error| said(&error))?;
        self.card.check(&template).map_err(|error| said(&error))?;
        let layout = Layout::new(template, &self.card, logos).map_err(|error| said(&error))?;
        Ok(Arc::new(layout))
    }

    /// The lines that stand on cards.
    pub fn lines(&self) -> Vec<Attribute> {
        if !self.attributes.is_empty() {
            return self.attributes.clone();
        }
        let shows_name = self.card.template().is_ok_and(|template| template.shows_name());
        let line = |label: &str, field| Attribute {
            label: label.to_owned(),
            field,
        };
        let name = (!shows_name).then(|| line("Name", Field::Name));
        let usual = [
            line("Date of birth", Field::Birth),
            line("Sex", Field::Sex),
            line("Place", Field::Place),
        ];
        name.into_iter().chain(usual).collect()
    }
}
