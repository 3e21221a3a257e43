//! Test vectors of the bundle's manifest, sealed keys and sealed parts, for readers in other languages, and theirs for us.
//!
//! `tests/fixtures/registry/ours.json` is what this program made. Sealing draws a fresh key each time, so the test opens
//! what is kept rather than making it again; after a wanted change write it anew with
//! `TERANGA_REGENERATE=1 cargo test -p teranga-tests --test registry_vectors`. `theirs.json` was made by
//! `tests/peers/check_bundle.py --make` with other code, and everything in it must open.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where a vector is not as it should be"
)]

use std::path::PathBuf;

use data_encoding::HEXLOWER;
use jiff::civil::date;
use serde_json::{Value, json};
use teranga_core::card::key::Purpose;
use teranga_core::card::signing::SigningKey;
use teranga_core::card::trust::{KeyState, Scope, TrustEntry, TrustList};
use teranga_core::ids::OsRandom;
use teranga_core::registry::bundle::keys::{self, SealedKey};
use teranga_core::registry::bundle::manifest::{Kind, Manifest, Part, Recipient};
use teranga_core::registry::bundle::part;
use teranga_core::registry::bundle::seal::Cipher;
use teranga_core::sensitive::Secret;

const CONTENTS: &[u8] = b"what only an enrolled device may read";

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/registry")
        .join(name)
}

fn secret(byte: u8) -> Secret<32> {
    Secret::take(&mut [byte; 32])
}

fn publisher() -> SigningKey {
    SigningKey::from_seed(Purpose::Publisher, &secret(2))
}

fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

fn unhex(value: &Value) -> Vec<u8> {
    HEXLOWER.decode(value.as_str().unwrap().as_bytes()).unwrap()
}

fn trust() -> TrustList {
    let root = SigningKey::from_seed(Purpose::Root, &secret(1));
    let mut trust = TrustList::new(1, date(2026, 3, 1), "Vectors", root.public());
    let entry = TrustEntry {
        kid: publisher().kid(),
        purpose: Purpose::Publisher,
        public: publisher().public().0,
        scope: Scope::Organisation,
        not_before: date(2026, 1, 1),
        not_after: date(2099, 1, 1),
        state: KeyState::Active,
    };
    trust.add(entry).unwrap();
    trust
}

fn make() -> Value {
    let (vault, part_key) = (secret(9), secret(5));
    let public = keys::public_half(&vault);
    let mut parts = vec![part::store(Kind::Trust, 1, b"a trust list")];
    let mut sealed_parts = Vec::new();
    for (kind, cipher) in [
        (Kind::People, Cipher::Aes256Gcm),
        (Kind::Ids, Cipher::ChaCha20Poly1305),
    ] {
        let mut bytes = Vec::new();
        parts.push(part::seal(CONTENTS, &mut bytes, cipher, &part_key, (kind, 7)).unwrap());
        sealed_parts.push(hex(&bytes));
    }
    let seal = |place: usize| {
        (
            place,
            keys::seal(&public, &parts[place], &part_key, &mut OsRandom).unwrap(),
        )
    };
    let recipients = vec![Recipient {
        vault: public,
        keys: vec![seal(1), seal(2)],
    }];
    let built = "2026-03-01T02:00:00Z".parse().unwrap();
    let manifest = Manifest {
        number: 3,
        built,
        parts,
        recipients,
    };
    json!({
        "publisher_seed": hex(&[2; 32]),
        "publisher_public": hex(&publisher().public().0),
        "vault_private": hex(&[9; 32]),
        "part_key": hex(&[5; 32]),
        "contents": hex(CONTENTS),
        "sealed_parts": sealed_parts,
        "manifest": hex(&manifest.sign(&publisher()).unwrap()),
    })
}

#[test]
fn our_manifest_and_sealed_parts_open() {
    if std::env::var_os("TERANGA_REGENERATE").is_some() {
        std::fs::write(file("ours.json"), format!("{:#}\n", make())).unwrap();
    }
    let ours: Value = serde_json::from_slice(&std::fs::read(file("ours.json")).unwrap()).unwrap();
    let signed = unhex(&ours["manifest"]);
    let manifest = Manifest::open(&trust(), &signed).unwrap();
    assert_eq!(
        manifest.sign(&publisher()).unwrap(),
        signed,
        "the same manifest gives the same bytes"
    );
    for (place, sealed) in &manifest.recipients[0].keys {
        let part = &manifest.parts[*place];
        let key = keys::open(&secret(9), part, sealed).unwrap();
        let bytes = unhex(&ours["sealed_parts"][place - 1]);
        assert_eq!(part::open_whole(&bytes[..], part, &key, 1_000).unwrap(), CONTENTS);
    }
}

#[test]
fn their_manifest_opens_and_their_sealed_key_is_the_one_they_sealed() {
    let theirs: Value = serde_json::from_slice(&std::fs::read(file("theirs.json")).unwrap()).unwrap();
    let manifest = Manifest::open(&trust(), &unhex(&theirs["manifest"])).unwrap();
    assert_eq!((manifest.number, manifest.parts.len()), (4, 2));
    let part: &Part = &manifest.parts[1];
    let (place, sealed): &(usize, SealedKey) = &manifest.recipients[0].keys[0];
    assert_eq!((*place, part.kind), (1, Kind::People));
    let key = keys::open(&secret(9), part, sealed).unwrap();
    assert_eq!(hex(key.reveal()), theirs["part_key"].as_str().unwrap());
}
