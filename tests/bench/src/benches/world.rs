//! A register of ten million cards, made up.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use sha2::{Digest, Sha256};
use teranga_core::card::key::Kid;
use teranga_core::card::token::TokenHash;
use teranga_core::registry::filter::{Build, Filter, Key};
use teranga_core::registry::list::StatusList;

/// How many cards there are.
pub const CARDS: u64 = 10_000_000;

/// The day on which all of them were issued.
pub const ISSUED: Date = date(2026, 2, 1);

/// SHA-256 of a card's token.
pub fn token(card: u64) -> TokenHash {
    Sha256::digest(card.to_be_bytes()).into()
}

/// The filter of all cards of one issuer key, of which one in `every` is revoked.
pub fn filter(kid: Kid, every: u64) -> anyhow::Result<Filter> {
    let key = |card| (kid, Key::of(&token(card)));
    let mut build = Build::new(
        &BTreeMap::from([(kid, CARDS)]),
        (0..CARDS).step_by(every as usize).map(key),
    )?;
    for card in 0..CARDS {
        build.offer(kid, key(card).1)?;
    }
    Ok(build.finish()?)
}

/// The status list of that filter.
pub fn list(filter: Filter) -> anyhow::Result<StatusList> {
    Ok(StatusList {
        number: 1,
        covers_before: date(2026, 3, 1),
        issued: "2026-03-01T02:00:00Z".parse()?,
        next_update: "2026-03-02T02:00:00Z".parse()?,
        withdrawn: Vec::new(),
        filter,
    })
}
