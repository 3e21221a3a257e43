//! Every verdict of the table, and their order.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::{Date, date};

use super::*;
use crate::card::code::{CardCode, CodeError};
use crate::card::key::{Kid, Purpose};
use crate::card::legacy::LegacyToken;
use crate::card::payload::{Claims, SignedCard};
use crate::card::signing::SigningKey;
use crate::card::text::{Form, TextError};
use crate::card::token::{Token, TokenHash};
use crate::card::trust::{KeyState, Scope, TrustEntry, TrustList};
use crate::ids::OsRandom;
use crate::person::MpiId;
use crate::registry::{Freshness, Handle, IdRecord, Ids, Status, Statuses};

const TODAY: &str = "2026-06-15T08:00:00Z";
const ISSUED: Date = date(2026, 3, 1);
const EXPIRES: Date = date(2027, 3, 1);

/// A registry of a few cards.
struct Registry {
    special: HashMap<TokenHash, Status>,
    ids: Vec<(Handle, IdRecord)>,
    bound: HashMap<TokenHash, String>,
}

impl Statuses for Registry {
    fn status(&self, token: &TokenHash, _issued: Date, _kid: Kid) -> Status {
        self.special.get(token).copied().unwrap_or(Status::Good)
    }

    fn freshness(&self) -> Option<Freshness> {
        Some(Freshness {
            as_of: "2026-06-14T00:00:00Z".parse().unwrap(),
            next_update: "2026-06-21T00:00:00Z".parse().unwrap(),
        })
    }
}

impl Ids for Registry {
    fn find(&self, handle: &Handle) -> Vec<IdRecord> {
        self.ids
            .iter()
            .filter(|(known, _)| known == handle)
            .map(|(_, record)| record.clone())
            .collect()
    }
}

impl Holders for Registry {
    fn campaign(&self, token: &TokenHash) -> Option<String> {
        self.bound.get(token).cloned()
    }
}

struct World {
    root: SigningKey,
    issuer: SigningKey,
    lot: SigningKey,
    publisher: SigningKey,
    state: KeyState,
    registry: Registry,
}

impl World {
    fn new() -> Self {
        let key = |purpose| SigningKey::generate(purpose, &mut OsRandom).unwrap();
        Self {
            root: key(Purpose::Root),
            issuer: key(Purpose::Issuer),
            lot: key(Purpose::Issuer),
            publisher: key(Purpose::Publisher),
            state: KeyState::Active,
            registry: Registry {
                special: HashMap::new(),
                ids: Vec::new(),
                bound: HashMap::new(),
            },
        }
    }

    fn trust(&self) -> TrustList {
        let mut list = TrustList::new(1, ISSUED, "moh", self.root.public());
        for (key, scope, state) in [
            (&self.issuer, Scope::Campaign("POLIO26".into()), self.state),
            (&self.lot, Scope::Lot("L-0007".into()), KeyState::Active),
            (&self.publisher, Scope::Organisation, KeyState::Active),
        ] {
            let (not_before, not_after) = (date(2026, 1, 1), date(2026, 12, 31));
            let (kid, purpose, public) = (key.kid(), key.purpose(), key.public().0);
            list.add(TrustEntry {
                kid,
                purpose,
                public,
                scope,
                not_before,
                not_after,
                state,
            })
            .unwrap();
        }
        list
    }

    fn scan_at(&self, text: &str, campaign: Option<&str>, now: &str) -> Verdict {
        let clock = ClockFloor {
            device: now.parse().unwrap(),
            trusted: None,
        };
        scan(text, &self.post(&self.trust(), campaign, clock))
    }

    fn scan(&self, text: &str) -> Finding {
        self.scan_at(text, Some("POLIO26"), TODAY).finding
    }

    fn typed(&self, text: &str) -> Result<Finding, TypedError> {
        let clock = ClockFloor {
            device: TODAY.parse().unwrap(),
            trusted: None,
        };
        typed(text, &self.post(&self.trust(), Some("POLIO26"), clock)).map(|verdict| verdict.finding)
    }

    fn post<'a>(&'a self, trust: &'a TrustList, campaign: Option<&'a str>, clock: ClockFloor) -> Post<'a> {
        let registry = &self.registry;
        Post {
            trust,
            statuses: registry,
            ids: Some(registry),
            holders: Some(registry),
            campaign,
            clock,
        }
    }
}

fn token(byte: u8) -> Token {
    Token([byte; 16])
}

fn card(key: &SigningKey, token: Token) -> String {
    let claims = Claims {
        token,
        issued: ISSUED,
        expires: EXPIRES,
    };
    Form::Compact.write(&SignedCard::issue(key, &claims).unwrap())
}

fn polio() -> GenuineCard {
    GenuineCard {
        campaign: Some("POLIO26".into()),
        lot: None,
        issued: ISSUED,
        expires: EXPIRES,
    }
}

