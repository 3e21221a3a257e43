//! Cards without lists: made, shown, verified, rotated, compromised.

use jiff::civil::date;
use teranga_core::card::key::Purpose;
use teranga_core::card::text::Host;
use teranga_core::card::token::Token;
use teranga_core::card::trust::Scope;
use teranga_core::wallet::{self, Pass, PassLink};

use super::organisation::{MPI_ID, Organisation};

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

#[test]
fn a_wallet_pass_is_verified_by_its_link() {
    let organisation = Organisation::new();
    let campaign = Scope::Campaign("POLIO26".into());
    let (issued, expires) = (date(2026, 3, 1), date(2027, 3, 1));
    let pass = Pass {
        campaign: "POLIO26".into(),
        token: Token([1; 16]),
        issued,
        expires,
    };
    let keyring = organisation.keyring();
    let p = pass.sign(&keyring.issuer(&campaign, issued).unwrap()).unwrap();
    let pass_key = keyring.secret(Purpose::Pass, &campaign).unwrap();
    let s = wallet::seal(&pass_key, &p);
    assert_eq!(wallet::check(&p, &s, |_| Some(&pass_key)), Ok(pass));
    let link = PassLink { p: &p, s: &s }.write(&Host::new("v.example.org").unwrap());
    assert_eq!(organisation.verify(&link, &["--campaign", "POLIO26"]), 0);
    assert_eq!(organisation.verify(&link, &["--campaign", "MALARIA"]), 16);
    assert_eq!(organisation.verify(&link.replace("?p=", "?p=A"), &[]), 10);
    let shown = organisation.succeed(&["card", "show", &link]);
    assert!(shown.contains("wallet pass") && !shown.contains(&pass_token()));
}

fn pass_token() -> String {
    Token([1; 16]).to_hex()
}
