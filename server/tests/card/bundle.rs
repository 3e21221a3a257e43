//! A bundle: what a phone carries, with the numbers that can be typed.

use std::path::PathBuf;

use jiff::civil::date;
use teranga_core::card::code::CardCode;
use teranga_core::ids::OsRandom;
use teranga_core::person::MpiId;
use teranga_core::registry::Handle;
use teranga_core::registry::bundle::files::Disk;
use teranga_core::registry::bundle::folder::Folder;
use teranga_core::registry::bundle::keys;
use teranga_core::registry::bundle::manifest::{Kind, Manifest, Recipient};
use teranga_core::registry::bundle::numbers::{Numbered, Numbers};
use teranga_core::registry::bundle::part;
use teranga_core::registry::bundle::seal::Cipher;
use teranga_core::sensitive::Secret;

use super::lists::{listed, status_list};
use super::organisation::{MPI_ID, Organisation};

/// A bundle of two cards, the first revoked, for the device of a vault key. The second has the number `MPI_ID`.
fn build(organisation: &Organisation, cards: &[serde_json::Value; 2], vault: &Secret<32>) -> PathBuf {
    let issuer = organisation.issuer().parse().unwrap();
    let (trust, trust_signed) = organisation
        .keyring()
        .publish_trust_list("", date(2026, 6, 1))
        .unwrap();
    let status = status_list(issuer, &cards.each_ref().map(listed))
        .sign(&organisation.publisher())
        .unwrap();
    let numbered = cards.each_ref().map(|card| Numbered {
        key: listed(card),
        kid: issuer,
        campaign: Some("POLIO26".into()),
        issued: date(2026, 3, 1),
        expires: date(2027, 3, 1),
        handles: vec![Handle::Code(
            CardCode::parse(card["card_code"].as_str().unwrap()).unwrap(),
        )],
    });
    let [first, mut second] = numbered;
    second.handles.push(Handle::Mpi(MpiId::parse(MPI_ID).unwrap()));
    let numbers = Numbers::of(Secret::take(&mut [5; 32]), &[first, second])
        .unwrap()
        .to_bytes();
    let key = Secret::generate(&mut OsRandom).unwrap();
    let mut sealed = Vec::new();
    let ids = part::seal(
        &numbers[..],
        &mut sealed,
        Cipher::ChaCha20Poly1305,
        &key,
        (Kind::Ids, 1),
    )
    .unwrap();
    let parts = [
        (part::store(Kind::Trust, 1, &trust_signed), trust_signed),
        (part::store(Kind::Status, 1, &status), status),
        (ids, sealed),
    ];
    let sealed_key = keys::seal(&keys::public_half(vault), &ids, &key, &mut OsRandom).unwrap();
    let manifest = Manifest {
        number: 1,
        built: "2026-06-01T03:00:00Z".parse().unwrap(),
        parts: parts.iter().map(|(part, _)| *part).collect(),
        recipients: vec![Recipient {
            vault: keys::public_half(vault),
            keys: vec![(2, sealed_key)],
        }],
    };
    let path = organisation.data().join("bundle");
    let mut folder = Folder::new(Disk::open(&path).unwrap());
    for (part, bytes) in &parts {
        folder.write(part, 0, bytes).unwrap();
        folder.keep(part).unwrap();
    }
    folder
        .switch(&trust, &manifest.sign(&organisation.publisher()).unwrap(), 0)
        .unwrap();
    path
}

#[test]
fn a_bundle_answers_for_scanned_and_typed_cards() {
    let organisation = Organisation::new();
    let cards = [organisation.card(&[]), organisation.card(&[])];
    let vault = Secret::take(&mut [7; 32]);
    let folder = build(&organisation, &cards, &vault);
    let bundle = ["--bundle", folder.to_str().unwrap()];
    let said = |card: &serde_json::Value, field: &str| card[field].as_str().unwrap().to_owned();
    assert_eq!(organisation.verify(&said(&cards[0], "text"), &bundle), 14);
    assert_eq!(organisation.verify(&said(&cards[1], "text"), &bundle), 0);
    assert_eq!(
        organisation.verify(&said(&cards[1], "card_code"), &bundle),
        11,
        "numbers need the vault key"
    );

    let key = organisation.keep(
        "vault.key",
        data_encoding::HEXLOWER.encode(vault.reveal()).as_bytes(),
    );
    let unlocked = [&bundle[..], &["--vault-key", &key]].concat();
    assert_eq!(organisation.verify(&said(&cards[0], "card_code"), &unlocked), 14);
    assert_eq!(
        organisation.verify(&said(&cards[1], "card_code").to_lowercase(), &unlocked),
        0
    );
    assert_eq!(organisation.verify(MPI_ID, &unlocked), 0);
    assert_eq!(organisation.verify("SN-DKR-26-00000000", &unlocked), 11);

    let other = organisation.keep("other.key", "00".repeat(32).as_bytes());
    let locked = [&bundle[..], &["--vault-key", &other]].concat();
    assert_eq!(
        organisation.verify(MPI_ID, &locked),
        2,
        "another device's key opens nothing"
    );
}

#[test]
fn a_bundle_of_another_organisation_is_refused() {
    let (organisation, stranger) = (Organisation::new(), Organisation::new());
    let cards = [organisation.card(&[]), organisation.card(&[])];
    let folder = build(&organisation, &cards, &Secret::take(&mut [7; 32]));
    let text = cards[1]["text"].as_str().unwrap();
    assert_eq!(stranger.verify(text, &["--bundle", folder.to_str().unwrap()]), 2);
    assert_eq!(organisation.verify(text, &["--bundle", "no/such/folder"]), 2);
}

#[test]
fn a_clock_before_the_bundle_was_built_is_said() {
    let organisation = Organisation::new();
    let cards = [organisation.card(&[]), organisation.card(&[])];
    let folder = build(&organisation, &cards, &Secret::take(&mut [7; 32]));
    let text = cards[1]["text"].as_str().unwrap();
    let bundle = folder.to_str().unwrap();
    let said = |at: &str| -> serde_json::Value {
        let output = organisation.run(&["verify", text, "--bundle", bundle, "--json", "--at", at]);
        serde_json::from_slice(&output.stdout).unwrap()
    };
    assert_eq!(said("2026-06-01T02:30:00Z")["status_data"]["clock_behind"], true);
    assert_eq!(said("2026-06-01T03:00:00Z")["status_data"]["clock_behind"], false);
}
