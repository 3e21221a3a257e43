use coset::{CborSerializable as _, CoseSign1Builder, HeaderBuilder, iana};
use jiff::civil::date;
use proptest::prelude::*;

use super::super::cbor::CborError;
use super::super::key::Purpose;
use super::super::signing::SigningKey;
use super::super::token::Token;
use super::*;
use crate::sensitive::Secret;

fn key() -> SigningKey {
    SigningKey::from_seed(Purpose::Issuer, &Secret::take(&mut [5; 32]))
}

fn claims() -> Claims {
    Claims {
        token: Token([0xab; 16]),
        issued: date(2026, 3, 1),
        expires: date(2028, 3, 1),
    }
}

/// Signs any protected header and payload with COSE's own library, as an attacker with a real key could.
fn signed(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let signature = key().sign_cose(&sig_structure(protected, payload)).unwrap();
    Writer::new()
        .array(4)
        .bytes(protected)
        .map(0)
        .bytes(payload)
        .bytes(&signature)
        .finish()
}

fn protected() -> Vec<u8> {
    Writer::new()
        .map(2)
        .unsigned(1)
        .integer(-8)
        .unsigned(4)
        .bytes(&key().kid().0)
        .finish()
}

#[test]
fn a_card_has_111_bytes_and_reads_back() {
    let bytes = SignedCard::issue(&key(), &claims()).unwrap();
    assert_eq!(bytes.len(), LENGTH);
    let card = SignedCard::parse(&bytes).unwrap();
    assert_eq!(card.kid(), key().kid());
    assert_eq!(card.verify(&key().public()), Ok(claims()));
}

#[test]
fn the_earliest_and_latest_dates_have_111_bytes_too() {
    for (issued, expires) in [
        (date(1970, 1, 2), date(1970, 1, 3)),
        (date(2106, 2, 6), date(2106, 2, 7)),
    ] {
        let bytes = SignedCard::issue(
            &key(),
            &Claims {
                issued,
                expires,
                ..claims()
            },
        )
        .unwrap();
        assert_eq!(bytes.len(), LENGTH);
    }
    let issue = |issued, expires| {
        SignedCard::issue(
            &key(),
            &Claims {
                issued,
                expires,
                ..claims()
            },
        )
    };
    assert_eq!(
        issue(date(1970, 1, 1), date(2026, 1, 1)),
        Err(IssueError::DateOutOfRange)
    );
    assert_eq!(
        issue(date(2026, 1, 1), date(2106, 2, 8)),
        Err(IssueError::DateOutOfRange)
    );
    assert_eq!(
        issue(date(2026, 1, 1), date(2026, 1, 1)),
        Err(IssueError::NeverValid)
    );
}

#[test]
fn another_cose_library_opens_our_card_and_makes_one_that_we_open() {
    let bytes = SignedCard::issue(&key(), &claims()).unwrap();
    let theirs = coset::CoseSign1::from_slice(&bytes).unwrap();
    let public = key().public();
    theirs
        .verify_signature(&[], |signature, data| {
            public.verify_bytes(data, signature.try_into().unwrap())
        })
        .unwrap();
    let rebuilt = CoseSign1Builder::new()
        .protected(
            HeaderBuilder::new()
                .algorithm(iana::Algorithm::EdDSA)
                .key_id(key().kid().0.to_vec())
                .build(),
        )
        .payload(theirs.payload.clone().unwrap())
        .create_signature(&[], |data| key().sign_cose(data).unwrap().to_vec())
        .build();
    assert_eq!(rebuilt.to_vec().unwrap(), bytes, "byte for byte the same");
}

#[test]
fn any_flipped_bit_or_cut_is_an_error_or_a_bad_signature() {
    let bytes = SignedCard::issue(&key(), &claims()).unwrap();
    for place in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[place / 8] ^= 1 << (place % 8);
        let believed = SignedCard::parse(&damaged).ok().and_then(|card| {
            let same_key = card.kid() == key().kid();
            card.verify(&key().public()).ok().filter(|_| same_key)
        });
        assert_eq!(believed, None, "bit {place}");
    }
    for length in 0..bytes.len() {
        assert_eq!(
            SignedCard::parse(&bytes[..length]),
            Err(CborError::Truncated.into()),
            "cut at {length}"
        );
    }
}

