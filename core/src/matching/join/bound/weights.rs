//! What agreement is worth at most, taken out of a model once.

use super::rows::Shared;
use crate::matching::levels::{Field, IdentifierLevel, NameLevel, OrderLevel, SexLevel};
use crate::matching::model::Model;

/// Levels of a name part of which some tokens are equal and others not.
const PARTLY: [NameLevel; 4] = [
    NameLevel::Shares,
    NameLevel::Faint,
    NameLevel::Similar,
    NameLevel::Near,
];
/// Levels of a name part of which no token is equal.
const NOT_EQUAL: [NameLevel; 4] = [
    NameLevel::Differ,
    NameLevel::Faint,
    NameLevel::Similar,
    NameLevel::Near,
];

/// Weights of one model, in 1/1024 bits.
pub(super) struct Weights {
    model: Model,
    /// What every pair starts from.
    pub(super) base: i32,
    /// By [`SexLevel`].
    pub(super) sex: [i32; 3],
    pub(super) straight: i32,
    pub(super) inverted: i32,
    pub(super) most_place: i32,
    pub(super) most_mother: i32,
    pub(super) most_names: i32,
    pub(super) shared_phone: i32,
    pub(super) shared_household: i32,
    pub(super) unshared_identifier: i32,
    /// By field, what a part is worth at most of which no token is equal.
    not_equal: [i32; Field::COUNT],
}

impl Weights {
    pub(super) fn new(model: &Model) -> Self {
        let of = |field, level: u8| model.level_weight(field, level, None);
        let order = |level| of(Field::Order, level as u8);
        let identifier = |level| of(Field::Identifier, level as u8);
        let most_order = order(OrderLevel::Straight)
            .max(order(OrderLevel::Inverted))
            .max(0);
        Self {
            base: model.prior,
            sex: [SexLevel::Missing, SexLevel::Differ, SexLevel::Equal]
                .map(|level| of(Field::Sex, level as u8)),
            straight: order(OrderLevel::Straight).max(0),
            inverted: order(OrderLevel::Inverted),
            most_place: most(model, Field::Place),
            most_mother: most(model, Field::Mother),
            most_names: most(model, Field::Given) + most(model, Field::Family) + most_order,
            shared_phone: most(model, Field::Phone),
            shared_household: most(model, Field::Household),
            unshared_identifier: identifier(IdentifierLevel::Differ)
                .max(identifier(IdentifierLevel::Near))
                .max(0),
            not_equal: Field::ALL.map(|field| {
                let levels = NOT_EQUAL.map(|level| of(field, level as u8));
                levels.into_iter().max().unwrap_or(0)
            }),
            model: model.clone(),
        }
    }

    /// What a field adds at a level.
    pub(super) fn of(&self, field: Field, level: u8, rarity: Option<i32>) -> i32 {
        self.model.level_weight(field, level, rarity)
    }

    /// What a part of a name adds at most.
    pub(super) fn part(&self, field: Field, shared: Shared) -> i32 {
        let of = |level: NameLevel, rarity| self.of(field, level as u8, rarity);
        match shared {
            Shared::Missing => 0,
            Shared::Nothing => self.not_equal[field as usize],
            Shared::Some(rarity) => PARTLY
                .map(|level| of(level, rarity))
                .into_iter()
                .max()
                .unwrap_or(0),
            Shared::OneSide(rarity) => of(NameLevel::Contained, rarity),
            Shared::All(rarity) => of(NameLevel::Equal, rarity),
        }
    }
}

/// The most that a field adds at any level, however rare what is shared.
fn most(model: &Model, field: Field) -> i32 {
    model.ceiling(field, Some(i32::MAX)).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_level_is_worth_more_than_the_most() {
        let model = Model::default_for(10_000);
        for field in Field::ALL {
            for level in 0..field.levels() as u8 {
                for rarity in [None, Some(0), Some(40_000)] {
                    assert!(
                        model.level_weight(field, level, rarity) <= most(&model, field),
                        "{field:?} {level}"
                    );
                }
            }
        }
    }
}