#[test]
fn a_good_card_is_valid_and_says_how_old_the_list_is() {
    let world = World::new();
    let verdict = world.scan_at(&card(&world.issuer, token(1)), Some("POLIO26"), TODAY);
    assert_eq!(verdict.finding, Finding::Valid(polio()));
    assert_eq!(verdict.knowledge.age.map(|age| age.as_hours()), Some(32));
    assert!(!verdict.knowledge.overdue);
}

#[test]
fn a_list_past_its_next_update_keeps_the_verdict_and_says_its_age() {
    let world = World::new();
    let verdict = world.scan_at(&card(&world.issuer, token(1)), None, "2026-09-01T00:00:00Z");
    assert_eq!(verdict.finding, Finding::Valid(polio()));
    assert!(verdict.knowledge.overdue);
}

#[test]
fn another_code_is_not_a_card() {
    let world = World::new();
    assert_eq!(
        world.scan("https://example.org"),
        Finding::NotACard(TextError::NotACard)
    );
    assert_eq!(
        world.scan("TRG2:XYZ"),
        Finding::NotACard(TextError::FutureVersion(2))
    );
}

#[test]
fn a_card_of_an_unknown_key_is_unknown_and_never_forged() {
    let world = World::new();
    let stranger = SigningKey::generate(Purpose::Issuer, &mut OsRandom).unwrap();
    let finding = world.scan(&card(&stranger, token(1)));
    assert_eq!(finding, Finding::Unknown(ForeignOrStale::Key(stranger.kid())));
}

/// A payload that names one key and is signed by another.
fn card_naming(named: Kid, signer: &SigningKey) -> String {
    let claims = Claims {
        token: token(1),
        issued: ISSUED,
        expires: EXPIRES,
    };
    let mut payload = SignedCard::issue(signer, &claims).unwrap();
    let at = payload
        .windows(4)
        .position(|window| window == signer.kid().0)
        .unwrap();
    payload[at..at + 4].copy_from_slice(&named.0);
    Form::Compact.write(&payload)
}

#[test]
fn a_known_key_that_did_not_sign_makes_a_card_forged() {
    let world = World::new();
    let stranger = SigningKey::generate(Purpose::Issuer, &mut OsRandom).unwrap();
    let kid = world.issuer.kid();
    assert_eq!(world.scan(&card_naming(kid, &stranger)), Finding::Forged(kid));
}

#[test]
fn a_key_of_another_purpose_makes_no_card() {
    let world = World::new();
    // The publisher's own key, used as an issuer's: the list's purpose counts, not the card's claim.
    let posing = SigningKey::from_seed(Purpose::Issuer, &world.publisher.seed());
    assert_eq!(
        world.scan(&card(&posing, token(1))),
        Finding::Forged(posing.kid())
    );
}

#[test]
fn a_compromised_key_proves_nothing_and_a_retired_one_still_does() {
    let mut world = World::new();
    let text = card(&world.issuer, token(1));
    world.state = KeyState::Retired;
    assert_eq!(world.scan(&text), Finding::Valid(polio()));
    world.state = KeyState::Compromised;
    let kid = world.issuer.kid();
    assert_eq!(
        world.scan(&text),
        Finding::CheckOnline(CheckOnline::CompromisedKey(kid))
    );
    let stranger = SigningKey::generate(Purpose::Issuer, &mut OsRandom).unwrap();
    assert_eq!(
        world.scan(&card_naming(kid, &stranger)),
        Finding::Forged(kid),
        "a bad signature comes first"
    );
}

#[test]
fn a_card_issued_outside_of_its_keys_period_is_checked_online() {
    let world = World::new();
    let claims = Claims {
        token: token(1),
        issued: date(2025, 12, 31),
        expires: EXPIRES,
    };
    let text = Form::Compact.write(&SignedCard::issue(&world.issuer, &claims).unwrap());
    let kid = world.issuer.kid();
    assert_eq!(
        world.scan(&text),
        Finding::CheckOnline(CheckOnline::OutsideKeyPeriod(kid))
    );
}

#[test]
fn revoked_comes_before_expired_expired_before_wrong_campaign() {
    let mut world = World::new();
    let text = card(&world.issuer, token(1));
    let finding = |world: &World, campaign, now| world.scan_at(&text, Some(campaign), now).finding;
    assert_eq!(finding(&world, "MALARIA", TODAY), Finding::WrongCampaign(polio()));
    assert_eq!(
        finding(&world, "MALARIA", "2027-03-01T00:00:00Z"),
        Finding::Expired(polio())
    );
    let by = date(2026, 5, 1);
    world
        .registry
        .special
        .insert(token(1).hash(), Status::Revoked { by });
    assert_eq!(
        finding(&world, "MALARIA", "2027-03-01T00:00:00Z"),
        Finding::Revoked { by, card: polio() }
    );
}

