//! Status lists and deltas as files of their own.

use std::collections::BTreeMap;

use jiff::civil::date;
use teranga_core::card::key::{Context, Kid};
use teranga_core::card::trust::TrustList;
use teranga_core::registry::delta::{Base, Delta, Prefixes};
use teranga_core::registry::filter::{Build, Key};
use teranga_core::registry::list::StatusList;
use teranga_core::registry::signed;

use super::organisation::Organisation;

/// The key under which lists hold a card.
pub fn listed(card: &serde_json::Value) -> Key {
    let handle = card["token_hash"].as_str().unwrap();
    Key::of(
        &data_encoding::HEXLOWER
            .decode(handle.as_bytes())
            .unwrap()
            .try_into()
            .unwrap(),
    )
}

/// A list of all the cards, of which the first is revoked.
pub fn status_list(kid: Kid, cards: &[Key]) -> StatusList {
    let counts = BTreeMap::from([(kid, cards.len() as u64)]);
    let mut build = Build::new(&counts, [(kid, cards[0])]).unwrap();
    cards.iter().for_each(|card| build.offer(kid, *card).unwrap());
    StatusList {
        number: 1,
        covers_before: date(2026, 6, 1),
        issued: "2026-06-01T02:00:00Z".parse().unwrap(),
        next_update: "2026-06-08T02:00:00Z".parse().unwrap(),
        withdrawn: Vec::new(),
        filter: build.finish().unwrap(),
    }
}

#[test]
fn the_status_list_and_its_deltas_revoke_and_their_age_is_said() {
    let organisation = Organisation::new();
    let cards: Vec<_> = (0..20).map(|_| organisation.card(&[])).collect();
    let keys: Vec<Key> = cards.iter().map(listed).collect();
    let publisher = organisation.publisher();
    let list = status_list(organisation.issuer().parse().unwrap(), &keys);
    let signed_list = list.sign(&publisher).unwrap();
    let delta = Delta {
        base: Base::of(
            &list,
            StatusList::open(&trust(&organisation), &signed_list).unwrap().1,
        ),
        number: 1,
        issued: "2026-06-02T02:00:00Z".parse().unwrap(),
        next_update: "2026-06-03T02:00:00Z".parse().unwrap(),
        withdrawn: Vec::new(),
        cards: Prefixes::of(&keys[1..2], keys.iter().copied()),
    };
    let status = organisation.keep("status.cbor", &signed_list);
    let delta = organisation.keep("delta.cbor", &delta.sign(&publisher).unwrap());
    let text = |card: usize| cards[card]["text"].as_str().unwrap();
    let verify =
        |card, more: &[&str]| organisation.verify(text(card), &[&["--status", &status], more].concat());
    assert_eq!((verify(0, &[]), verify(1, &[]), verify(2, &[])), (14, 0, 0));
    let with_delta = ["--delta", &delta];
    assert_eq!(
        (
            verify(0, &with_delta),
            verify(1, &with_delta),
            verify(2, &with_delta)
        ),
        (14, 14, 0)
    );
    let said = organisation.run(&[
        "verify",
        text(1),
        "--status",
        &status,
        "--delta",
        &delta,
        "--json",
    ]);
    let said: serde_json::Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(said["revoked_by"], "2026-06-02");
    assert_eq!(said["status_data"]["as_of"], "2026-06-02T02:00:00Z");
    assert_eq!(said["status_data"]["overdue"], true, "but the verdict stays");
}

#[test]
fn a_list_signed_by_anybody_else_is_refused() {
    let (organisation, stranger) = (Organisation::new(), Organisation::new());
    let card = organisation.card(&[]);
    let list = status_list(organisation.issuer().parse().unwrap(), &[listed(&card)]);
    let file = organisation.keep("status.cbor", &list.sign(&stranger.publisher()).unwrap());
    assert_eq!(
        organisation.verify(card["text"].as_str().unwrap(), &["--status", &file]),
        2
    );
    let swapped = signed::sign(&organisation.publisher(), Context::Receipt, b"");
    let file = organisation.keep("status.cbor", &swapped.unwrap());
    assert_eq!(
        organisation.verify(card["text"].as_str().unwrap(), &["--status", &file]),
        2
    );
}

fn trust(organisation: &Organisation) -> TrustList {
    organisation
        .keyring()
        .publish_trust_list("organisation", date(2026, 6, 1))
        .unwrap()
        .0
}
