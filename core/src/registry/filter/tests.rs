use std::collections::{BTreeMap, HashSet};

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::card::cbor::{Reader, Writer};

fn key(number: u64) -> Key {
    Key::of(&Sha256::digest(number.to_be_bytes()).into())
}

fn kid(number: u8) -> Kid {
    Kid([0, 0, 0, number])
}

/// A filter of cards `0..cards` of each key, of which the listed are revoked, with the answers that it must give.
fn build(sizes: &[(u8, u64)], revoked: &HashSet<u64>) -> (Filter, Vec<(Kid, Key, bool)>) {
    let mut cards = Vec::new();
    for &(section, size) in sizes {
        let first = u64::from(section) << 32;
        cards.extend((first..first + size).map(|card| (kid(section), key(card), revoked.contains(&card))));
    }
    let counts = sizes
        .iter()
        .map(|&(section, size)| (kid(section), size))
        .collect::<BTreeMap<_, _>>();
    let bad = cards.iter().filter(|card| card.2).map(|card| (card.0, card.1));
    let mut build = Build::new(&counts, bad).unwrap();
    cards.iter().for_each(|card| build.offer(card.0, card.1).unwrap());
    (build.finish().unwrap(), cards)
}

fn assert_exact(filter: &Filter, cards: &[(Kid, Key, bool)]) {
    assert!(
        cards
            .iter()
            .all(|&(kid, key, revoked)| filter.revoked(kid, key) == Some(revoked))
    );
}

fn bytes(filter: &Filter) -> Vec<u8> {
    filter.write(Writer::new()).finish()
}

#[test]
fn every_card_gets_the_right_answer_within_seven_percent_of_the_entropy() {
    for (cards, every) in [(100_000, 1_000_u64), (100_000, 100), (100_000, 20), (20_000, 3)] {
        let revoked: HashSet<u64> = (0..cards).filter(|card| card % every == 0).collect();
        let (filter, cards) = build(&[(0, cards)], &revoked);
        assert_exact(&filter, &cards);
        let (share, n) = (1.0 / every as f64, cards.len() as f64);
        let bound = -n * (share * share.log2() + (1.0 - share) * (1.0 - share).log2()) / 8.0;
        let size = bytes(&filter).len() as f64;
        // 40 bytes of head and the width of the bands do not shrink with the set.
        assert!(
            size < 1.10 * bound + 120.0,
            "{size} against {bound} for one in {every}"
        );
    }
}

#[test]
fn keys_whose_cards_are_all_valid_or_all_revoked_cost_five_bytes() {
    let lot: HashSet<u64> = (2 << 32..(2 << 32) + 5_000).collect();
    let (filter, cards) = build(&[(1, 50_000), (2, 5_000), (3, 0)], &lot);
    assert_exact(&filter, &cards);
    assert!(bytes(&filter).len() < 80);
    assert_eq!(filter.revoked(kid(9), key(1)), None);
}

#[test]
fn mistakes_of_the_caller_are_named() {
    let counts = BTreeMap::from([(kid(1), 2)]);
    let two = [(kid(1), key(1)), (kid(1), key(2)), (kid(1), key(2))];
    assert_eq!(
        Build::new(&counts, [(kid(2), key(1))]).unwrap_err(),
        BuildError::NotCounted(kid(2))
    );
    let mut build = Build::new(&counts, two).unwrap();
    build.offer(kid(1), key(2)).unwrap();
    assert_eq!(build.offer(kid(1), key(3)), Err(BuildError::Miscounted(kid(1))));
    assert_eq!(build.offer(kid(2), key(3)), Err(BuildError::NotCounted(kid(2))));
}

#[test]
fn cards_that_were_not_counted_cost_space_and_not_exactness() {
    let counts = BTreeMap::from([(kid(0), 10)]);
    let mut build = Build::new(&counts, (0..5).map(|card| (kid(0), key(card)))).unwrap();
    (0..2_000).for_each(|card| build.offer(kid(0), key(card)).unwrap());
    let filter = build.finish().unwrap();
    assert!((0..2_000).all(|card| filter.revoked(kid(0), key(card)) == Some(card < 5)));
}

proptest! {
    #[test]
    fn any_set_is_answered_exactly_and_reads_back(
        sizes in proptest::collection::btree_map(0_u8..6, 0_u64..400, 0..5),
        seed: u64,
        share in 0_u64..=16,
    ) {
        let sizes: Vec<(u8, u64)> = sizes.into_iter().collect();
        let revoked = sizes.iter().flat_map(|&(section, size)| {
            let first = u64::from(section) << 32;
            (first..first + size).filter(move |card| (card.wrapping_mul(seed | 1) >> 7) % 16 < share)
        });
        let (filter, cards) = build(&sizes, &revoked.collect());
        assert_exact(&filter, &cards);
        let bytes = bytes(&filter);
        let mut reader = Reader::new(&bytes);
        prop_assert_eq!(Filter::read(&mut reader).unwrap(), filter);
        reader.end().unwrap();
    }

    #[test]
    fn any_bytes_are_read_or_refused(junk in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Filter::read(&mut Reader::new(&junk));
    }

    #[test]
    fn a_damaged_filter_is_refused_or_gives_wrong_answers_but_never_panics(at: usize, bit in 0_u8..8) {
        let (filter, cards) = build(&[(0, 300), (1, 300)], &(0..40).collect());
        let mut bytes = bytes(&filter);
        let at = at % bytes.len();
        bytes[at] ^= 1_u8 << bit;
        if let Ok(filter) = Filter::read(&mut Reader::new(&bytes)) {
            cards.iter().for_each(|card| { filter.revoked(card.0, card.1); });
        }
        for cut in 0..bytes.len() {
            prop_assert!(Filter::read(&mut Reader::new(&bytes[..cut])).is_err());
        }
    }
}
