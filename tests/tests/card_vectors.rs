//! Test vectors of cards, tokens, codes, passes and the trust list, for readers in other languages, and theirs for us.
//!
//! `tests/fixtures/card/ours.json` is what this program makes; the test fails when it would make something else. After
//! a wanted change write it anew with `TERANGA_REGENERATE=1 cargo test -p teranga-tests --test card_vectors`.
//! `theirs.json` was made by `tests/peers/check_cards.py --make` with other libraries, and everything in it must open.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where a vector is not as it should be"
)]

use std::path::PathBuf;

use data_encoding::{HEXLOWER, HEXUPPER};
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use teranga_core::card::code::{CardCode, CodeSalt};
use teranga_core::card::key::Purpose;
use teranga_core::card::legacy::LegacyToken;
use teranga_core::card::payload::{Claims, SignedCard};
use teranga_core::card::signing::{PublicKey, SigningKey};
use teranga_core::card::text::{self, CardText, Form, Host};
use teranga_core::card::token::{CardNonce, Token};
use teranga_core::card::trust::{KeyState, Scope, TrustEntry, TrustList};
use teranga_core::person::MpiId;
use teranga_core::registry::Handle;
use teranga_core::sensitive::{Secret, Sensitive};
use teranga_core::wallet::{self, Pass, SignedPass};

const ISSUED: Date = date(2026, 3, 1);
// Far away, so that libraries that look at the clock accept the vectors for long.
const EXPIRES: Date = date(2099, 3, 1);
const MPI_ID: &str = "SN-DKR-26-9XQ7LM2A";
const CODE: &str = "7K2M-9QXR-4TAB";

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/card")
        .join(name)
}

fn secret(byte: u8) -> Secret<32> {
    Secret::take(&mut [byte; 32])
}

fn key(purpose: Purpose, byte: u8) -> SigningKey {
    SigningKey::from_seed(purpose, &secret(byte))
}

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

fn unhex<const N: usize>(value: &Value) -> [u8; N] {
    HEXLOWER
        .decode(value.as_str().unwrap().as_bytes())
        .unwrap()
        .try_into()
        .unwrap()
}

fn tokens() -> Value {
    let id = MpiId::parse(MPI_ID).unwrap();
    let nonce = CardNonce([0x11; 16]);
    let card = Token::of_card(&secret(1), &id, "POLIO26", &nonce);
    let blank = Token::of_blank(&secret(1), "L-0007", "000001");
    let legacy = LegacyToken::derive(MPI_ID, "POLIO26", &Sensitive::new("old secret".to_owned()));
    json!({
        "card": { "key": hex(secret(1).reveal()), "mpi_id": MPI_ID, "campaign": "POLIO26",
                  "nonce": hex(&nonce.0), "token": card.to_hex(), "hash": hex(&card.hash()) },
        "blank": { "key": hex(secret(1).reveal()), "lot": "L-0007", "serial": "000001",
                   "token": blank.to_hex(), "hash": hex(&blank.hash()) },
        "legacy": { "mpi_id": MPI_ID, "campaign": "POLIO26", "secret": "old secret",
                    "hash": hex(&legacy.hash()) },
    })
}

fn code() -> CardCode {
    let check = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".chars();
    check
        .filter_map(|check| CardCode::parse(&format!("{CODE}-{check}")).ok())
        .next()
        .unwrap()
}

fn codes() -> Value {
    let salt = CodeSalt([0x22; 16]);
    json!({
        "code": code().to_string(), "salt": hex(&salt.0), "hash": hex(&code().hash(&salt)),
        "mpi_id": MPI_ID, "ids_key": hex(secret(9).reveal()),
        "ids_hash_of_code": hex(&Handle::Code(code()).keyed_hash(&secret(9))),
        "ids_hash_of_mpi_id": hex(&Handle::Mpi(MpiId::parse(MPI_ID).unwrap()).keyed_hash(&secret(9))),
    })
}

fn card() -> Value {
    let issuer = key(Purpose::Issuer, 2);
    let claims = Claims {
        token: Token([0xab; 16]),
        issued: ISSUED,
        expires: EXPIRES,
    };
    let payload = SignedCard::issue(&issuer, &claims).unwrap();
    json!({
        "public": hex(&issuer.public().0), "kid": issuer.kid(), "payload": hex(&payload),
        "url": Form::Url(Host::new("v.example.org").unwrap()).write(&payload),
        "compact": Form::Compact.write(&payload),
        "token": claims.token.to_hex(), "issued": ISSUED, "expires": EXPIRES,
    })
}

fn pass() -> Value {
    let issuer = key(Purpose::Issuer, 2);
    let pass = Pass {
        campaign: "POLIO26".into(),
        token: Token([0xcd; 16]),
        issued: ISSUED,
        expires: EXPIRES,
    };
    let p = pass.sign(&issuer).unwrap();
    let s = wallet::seal(&secret(3), &p);
    json!({
        "public": hex(&issuer.public().0), "kid": issuer.kid(), "pass_key": hex(secret(3).reveal()),
        "p": p, "s": s, "campaign": "POLIO26", "token": pass.token.to_hex(),
        "issued": ISSUED, "expires": EXPIRES,
    })
}

