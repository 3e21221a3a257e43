//! The levels at which two places may agree, from numbers of their distinct names.

use crate::matching::levels::PlaceLevel;

/// A place, by the numbers of its names; 0 where one is not known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PlaceNumbers {
    pub(super) region: u32,
    pub(super) district: u32,
    pub(super) commune: u32,
    pub(super) village: u32,
    pub(super) commune_rarity: Option<i32>,
    pub(super) village_rarity: Option<i32>,
}

/// The level for a commune that is nearly equal, and for one that is as the numbers say. Nearness of anything but the
/// commune changes no level.
pub(super) fn levels(left: &PlaceNumbers, right: &PlaceNumbers) -> [(PlaceLevel, Option<i32>); 2] {
    let missing = |one: u32, other: u32| one == 0 || other == 0;
    let equal = |one: u32, other: u32| one == other && one != 0;
    let district = equal(left.district, right.district);
    let no_other_district = district || missing(left.district, right.district);
    let no_commune = missing(left.commune, right.commune);
    let region = equal(left.region, right.region);
    if equal(left.village, right.village)
        && (no_commune || left.commune == right.commune)
        && no_other_district
    {
        return [(PlaceLevel::Village, left.village_rarity); 2];
    }
    if equal(left.commune, right.commune) {
        return [if no_other_district {
            (PlaceLevel::Commune, left.commune_rarity)
        } else {
            (PlaceLevel::CommuneOnly, None)
        }; 2];
    }
    let nothing = no_commune
        && missing(left.village, right.village)
        && missing(left.district, right.district)
        && missing(left.region, right.region);
    let apart = match () {
        () if nothing => PlaceLevel::Missing,
        () if district => PlaceLevel::District,
        () if region => PlaceLevel::Region,
        () => PlaceLevel::Apart,
    };
    let near = match () {
        () if no_commune => apart,
        () if district => PlaceLevel::DistrictCommuneNear,
        () => PlaceLevel::CommuneNear,
    };
    [(apart, None), (near, None)]
}
