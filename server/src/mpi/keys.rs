//! Blocking keys of an organisation, as they are stored, asked and locked.

use teranga_core::matching::PreparedPerson;
use teranga_core::matching::blocking::{self, Side};

/// The keys of a person in an organisation, for one side of a look-up.
pub(super) fn of(organisation: i64, side: Side, person: &PreparedPerson) -> Vec<i64> {
    let mut keys = Vec::new();
    blocking::keys_on(side, person, &mut keys);
    keys.into_iter()
        .map(|key| in_organisation(organisation, key))
        .collect()
}

/// A number of the core's, so that organisations never meet.
pub(super) fn in_organisation(organisation: i64, number: u64) -> i64 {
    number
        .wrapping_add(organisation.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .cast_signed()
}

/// The parts into which a key is split that too many share.
pub(super) fn parts(key: i64, side: Side, person: &PreparedPerson) -> Vec<i64> {
    let mut parts = Vec::new();
    blocking::refined_on(side, key.cast_unsigned(), person, &mut parts);
    parts.into_iter().map(u64::cast_signed).collect()
}