#[test]
fn a_card_is_valid_to_the_last_second_before_its_expiry() {
    let world = World::new();
    let text = card(&world.issuer, token(1));
    let at = |now| world.scan_at(&text, None, now).finding;
    assert_eq!(at("2027-02-28T23:59:59Z"), Finding::Valid(polio()));
    assert_eq!(at("2027-03-01T00:00:00Z"), Finding::Expired(polio()));
}

#[test]
fn a_clock_set_back_does_not_bring_an_expired_card_back() {
    let world = World::new();
    let clock = ClockFloor {
        device: "2026-01-01T00:00:00Z".parse().unwrap(),
        trusted: Some("2027-04-01T00:00:00Z".parse::<Timestamp>().unwrap()),
    };
    let verdict = scan(
        &card(&world.issuer, token(1)),
        &world.post(&world.trust(), None, clock),
    );
    assert_eq!(verdict.finding, Finding::Expired(polio()));
    assert!(verdict.knowledge.clock_behind);
}

#[test]
fn a_card_of_a_lot_is_blank_until_a_holder_is_known() {
    let mut world = World::new();
    let text = card(&world.lot, token(2));
    let blank = GenuineCard {
        campaign: None,
        lot: Some("L-0007".into()),
        ..polio()
    };
    assert_eq!(world.scan(&text), Finding::Blank(blank.clone()));
    world.registry.bound.insert(token(2).hash(), "POLIO26".into());
    assert_eq!(
        world.scan(&text),
        Finding::Valid(GenuineCard {
            campaign: Some("POLIO26".into()),
            ..blank
        })
    );
}

#[test]
fn a_card_newer_than_the_list_is_valid_and_says_so() {
    let mut world = World::new();
    world
        .registry
        .special
        .insert(token(1).hash(), Status::NewerThanList);
    assert_eq!(
        world.scan(&card(&world.issuer, token(1))),
        Finding::ValidNewerThanList(polio())
    );
}

fn record(campaign: &str, status: Status) -> IdRecord {
    IdRecord {
        campaign: Some(campaign.into()),
        issued: ISSUED,
        expires: EXPIRES,
        status,
    }
}

#[test]
fn a_token_of_the_older_form_is_checked_online_unless_it_is_listed() {
    let mut world = World::new();
    let digits = "0123456789abcdef".repeat(4);
    assert_eq!(world.scan(&digits), Finding::CheckOnline(CheckOnline::OlderForm));
    let handle = Handle::Legacy(LegacyToken::from_hex(&digits).unwrap());
    world.registry.ids.push((handle, record("POLIO26", Status::Good)));
    assert_eq!(world.scan(&digits), Finding::Valid(polio()));
}

#[test]
fn a_typed_code_gets_the_verdict_that_its_card_would_get() {
    let mut world = World::new();
    let code = CardCode::generate(&mut OsRandom).unwrap();
    assert_eq!(
        world.typed(&code.to_string()),
        Ok(Finding::Unknown(ForeignOrStale::Number))
    );
    let by = date(2026, 5, 1);
    world
        .registry
        .ids
        .push((Handle::Code(code), record("POLIO26", Status::Revoked { by })));
    assert_eq!(
        world.typed(&code.to_string()),
        Ok(Finding::Revoked { by, card: polio() })
    );
}

#[test]
fn a_typed_mpi_id_finds_the_card_that_serves_best_in_the_campaign_of_the_post() {
    let mut world = World::new();
    let id = Handle::Mpi(MpiId::parse("SN-DKR-26-9XQ7LM2A").unwrap());
    let by = date(2026, 5, 1);
    world.registry.ids.push((id, record("MALARIA", Status::Good)));
    let wrong = GenuineCard {
        campaign: Some("MALARIA".into()),
        ..polio()
    };
    assert_eq!(
        world.typed("sn dkr 26 9xq7lm2a"),
        Ok(Finding::WrongCampaign(wrong))
    );
    world
        .registry
        .ids
        .push((id, record("POLIO26", Status::Revoked { by })));
    assert_eq!(
        world.typed("SN-DKR-26-9XQ7LM2A"),
        Ok(Finding::Revoked { by, card: polio() })
    );
    world.registry.ids.push((id, record("POLIO26", Status::Good)));
    assert_eq!(world.typed("SN-DKR-26-9XQ7LM2A"), Ok(Finding::Valid(polio())));
}

#[test]
fn a_slip_in_a_typed_number_is_told_before_anything_is_looked_up() {
    let world = World::new();
    assert!(matches!(
        world.typed("SN-DKR-26-9XQ7LM2"),
        Err(TypedError::Mpi(_))
    ));
    assert!(matches!(
        world.typed("SN-DKR-2X-9XQ7LM2A"),
        Err(TypedError::Mpi(_))
    ));
    assert_eq!(
        world.typed("7K2M-9QXR"),
        Err(CodeError::TooShort { missing: 5 }.into())
    );
    assert_eq!(world.typed(""), Err(CodeError::Empty.into()));
}
