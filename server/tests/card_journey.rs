//! From keys to a verdict by the command line: what a programme's first hour looks like.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where a command does not do as it says"
)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

use jiff::civil::date;
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::signing::SigningKey;
use teranga_core::card::trust::Scope;
use teranga_core::registry::delta::{Base, Delta, Prefixes};
use teranga_core::registry::filter::{Build, Key};
use teranga_core::registry::list::StatusList;
use teranga_core::registry::signed;
use teranga_server::keys::Keyring;
use teranga_server::keys::master::MasterKeySource;

const MPI_ID: &str = "SN-DKR-26-9XQ7LM2A";

struct Organisation {
    data: tempfile::TempDir,
}

impl Organisation {
    fn new() -> Self {
        let organisation = Self {
            data: tempfile::tempdir().unwrap(),
        };
        organisation.succeed(&[
            "keys",
            "make",
            "issuer",
            "--campaign",
            "POLIO26",
            "--from",
            "2026-01-01",
        ]);
        organisation
    }

    fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_teranga"))
            .args(args)
            .env_remove("TERANGA_MASTER_KEY")
            .env_remove("TERANGA_MASTER_KEY_FILE")
            .env("TERANGA_DATA", self.data.path())
            .output()
            .unwrap()
    }

    fn succeed(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(
            output.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    fn card(&self, more: &[&str]) -> serde_json::Value {
        let dates = ["--json", "--issued", "2026-03-01", "--expires", "2027-03-01"];
        let person = ["card", "make", "--campaign", "POLIO26", "--mpi-id", MPI_ID];
        serde_json::from_str(&self.succeed(&[&person[..], &dates, more].concat())).unwrap()
    }

    fn text(&self, more: &[&str]) -> String {
        self.card(more)["text"].as_str().unwrap().to_owned()
    }

    fn verify(&self, text: &str, more: &[&str]) -> i32 {
        let args = [&["verify", text, "--at", "2026-06-15T08:00:00Z"][..], more].concat();
        self.run(&args).status.code().unwrap()
    }

    fn issuer(&self) -> String {
        let keys: serde_json::Value =
            serde_json::from_str(&self.succeed(&["keys", "list", "--json"])).unwrap();
        let active = |key: &&serde_json::Value| key["purpose"] == "issuer" && key["state"] == "active";
        keys.as_array().unwrap().iter().find(active).unwrap()["kid"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    fn publisher(&self) -> SigningKey {
        let (keyring, _) = Keyring::open(self.data(), &MasterKeySource::embedded()).unwrap();
        keyring.signer(Purpose::Publisher, &Scope::Organisation).unwrap()
    }

    fn keep(&self, name: &str, content: &[u8]) -> String {
        let path = self.data().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn data(&self) -> &Path {
        self.data.path()
    }
}

#[test]
fn a_card_made_here_is_valid_here_in_both_forms() {
    let organisation = Organisation::new();
    for form in ["url", "compact"] {
        let text = organisation.text(&["--form", form]);
        assert_eq!(organisation.verify(&text, &["--campaign", "POLIO26"]), 0);
        assert_eq!(organisation.verify(&text, &["--campaign", "MALARIA"]), 16);
        assert_eq!(organisation.verify(&text[..text.len() - 4], &[]), 10, "cut short");
    }
    assert_eq!(organisation.verify("https://example.org", &[]), 10);
    assert_eq!(organisation.verify("SN-DKR-26-9XQ7LM2", &[]), 18);
    assert_eq!(
        organisation.verify(MPI_ID, &[]),
        11,
        "without a list a number is not known"
    );
}

#[test]
fn no_output_names_the_holder_or_a_secret() {
    let organisation = Organisation::new();
    let text = organisation.text(&[]);
    let shown = organisation.succeed(&["card", "show", &text]);
    let verdict = organisation.run(&["verify", &text, "--json"]).stdout;
    let master = std::fs::read_to_string(organisation.data().join("master.key")).unwrap();
    for output in [
        shown,
        String::from_utf8(verdict).unwrap(),
        organisation.succeed(&["keys", "list", "--json"]),
    ] {
        assert!(!output.contains(MPI_ID) && !output.contains(master.trim()));
    }
}

#[test]
fn rotation_keeps_printed_cards_valid_and_compromise_sends_them_online() {
    let organisation = Organisation::new();
    let printed = organisation.text(&[]);
    let first = organisation.issuer();
    organisation.succeed(&["keys", "rotate", &first]);
    assert_ne!(organisation.issuer(), first);
    assert_eq!(organisation.verify(&printed, &[]), 0);
    organisation.succeed(&["keys", "compromise", &first]);
    assert_eq!(organisation.verify(&printed, &[]), 13);
    assert_eq!(
        organisation.run(&["keys", "retire", &first]).status.code(),
        Some(2),
        "it cannot be taken back"
    );
}

#[test]
fn another_organisation_knows_the_card_by_the_published_list_alone() {
    let (organisation, stranger) = (Organisation::new(), Organisation::new());
    let text = organisation.text(&[]);
    assert_eq!(stranger.verify(&text, &[]), 11, "unknown, not forged");
    let list = organisation.data().join("published.cbor");
    let list = list.to_str().unwrap();
    let json = organisation.succeed(&["keys", "trust", "--out", list, "--json"]);
    let root = serde_json::from_str::<serde_json::Value>(&json).unwrap()["root"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(stranger.verify(&text, &["--trust", list, "--root", &root]), 0);
    assert_eq!(
        stranger.verify(&text, &["--trust", list]),
        2,
        "a list of another root is refused"
    );
}

#[test]
fn dates_and_blank_cards_have_their_verdicts() {
    let organisation = Organisation::new();
    let text = organisation.text(&[]);
    let at = |time: &str| organisation.run(&["verify", &text, "--at", time]).status.code();
    assert_eq!(at("2027-02-28T23:00:00Z"), Some(0));
    assert_eq!(at("2027-03-01T00:00:00Z"), Some(15));
    organisation.succeed(&[
        "keys",
        "make",
        "issuer",
        "--lot",
        "L-0007",
        "--from",
        "2026-01-01",
    ]);
    let blank = [
        "card",
        "make",
        "--lot",
        "L-0007",
        "--serial",
        "000001",
        "--json",
        "--issued",
        "2026-03-01",
    ];
    let blank: serde_json::Value = serde_json::from_str(&organisation.succeed(&blank)).unwrap();
    assert_eq!(organisation.verify(blank["text"].as_str().unwrap(), &[]), 17);
    assert!(blank["nonce"].is_null());
}

#[test]
fn the_code_is_drawn_as_png_and_svg_and_nothing_else() {
    let organisation = Organisation::new();
    let file = |name: &str| organisation.data().join(name).to_str().unwrap().to_owned();
    for (name, beginning) in [("card.png", &b"\x89PNG"[..]), ("card.svg", b"<svg")] {
        organisation.card(&["--out", &file(name)]);
        assert!(std::fs::read(file(name)).unwrap().starts_with(beginning));
    }
    let make = [
        "card",
        "make",
        "--campaign",
        "POLIO26",
        "--mpi-id",
        MPI_ID,
        "--out",
    ];
    let output = organisation.run(&[&make[..], &[&file("card.gif")]].concat());
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_link_has_49_modules_and_the_compact_form_45() {
    let organisation = Organisation::new();
    let out = organisation.data().join("card.png").to_str().unwrap().to_owned();
    let host = "a-very-long-host.example.org:443";
    assert_eq!(host.len(), 32, "the longest that is allowed");
    for (form, modules) in [("url", 49), ("compact", 45)] {
        // 0.5 mm at 300 dpi are 6 pixels.
        organisation.card(&["--form", form, "--host", host, "--out", &out]);
        let png = std::fs::read(&out).unwrap();
        let width = u32::from_be_bytes(png[16..20].try_into().unwrap());
        assert_eq!(width, (modules + 2 * 4) * 6, "{form}");
    }
}

#[test]
fn looking_makes_no_keys() {
    let empty = Organisation {
        data: tempfile::tempdir().unwrap(),
    };
    assert_eq!(empty.verify("TRG1:ABC", &[]), 2);
    assert_eq!(std::fs::read_dir(empty.data()).unwrap().count(), 0);
}

/// The key under which lists hold a card.
fn listed(card: &serde_json::Value) -> Key {
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
fn status_list(kid: Kid, cards: &[Key]) -> StatusList {
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
    let swapped = signed::sign(
        &organisation.publisher(),
        teranga_core::card::key::Context::Receipt,
        b"",
    );
    let file = organisation.keep("status.cbor", &swapped.unwrap());
    assert_eq!(
        organisation.verify(card["text"].as_str().unwrap(), &["--status", &file]),
        2
    );
}

fn trust(organisation: &Organisation) -> teranga_core::card::trust::TrustList {
    let (keyring, _) = Keyring::open(organisation.data(), &MasterKeySource::embedded()).unwrap();
    keyring
        .publish_trust_list("organisation", date(2026, 6, 1))
        .unwrap()
        .0
}
