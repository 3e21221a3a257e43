//! What a template shows of a card's data.

use super::{Field, Kind, Piece, Template};

impl Template {
    /// Whether the front has a place for the person's name; elsewhere it is one of the attributes.
    pub fn shows_name(&self) -> bool {
        self.front.iter().any(|element| match &element.kind {
            Kind::Text(text) => text
                .pattern
                .0
                .iter()
                .any(|piece| matches!(piece, Piece::Field(Field::Name, _))),
            _ => false,
        })
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_boarding_pass_has_no_place_of_its_own_for_the_name() {
        assert!(!crate::template::builtin("sovereign").unwrap().shows_name());
    }
}