fn trust_list() -> Value {
    let root = key(Purpose::Root, 4);
    let mut list = TrustList::new(7, ISSUED, "moh-sn", root.public());
    let entries = [
        (
            key(Purpose::Issuer, 2),
            Scope::Campaign("POLIO26".into()),
            KeyState::Active,
        ),
        (
            key(Purpose::Issuer, 5),
            Scope::Lot("L-0007".into()),
            KeyState::Compromised,
        ),
        (key(Purpose::Publisher, 6), Scope::Organisation, KeyState::Retired),
    ];
    for (key, scope, state) in entries {
        let (kid, purpose, public) = (key.kid(), key.purpose(), key.public().0);
        let (not_before, not_after) = (ISSUED, EXPIRES);
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
    let keys: Vec<Value> = list
        .entries()
        .iter()
        .map(|entry| {
            json!({ "kid": entry.kid, "purpose": entry.purpose, "public": hex(&entry.public),
                             "scope": entry.scope, "state": entry.state })
        })
        .collect();
    json!({
        "root": hex(&root.public().0), "signed": hex(&list.sign(&root).unwrap()),
        "number": 7, "organisation": "moh-sn", "keys": keys,
    })
}

#[test]
fn what_we_make_stays_what_it_was() {
    let made = json!({
        "tokens": tokens(), "codes": codes(), "card": card(), "pass": pass(), "trust_list": trust_list(),
    });
    if std::env::var_os("TERANGA_REGENERATE").is_some() {
        std::fs::write(
            file("ours.json"),
            serde_json::to_string_pretty(&made).unwrap() + "\n",
        )
        .unwrap();
    }
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(file("ours.json")).unwrap()).unwrap();
    assert_eq!(made, kept);
}

fn theirs() -> Value {
    serde_json::from_str(&std::fs::read_to_string(file("theirs.json")).unwrap()).unwrap()
}

fn day(value: &Value) -> Date {
    value.as_str().unwrap().parse().unwrap()
}

#[test]
fn cards_that_another_library_signed_open() {
    let theirs = theirs();
    let cards = theirs["cards"].as_array().unwrap();
    assert!(cards.len() >= 3);
    for card in cards {
        let expected = Claims {
            token: Token(unhex(&card["token"])),
            issued: day(&card["issued"]),
            expires: day(&card["expires"]),
        };
        for form in ["url", "compact"] {
            let CardText::Signed(signed) = text::parse(card[form].as_str().unwrap()).unwrap() else {
                panic!("a signed card");
            };
            assert_eq!(signed.kid(), PublicKey(unhex(&card["public"])).kid());
            assert_eq!(signed.verify(&PublicKey(unhex(&card["public"]))), Ok(expected));
        }
    }
}

#[test]
fn tokens_and_codes_that_another_program_derived_are_ours() {
    let theirs = theirs();
    for token in theirs["tokens"].as_array().unwrap() {
        let id = MpiId::parse(token["mpi_id"].as_str().unwrap()).unwrap();
        let (key, nonce) = (
            Secret::take(&mut unhex(&token["key"])),
            CardNonce(unhex(&token["nonce"])),
        );
        let ours = Token::of_card(&key, &id, token["campaign"].as_str().unwrap(), &nonce);
        assert_eq!(ours.to_hex(), token["token"]);
        assert_eq!(hex(&ours.hash()), token["hash"]);
    }
    for code in theirs["codes"].as_array().unwrap() {
        let ours = CardCode::parse(code["code"].as_str().unwrap()).unwrap();
        assert_eq!(hex(&ours.hash(&CodeSalt(unhex(&code["salt"])))), code["hash"]);
    }
}

#[test]
fn passes_that_another_program_made_open_on_server_and_phone() {
    let theirs = theirs();
    for pass in theirs["passes"].as_array().unwrap() {
        let (p, s) = (pass["p"].as_str().unwrap(), pass["s"].as_str().unwrap());
        let pass_key = Secret::take(&mut unhex(&pass["pass_key"]));
        let opened = wallet::check(p, s, |_| Some(&pass_key)).unwrap();
        assert_eq!(opened.campaign, pass["campaign"].as_str().unwrap());
        assert_eq!(opened.token, Token(unhex(&pass["token"])));
        let signed = SignedPass::parse(p).unwrap();
        assert_eq!(signed.verify(&PublicKey(unhex(&pass["public"]))), Ok(&opened));
        let wrong = s.replace(|character: char| character.is_ascii_digit(), "a");
        assert!(wallet::check(p, &wrong, |_| Some(&pass_key)).is_err());
    }
}

#[test]
fn a_trust_list_that_another_program_signed_opens() {
    let theirs = &theirs()["trust_list"];
    let signed = HEXLOWER
        .decode(theirs["signed"].as_str().unwrap().as_bytes())
        .unwrap();
    let list = TrustList::open(&signed, &PublicKey(unhex(&theirs["root"]))).unwrap();
    assert_eq!(list.number, theirs["number"].as_u64().unwrap());
    let public = PublicKey(unhex(&theirs["public"]));
    assert_eq!(
        list.find(public.kid()).unwrap().scope,
        Scope::Campaign("POLIO26".into())
    );
}

#[test]
fn bad_cards_of_another_program_are_refused() {
    let theirs = theirs();
    let bad = theirs["bad"].as_array().unwrap();
    assert!(bad.len() >= 6);
    for card in bad {
        let payload = HEXUPPER
            .decode(card["payload"].as_str().unwrap().to_uppercase().as_bytes())
            .unwrap();
        let believed = SignedCard::parse(&payload)
            .is_ok_and(|signed| signed.verify(&PublicKey(unhex(&card["public"]))).is_ok());
        assert!(!believed, "{}", card["why"]);
    }
}
