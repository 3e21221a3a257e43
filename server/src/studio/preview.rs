//! One card as a picture, by the engine that draws the cards of campaigns.

use serde::{Deserialize, Serialize};
use teranga_render::data::CardData;
use teranga_render::paint::{Face, plain};
use teranga_render::scene::Layout;
use utoipa::ToSchema;

use super::StudioError;

/// Dots per inch of a preview: those of a card.
const DPI: u32 = 300;

/// A side of a card.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The one with the name.
    #[default]
    Front,
    /// The other.
    Back,
}

/// The card as PNG, with its 300 dots per inch written in it.
pub fn draw(layout: &Layout, data: &CardData, side: Side) -> Result<Vec<u8>, StudioError> {
    let said = |error: &dyn std::fmt::Display| StudioError::Form(error.to_string());
    let card = layout.card(data).map_err(|error| said(&error))?;
    let face = match side {
        Side::Front => Face::Front,
        Side::Back => Face::Back,
    };
    let canvas = plain::side(layout, &card, face, DPI).map_err(|error| said(&error))?;
    canvas.png().map_err(|error| said(&error))
}
