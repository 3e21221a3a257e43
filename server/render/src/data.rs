//! What is printed on one card, and pictures.

use jiff::civil::Date;
use std::sync::Arc;

use crate::logo::Logo;

/// Attributes that a card has room for.
pub const MAX_ATTRIBUTES: usize = 4;

/// One card's own content. An empty text means "there is none": its slot and everything bound to it stay away.
#[derive(Clone, Default, PartialEq)]
pub struct CardData {
    /// Identifier in the Master Patient Index, `SN-DKR-26-9XQ7LM2A`.
    pub mpi_id: String,
    /// Name of the person, in any script.
    pub name: String,
    /// Public name of the programme.
    pub programme: String,
    /// Public name of the campaign.
    pub campaign: String,
    /// Line under the title; the configuration's where this is empty.
    pub subtitle: String,
    /// Label and value of up to four attributes; more are left out.
    pub attributes: Vec<(String, String)>,
    /// Date of enrollment.
    pub enrolled: Option<Date>,
    /// Date on which the card was issued.
    pub issued: Option<Date>,
    /// Last day on which the card is good.
    pub expires: Option<Date>,
    /// Identifier of the tracked entity in DHIS2.
    pub tracked_entity: String,
    /// Card code, `XXXX-XXXX-XXXX-C`.
    pub card_code: String,
    /// Text of the QR code: capitals, digits and `$%*+-./:` and space.
    pub qr: String,
    /// The person's picture, for templates that show one.
    pub photo: Option<Arc<Picture>>,
}

/// Names the card by nothing private: what is on a card belongs in no log.
impl std::fmt::Debug for CardData {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CardData")
            .field("attributes", &self.attributes.len())
            .finish_non_exhaustive()
    }
}

/// A decoded picture: a logo or a photo.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

impl Picture {
    /// A picture of `width × height` pixels, rows from the top, four bytes a pixel (RGBA, straight alpha).
    ///
    /// `None` when a side is zero or the bytes are not `4 × width × height`.
    pub fn new(width: u32, height: u32, rgba: Vec<u8>) -> Option<Self> {
        let bytes = (u64::from(width) * u64::from(height)).checked_mul(4)?;
        (bytes > 0 && bytes == rgba.len() as u64).then_some(Self { width, height, rgba })
    }

    /// Pixels across.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// The pixels, four bytes each (RGBA, straight alpha).
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }
}

impl From<&Logo> for Picture {
    fn from(logo: &Logo) -> Self {
        Self {
            width: logo.width(),
            height: logo.height(),
            rgba: logo.straight(),
        }
    }
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({} × {})", self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_as_many_bytes_as_it_says() {
        assert!(Picture::new(2, 2, vec![0; 16]).is_some());
        assert!(Picture::new(2, 2, vec![0; 15]).is_none());
        assert!(Picture::new(0, 2, Vec::new()).is_none());
        assert!(Picture::new(u32::MAX, u32::MAX, Vec::new()).is_none());
    }

    #[test]
    fn debug_shows_nothing_of_a_person() {
        let data = CardData {
            name: "Aminata Diallo".into(),
            ..CardData::default()
        };
        assert!(!format!("{data:?}").contains("Aminata"));
    }
}
