//! Agreement of two places of residence: one level for the whole hierarchy, because its steps are not independent.

use crate::matching::jaro_winkler::jaro_winkler;
use crate::matching::levels::PlaceLevel;
use crate::matching::prepared::{PreparedPlace, PreparedValue};

#[derive(PartialEq, Clone, Copy)]
enum Step {
    Missing,
    Differ,
    Near,
    Equal,
}

/// The level, and the rarity of the commune or village that is shared.
pub fn compare(left: &PreparedPlace, right: &PreparedPlace) -> (PlaceLevel, Option<i32>) {
    let village = step(&left.village, &right.village);
    let commune = step(&left.commune, &right.commune);
    let district = step(&left.district, &right.district);
    let region = step(&left.region, &right.region);
    let level = match (village, commune, district, region) {
        (Step::Missing, Step::Missing, Step::Missing, Step::Missing) => PlaceLevel::Missing,
        (Step::Equal, Step::Equal | Step::Missing, Step::Equal | Step::Missing, _) => PlaceLevel::Village,
        (_, Step::Equal, Step::Equal | Step::Missing, _) => PlaceLevel::Commune,
        (_, Step::Near, Step::Equal, _) => PlaceLevel::DistrictCommuneNear,
        (_, Step::Equal, _, _) => PlaceLevel::CommuneOnly,
        (_, Step::Near, _, _) => PlaceLevel::CommuneNear,
        (_, _, Step::Equal, _) => PlaceLevel::District,
        (_, _, _, Step::Equal) => PlaceLevel::Region,
        _ => PlaceLevel::Apart,
    };
    let rarity = match level {
        PlaceLevel::Village => left.village.rarity,
        PlaceLevel::Commune => left.commune.rarity,
        _ => None,
    };
    (level, rarity)
}

fn step(left: &PreparedValue, right: &PreparedValue) -> Step {
    if left.is_empty() || right.is_empty() {
        Step::Missing
    } else if left.text == right.text {
        Step::Equal
    } else if jaro_winkler(left.text.as_bytes(), right.text.as_bytes()) >= 0.9 {
        Step::Near
    } else {
        Step::Differ
    }
}
