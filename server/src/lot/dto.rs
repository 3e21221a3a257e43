//! What the routes of lots take and give.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::campaign::dto::MakingForm;
use crate::input::{Faults, Validate};

/// A lot to be printed.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct LotForm {
    /// The campaign's number.
    #[schema(minimum = 1, example = 3)]
    pub(super) campaign: i64,
    /// Cards in it.
    #[schema(minimum = 1, maximum = 5_000, example = 500)]
    pub(super) size: i32,
    /// How they are made.
    pub(super) making: MakingForm,
}

impl Validate for LotForm {
    fn check(&self, faults: &mut Faults) {
        faults.demand((1..=5_000).contains(&self.size), "/size", "1 to 5,000 cards");
        self.making.check(faults);
    }
}

/// Who gets a lot.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HandForm {
    /// The login of the agent.
    #[schema(example = "awa", max_length = 100)]
    pub(super) login: String,
}

impl Validate for HandForm {
    fn check(&self, faults: &mut Faults) {
        faults.demand_text(&self.login, 100, "/login");
    }
}

/// How a lot is revoked.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RevokeForm {
    /// Revoke the cards too that were bound to people.
    #[serde(default)]
    pub(super) bound_too: bool,
}

impl Validate for RevokeForm {}

/// What became of a revocation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct LotRevoked {
    /// Cards that count no longer.
    #[schema(example = 480)]
    pub(super) cards: u64,
}
