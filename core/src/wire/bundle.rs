//! Asking for what a phone carries; see [`crate::registry::bundle`] for what it is.

use serde::{Deserialize, Serialize};

use super::Base64;

/// `GET /sync/v1/bundle`. With `If-None-Match` of the last `ETag` the server answers 304 when nothing is new.
///
/// Parts are then fetched by their SHA-256, where the phone does not have them yet, with `Range` where it has the
/// beginning. The first to fetch are the trust list and the status list: with them the phone can scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleAnswer {
    /// Of this form.
    pub version: u32,
    /// The signed manifest, in which this device is the only recipient.
    pub manifest: Base64,
}

/// `GET /sync/v1/kyc/{SHA-256 of a card's token}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KycAnswer {
    /// Of this form.
    pub version: u32,
    /// In how many programs the holder takes part; programs that are sensitive are not counted. 0 for an unknown card.
    pub programs: u32,
}
