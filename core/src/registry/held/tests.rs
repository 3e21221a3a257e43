use std::collections::BTreeMap;

use jiff::civil::date;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::super::delta::{DeltaError, Prefixes};
use super::super::filter::Build;
use super::super::list::ListError;
use super::super::signed::SignedError;
use super::super::withdrawn::Withdrawn;
use super::*;
use crate::card::key::{Context, Purpose};
use crate::card::signing::{SignatureError, SigningKey};
use crate::card::trust::{KeyState, Scope, TrustEntry, TrustError, TrustList};
use crate::sensitive::Secret;

const KID: Kid = Kid([1, 2, 3, 4]);
const OTHER: Kid = Kid([9, 9, 9, 9]);
const DAY: Date = date(2026, 3, 1);

fn signer(purpose: Purpose, seed: u8) -> SigningKey {
    SigningKey::from_seed(purpose, &Secret::take(&mut [seed; 32]))
}

fn trust() -> TrustList {
    let publisher = signer(Purpose::Publisher, 2);
    let mut trust = TrustList::new(1, DAY, "Test", signer(Purpose::Root, 1).public());
    let entry = TrustEntry {
        kid: publisher.kid(),
        purpose: Purpose::Publisher,
        public: publisher.public().0,
        scope: Scope::Organisation,
        not_before: DAY,
        not_after: date(2030, 1, 1),
        state: KeyState::Active,
    };
    trust.add(entry).unwrap();
    trust
}

