//! From keys to a verdict by the command line: what a programme's first hour looks like.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops where a command does not do as it says"
)]

use std::path::Path;
use std::process::{Command, Output};

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
fn looking_makes_no_keys() {
    let empty = Organisation {
        data: tempfile::tempdir().unwrap(),
    };
    assert_eq!(empty.verify("TRG1:ABC", &[]), 2);
    assert_eq!(std::fs::read_dir(empty.data()).unwrap().count(), 0);
}
