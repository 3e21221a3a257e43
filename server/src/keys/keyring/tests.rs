use jiff::civil::date;
use teranga_core::card::payload::{Claims, SignedCard};
use teranga_core::card::token::Token;
use teranga_core::card::trust::TrustListError;

use super::super::store::MemoryStore;
use super::*;

fn now() -> Timestamp {
    "2026-03-01T08:00:00Z".parse().unwrap()
}

fn keyring() -> (Keyring, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let keyring = Keyring::new(Box::<MemoryStore>::default(), folder.path());
    keyring.ensure_organisation(now()).unwrap();
    (keyring, folder)
}

fn polio() -> Scope {
    Scope::Campaign("POLIO26".into())
}

fn issuer(keyring: &Keyring) -> KeyInfo {
    let (not_before, not_after) = (date(2026, 1, 1), date(2026, 12, 31));
    let request = KeyRequest {
        purpose: Purpose::Issuer,
        scope: polio(),
        not_before,
        not_after,
    };
    keyring.make(&request, now()).unwrap()
}

fn trust(keyring: &Keyring) -> TrustList {
    keyring.publish_trust_list("moh", date(2026, 3, 1)).unwrap().0
}

#[test]
fn an_organisation_gets_its_keys_once() {
    let (keyring, _folder) = keyring();
    assert!(keyring.ensure_organisation(now()).unwrap().is_empty());
    let purposes: Vec<Purpose> = keyring.list().unwrap().iter().map(|key| key.purpose).collect();
    for purpose in [Purpose::Root, Purpose::Publisher, Purpose::Session, Purpose::Sync] {
        assert_eq!(purposes.iter().filter(|known| **known == purpose).count(), 1);
    }
}

#[test]
fn rotation_never_invalidates_printed_cards() {
    let (keyring, _folder) = keyring();
    let old = issuer(&keyring);
    let claims = Claims {
        token: Token([1; 16]),
        issued: date(2026, 3, 1),
        expires: date(2027, 3, 1),
    };
    let printed = SignedCard::issue(&keyring.signer(Purpose::Issuer, &polio()).unwrap(), &claims).unwrap();
    let new = keyring.rotate(old.kid, now()).unwrap();
    assert_eq!(keyring.signer(Purpose::Issuer, &polio()).unwrap().kid(), new.kid);
    let trust = trust(&keyring);
    let card = SignedCard::parse(&printed).unwrap();
    let entry = trust.find(card.kid()).unwrap();
    assert_eq!((entry.state, entry.kid), (KeyState::Retired, old.kid));
    assert_eq!(card.verify(&PublicKey(entry.public)), Ok(claims));
    assert!(
        keyring.rotate(old.kid, now()).is_err(),
        "the retired key is not rotated again"
    );
}

#[test]
fn cards_of_a_day_are_signed_by_a_key_of_that_day() {
    let (keyring, _folder) = keyring();
    let this_year = issuer(&keyring);
    let (not_before, not_after) = (date(2027, 1, 1), date(2027, 12, 31));
    let request = KeyRequest {
        purpose: Purpose::Issuer,
        scope: polio(),
        not_before,
        not_after,
    };
    let next_year = keyring.make(&request, now()).unwrap();
    let signed_by = |day| keyring.issuer(&polio(), day).map(|key| key.kid()).ok();
    assert_eq!(signed_by(date(2026, 12, 31)), Some(this_year.kid));
    assert_eq!(signed_by(date(2027, 1, 1)), Some(next_year.kid));
    assert_eq!(signed_by(date(2028, 1, 1)), None);
}

#[test]
fn the_trust_list_counts_up_only_when_something_changed() {
    let (keyring, _folder) = keyring();
    let (first, signed) = keyring.publish_trust_list("moh", date(2026, 3, 1)).unwrap();
    let (same, again) = keyring.publish_trust_list("other", date(2026, 4, 1)).unwrap();
    assert_eq!((first.number, &signed), (1, &again));
    assert_eq!(same.organisation, "moh");
    let key = issuer(&keyring);
    let second = trust(&keyring);
    assert_eq!(second.number, 2);
    keyring.set_state(key.kid, KeyState::Compromised).unwrap();
    let third = trust(&keyring);
    assert_eq!(
        third.find(key.kid).map(|entry| entry.state),
        Some(KeyState::Compromised)
    );
    assert_eq!(second.succeeded_by(third.clone()), Ok(third.clone()));
    assert_eq!(
        third.succeeded_by(second),
        Err(TrustListError::Older { held: 3, offered: 2 })
    );
}

#[test]
fn secret_keys_and_the_root_are_not_on_the_list() {
    let (keyring, _folder) = keyring();
    let (not_before, not_after) = (date(2026, 1, 1), date(2026, 12, 31));
    for purpose in [Purpose::Token, Purpose::Pass] {
        keyring
            .make(
                &KeyRequest {
                    purpose,
                    scope: polio(),
                    not_before,
                    not_after,
                },
                now(),
            )
            .unwrap();
    }
    let listed: Vec<Purpose> = trust(&keyring)
        .entries()
        .iter()
        .map(|entry| entry.purpose)
        .collect();
    assert_eq!(listed.len(), 3);
    assert!(
        !listed.contains(&Purpose::Token)
            && !listed.contains(&Purpose::Pass)
            && !listed.contains(&Purpose::Root)
    );
    assert!(keyring.secret(Purpose::Token, &polio()).is_ok());
    assert!(
        keyring
            .secret(Purpose::Token, &Scope::Campaign("MALARIA".into()))
            .is_err()
    );
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let (keyring, _folder) = keyring();
    let (not_before, not_after) = (date(2026, 1, 1), date(2026, 12, 31));
    let good = KeyRequest {
        purpose: Purpose::Issuer,
        scope: polio(),
        not_before,
        not_after,
    };
    for bad in [
        KeyRequest {
            purpose: Purpose::Publisher,
            ..good.clone()
        },
        KeyRequest {
            purpose: Purpose::Device,
            ..good.clone()
        },
        KeyRequest {
            scope: Scope::Organisation,
            ..good.clone()
        },
        KeyRequest {
            scope: Scope::Campaign(String::new()),
            ..good.clone()
        },
        KeyRequest {
            not_after: date(2025, 12, 31),
            ..good.clone()
        },
        KeyRequest {
            not_after: date(2046, 12, 31),
            ..good.clone()
        },
    ] {
        assert!(keyring.make(&bad, now()).is_err(), "{bad:?}");
    }
    let root = keyring
        .list()
        .unwrap()
        .into_iter()
        .find(|key| key.purpose == Purpose::Root)
        .unwrap();
    assert!(keyring.rotate(root.kid, now()).is_err());
    assert!(keyring.set_state(root.kid, KeyState::Retired).is_err());
}