fn token(number: u64) -> TokenHash {
    Sha256::digest(number.to_be_bytes()).into()
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A list of the cards 0 to 999, all issued on 2026-03-01, of which every tenth is revoked.
fn list(number: u64) -> StatusList {
    let mut build = Build::new(
        &BTreeMap::from([(KID, 1_000)]),
        (0..1_000).step_by(10).map(|card| (KID, Key::of(&token(card)))),
    )
    .unwrap();
    (0..1_000).for_each(|card| build.offer(KID, Key::of(&token(card))).unwrap());
    StatusList {
        number,
        covers_before: date(2026, 4, 1),
        issued: instant("2026-04-01T02:00:00Z"),
        next_update: instant("2026-04-02T02:00:00Z"),
        withdrawn: Vec::new(),
        filter: build.finish().unwrap(),
    }
}

fn held() -> Held {
    let signed = list(7).sign(&signer(Purpose::Publisher, 2)).unwrap();
    Held::new(StatusList::open(&trust(), &signed).unwrap())
}

fn delta(held: &Held, number: u64, cards: &[u64]) -> Delta {
    let revoked: Vec<Key> = cards.iter().map(|&card| Key::of(&token(card))).collect();
    Delta {
        base: held.base(),
        number,
        issued: instant("2026-04-05T02:00:00Z"),
        next_update: instant("2026-04-06T02:00:00Z"),
        withdrawn: Vec::new(),
        cards: Prefixes::of(&revoked, (0..2_000).map(|card| Key::of(&token(card)))),
    }
}

fn revoked(on: Date) -> Status {
    Status::Revoked { by: on }
}

#[test]
fn a_list_answers_for_the_cards_it_covers_and_says_when_it_does_not() {
    let held = held();
    assert_eq!(held.status(&token(10), DAY, KID), revoked(date(2026, 4, 1)));
    assert_eq!(held.status(&token(11), DAY, KID), Status::Good);
    assert_eq!(held.status(&token(11), date(2026, 3, 31), KID), Status::Good);
    assert_eq!(
        held.status(&token(10), date(2026, 4, 1), KID),
        Status::NewerThanList
    );
    assert_eq!(held.status(&token(10), DAY, OTHER), Status::NewerThanList);
}

#[test]
fn deltas_add_revocations_with_their_day_and_make_the_knowledge_newer() {
    let mut held = held();
    held.apply(delta(&held, 1, &[11, 1_500])).unwrap();
    held.apply(delta(&held, 2, &[])).unwrap();
    assert_eq!(held.status(&token(11), DAY, KID), revoked(date(2026, 4, 5)));
    assert_eq!(
        held.status(&token(1_500), date(2026, 4, 2), KID),
        revoked(date(2026, 4, 5))
    );
    let others = (0..2_000).filter(|card| card % 10 != 0 && *card != 11);
    for card in others {
        let issued = if card < 1_000 { DAY } else { date(2026, 4, 2) };
        assert!(!matches!(
            held.status(&token(card), issued, KID),
            Status::Revoked { .. }
        ));
    }
    assert_eq!(held.freshness().unwrap().as_of, instant("2026-04-05T02:00:00Z"));
}

#[test]
fn a_lot_is_withdrawn_by_its_key_or_by_days_of_issue() {
    let mut held = held();
    let on = date(2026, 4, 4);
    let mut stolen = delta(&held, 1, &[]);
    stolen.withdrawn = vec![
        Withdrawn {
            kid: OTHER,
            from: None,
            to: None,
            on,
        },
        Withdrawn {
            kid: KID,
            from: Some(date(2026, 3, 10)),
            to: Some(date(2026, 3, 12)),
            on,
        },
    ];
    held.apply(stolen).unwrap();
    assert_eq!(held.status(&token(5), date(2027, 1, 1), OTHER), revoked(on));
    assert_eq!(held.status(&token(5), date(2026, 3, 9), KID), Status::Good);
    assert_eq!(held.status(&token(5), date(2026, 3, 10), KID), revoked(on));
    assert_eq!(held.status(&token(5), date(2026, 3, 12), KID), revoked(on));
    assert_eq!(held.status(&token(5), date(2026, 3, 13), KID), Status::Good);
}

#[test]
fn deltas_go_forward_without_a_gap_and_on_their_own_list() {
    let mut held = held();
    let first = delta(&held, 1, &[11]);
    held.apply(first.clone()).unwrap();
    assert_eq!(
        held.apply(first.clone()),
        Err(HeldError::OlderDelta { held: 1, offered: 1 })
    );
    assert_eq!(
        held.apply(delta(&held, 3, &[])),
        Err(HeldError::Gap {
            needed: 2,
            offered: 3
        })
    );

    held.replace((list(8), [8; 32])).unwrap();
    assert_eq!(
        held.apply(first),
        Err(HeldError::WrongBase { held: 8, offered: 7 })
    );
    let mut swapped = delta(&held, 1, &[]);
    swapped.base.hash = [0; 32];
    assert_eq!(
        held.apply(swapped),
        Err(HeldError::WrongBase { held: 8, offered: 8 })
    );
}

#[test]
fn an_older_list_is_refused_so_that_a_revoked_card_stays_revoked() {
    let mut held = held();
    held.apply(delta(&held, 1, &[11])).unwrap();
    let before = held.clone();
    assert_eq!(
        held.replace((list(6), [6; 32])),
        Err(HeldError::OlderList { held: 7, offered: 6 })
    );
    assert_eq!(held.replace((list(7), [0; 32])), Err(HeldError::Fork(7)));
    assert_eq!(held.replace((list(7), held.base().hash)), Ok(()));
    let shorter = StatusList {
        covers_before: date(2026, 3, 31),
        ..list(8)
    };
    assert_eq!(held.replace((shorter, [8; 32])), Err(HeldError::CoversLess(8)));
    assert_eq!(held, before);
}

#[test]
fn only_a_publisher_on_the_trust_list_signs_lists_and_deltas() {
    let (trust, publisher, issuer) = (trust(), signer(Purpose::Publisher, 2), signer(Purpose::Issuer, 3));
    let stranger = signer(Purpose::Publisher, 5);
    let refused = |signed: Vec<u8>| StatusList::open(&trust, &signed).unwrap_err();
    let unknown = SignedError::Trust(TrustError::UnknownKey(stranger.kid()));
    assert_eq!(
        refused(list(1).sign(&stranger).unwrap()),
        ListError::Signed(unknown)
    );
    assert!(list(1).sign(&issuer).is_err());

    let delta = delta(&held(), 1, &[4]).sign(&publisher).unwrap();
    assert!(Delta::open(&trust, &delta).is_ok());
    let wrong = SignedError::Trust(TrustError::Signature(SignatureError::BadSignature));
    assert_eq!(
        refused(delta),
        ListError::Signed(wrong),
        "a delta is no list, whoever signed it"
    );
    let list = list(1).sign(&publisher).unwrap();
    assert_eq!(Delta::open(&trust, &list).unwrap_err(), DeltaError::Signed(wrong));
}

#[test]
fn a_later_version_is_named() {
    let mut body = list(1).to_bytes();
    body[1] = 2;
    let publisher = signer(Purpose::Publisher, 2);
    let signed = super::super::signed::sign(&publisher, Context::StatusList, &body).unwrap();
    assert_eq!(
        StatusList::open(&trust(), &signed).unwrap_err(),
        ListError::FutureVersion(2)
    );
}

#[test]
fn five_hundred_of_ten_million_fit_three_kilobytes() {
    let revoked: Vec<Key> = (0..500).map(|card| Key::of(&token(card))).collect();
    // What counts is the number of issued cards, so showing one card ten million times is as good as ten million.
    let issued = std::iter::repeat_n(Key::of(&token(501)), 10_000_000);
    let delta = Delta {
        cards: Prefixes::of(&revoked, issued),
        ..delta(&held(), 1, &[])
    };
    assert_eq!(delta.cards.len(), 500);
    assert!(delta.sign(&signer(Purpose::Publisher, 2)).unwrap().len() <= 3_000);
}

proptest! {
    #[test]
    fn a_delta_names_its_cards_and_no_other_issued_card(
        revoked in proptest::collection::btree_set(0_u64..3_000, 0..200),
        number in 1_u64..9,
    ) {
        let keys: Vec<Key> = revoked.iter().map(|&card| Key::of(&token(card))).collect();
        let cards = Prefixes::of(&keys, (0..3_000).map(|card| Key::of(&token(card))));
        let delta = Delta { cards, ..delta(&held(), number, &[]) };
        let read = Delta::from_bytes(&delta.to_bytes()).unwrap();
        prop_assert_eq!(&read, &delta);
        for card in 0..3_000 {
            prop_assert_eq!(read.cards.contain(Key::of(&token(card))), revoked.contains(&card));
        }
    }

    #[test]
    fn any_bytes_are_refused(junk in proptest::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(StatusList::open(&trust(), &junk).is_err());
        prop_assert!(Delta::open(&trust(), &junk).is_err());
        let _ = StatusList::from_bytes(&junk);
        let _ = Delta::from_bytes(&junk);
    }

    #[test]
    fn a_damaged_list_or_delta_is_refused(at: usize, bit in 0_u8..8, cut: usize) {
        let publisher = signer(Purpose::Publisher, 2);
        let (list, delta) = (list(3).sign(&publisher).unwrap(), delta(&held(), 1, &[3]).sign(&publisher).unwrap());
        let damage = |signed: &[u8]| {
            let mut damaged = signed.to_vec();
            let length = damaged.len();
            damaged[at % length] ^= 1 << bit;
            [damaged, signed[..cut % length].to_vec()]
        };
        prop_assert!(damage(&list).iter().all(|signed| StatusList::open(&trust(), signed).is_err()));
        prop_assert!(damage(&delta).iter().all(|signed| Delta::open(&trust(), signed).is_err()));
    }
}