#[test]
fn each_malformed_payload_has_its_name() {
    let good = SignedCard::issue(&key(), &claims()).unwrap();
    let payload = |map: &[u8]| signed(&protected(), map);
    let header = |map: &[u8]| signed(map, b"\xa0");
    let day = |seconds: u32| [b"\x1a", &seconds.to_be_bytes()[..]].concat();
    let claims = |exp: u32, iat: u32| {
        let token = [0x50].into_iter().chain([1; 16]).collect::<Vec<u8>>();
        payload(&[b"\xa3\x04", &day(exp)[..], b"\x06", &day(iat), b"\x07", &token].concat())
    };
    for (bytes, error) in [
        (
            [&good[..], b"\0"].concat(),
            PayloadError::Malformed(CborError::TrailingBytes),
        ),
        (vec![0; MAX + 1], PayloadError::TooLong),
        (
            [b"\xd2", &good[..]].concat(),
            CborError::Expected("an array").into(),
        ),
        (
            [b"\x9f", &good[1..], b"\xff"].concat(),
            CborError::IndefiniteLength.into(),
        ),
        (header(b"\xa2\x01\x27\x01\x27"), CborError::DuplicateKey.into()),
        (
            header(b"\xa2\x04\x44abcd\x01\x27"),
            CborError::KeysOutOfOrder.into(),
        ),
        (
            header(b"\xa2\x01\x27\x02\x81\x04"),
            PayloadError::UnknownCriticalHeader,
        ),
        (
            header(b"\xa2\x01\x26\x04\x44abcd"),
            PayloadError::UnsupportedAlgorithm(-7),
        ),
        (header(b"\xa1\x04\x44abcd"), PayloadError::Missing("algorithm")),
        (header(b"\xa1\x01\x27"), PayloadError::Missing("key name")),
        (
            header(b"\xa2\x01\x27\x04\x43abc"),
            CborError::Expected("a byte string of another length").into(),
        ),
        (
            header(b"\xa2\x01\x27\x18\x63\x81\x81\x81\x81\x81\x81\x81\x81\x01"),
            CborError::TooDeep.into(),
        ),
        (payload(b"\xa0"), PayloadError::Missing("expiry")),
        (claims(86_400 * 9, 86_401), PayloadError::BadDates),
        (claims(86_400 * 2, 86_400 * 2), PayloadError::BadDates),
        (claims(86_400 * 2, 86_400 * 3), PayloadError::BadDates),
    ] {
        assert_eq!(SignedCard::parse(&bytes), Err(error), "{bytes:02x?}");
    }
    assert!(
        SignedCard::parse(&claims(86_400 * 9, 86_400)).is_ok(),
        "the cases above fail for their own reason"
    );
}

const MAX: usize = super::parse::MAX_BYTES;

#[test]
fn only_an_issuer_key_makes_cards() {
    let publisher = SigningKey::from_seed(Purpose::Publisher, &Secret::take(&mut [5; 32]));
    assert!(matches!(
        SignedCard::issue(&publisher, &claims()),
        Err(IssueError::Key(_))
    ));
}

proptest! {
    #[test]
    fn any_bytes_end_in_a_result(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = SignedCard::parse(&bytes);
    }

    #[test]
    fn any_dates_in_range_survive(issued in 1_i64..40_000, days in 1_i64..5_000, token: [u8; 16]) {
        let day = |number| crate::clock::date_of_day(number).unwrap();
        let claims = Claims { token: Token(token), issued: day(issued), expires: day(issued + days) };
        let bytes = SignedCard::issue(&key(), &claims).unwrap();
        prop_assert_eq!(bytes.len(), LENGTH);
        prop_assert_eq!(SignedCard::parse(&bytes).unwrap().verify(&key().public()), Ok(claims));
    }
}
