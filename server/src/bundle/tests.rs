use std::fs;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser as _;
use sha2::{Digest, Sha256};
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::trust::Scope;
use teranga_core::registry::bundle::keys::{VaultKey, public_half};
use teranga_core::registry::bundle::{Opened, people};
use teranga_core::registry::{Handle, Ids as _, Status, Statuses as _};

use super::{command, store};
use crate::keys::keyring::Keyring;
use crate::keys::master::MasterKeySource;
use crate::keys::request::KeyRequest;

#[derive(clap::Parser)]
struct Line {
    #[command(subcommand)]
    args: command::Args,
}

struct Office {
    folder: tempfile::TempDir,
    kid: Kid,
}

impl Office {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (keyring, _) = Keyring::open(folder.path(), &MasterKeySource::embedded()).unwrap();
        let now = "2026-03-01T00:00:00Z".parse().unwrap();
        keyring.ensure_organisation(now).unwrap();
        let request = KeyRequest {
            purpose: Purpose::Issuer,
            scope: Scope::Campaign("POLIO26".into()),
            not_before: "2026-01-01".parse().unwrap(),
            not_after: "2027-01-01".parse().unwrap(),
        };
        let kid = keyring.make(&request, now).unwrap().kid;
        Self { folder, kid }
    }

    fn run(&self, line: &str) -> anyhow::Result<ExitCode> {
        let at = self.folder.path().display().to_string();
        let words = line.replace("DIR", &at);
        let words = ["bundle"]
            .into_iter()
            .chain(words.split(' '))
            .chain(["--data", &at]);
        command::run(Line::try_parse_from(words)?.args)
    }

    fn cards(&self, revoked: &[u8]) {
        let mut csv = "token_hash,kid,issued,expires,revoked,campaign,card_code,mpi_id\n".to_owned();
        for card in 0..50 {
            let hash = data_encoding::HEXLOWER.encode(&token(card));
            let day = if revoked.contains(&card) { "2026-03-02" } else { "" };
            let mpi = if card == 7 { "SN-DKR-26-9XQ7LM2A" } else { "" };
            csv += &format!("{hash},{},2026-02-01,2027-02-01,{day},POLIO26,,{mpi}\n", self.kid);
        }
        self.write("cards.csv", &csv);
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn open(&self) -> Opened {
        let (keyring, _) = Keyring::open(self.folder.path(), &MasterKeySource::embedded()).unwrap();
        let root = keyring
            .signer(Purpose::Root, &Scope::Organisation)
            .unwrap()
            .public();
        Opened::open(&store::folder(&self.folder.path().join("out")).unwrap(), &root).unwrap()
    }

    fn status(&self, card: u8) -> Status {
        self.open()
            .statuses
            .unwrap()
            .status(&token(card), "2026-02-01".parse().unwrap(), self.kid)
    }
}

fn token(card: u8) -> [u8; 32] {
    Sha256::digest([card]).into()
}

fn first_part_over(folder: &Path, bytes: u64) -> std::path::PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    files
        .filter(|file| file.file_name().len() == 64)
        .find(|file| file.metadata().unwrap().len() > bytes)
        .unwrap()
        .path()
}

#[test]
fn a_bundle_is_built_opened_carried_forward_and_checked() {
    let office = Office::new();
    let vault = VaultKey::take(&mut [9; 32]);
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    office.write("vault", &hex(&[9; 32]));
    office.write("other", &hex(&[8; 32]));
    office.write(
        "people.csv",
        "mpi_id,given,family,birth,sex\nSN-DKR-26-9XQ7LM2A,Awa,Diop,1990,female\n",
    );
    office.cards(&[3]);
    let recipient = hex(&public_half(&vault));
    let build =
        format!("build --cards DIR/cards.csv --people DIR/people.csv --out DIR/out --recipient {recipient}");
    office.run(&build).unwrap();
    assert!(matches!(office.status(3), Status::Revoked { .. }));
    assert_eq!(office.status(7), Status::Good);

    office.cards(&[3, 7]);
    office.run("delta DIR/out --cards DIR/cards.csv").unwrap();
    assert!(matches!(office.status(7), Status::Revoked { .. }));
    let opened = office.open();
    let folder = store::folder(&office.folder.path().join("out")).unwrap();
    let statuses = opened.statuses.as_ref().unwrap();
    let numbers = opened.numbers(&folder, &vault).unwrap().unwrap();
    let found = numbers
        .with(statuses)
        .find(&Handle::Mpi("SN-DKR-26-9XQ7LM2A".parse().unwrap()));
    assert!(matches!(found[..], [ref card] if matches!(card.status, Status::Revoked { .. })));
    let (_, known) = people::read(opened.people(&folder, &vault).unwrap().unwrap()).unwrap();
    assert_eq!(
        known.map(|person| person.unwrap().given).collect::<Vec<_>>(),
        ["awa"]
    );

    assert_eq!(
        office.run("verify DIR/out --vault-key DIR/vault").unwrap(),
        ExitCode::SUCCESS
    );
    office.run("inspect DIR/out --json").unwrap();
    let refused = ExitCode::from(1);
    assert_eq!(
        office.run("verify DIR/out --vault-key DIR/other").unwrap(),
        refused
    );
    assert_eq!(office.run("verify DIR/out --at-least 3").unwrap(), refused);
    assert_eq!(
        office
            .run(&format!("verify DIR/out --root {}", hex(&[1; 32])))
            .unwrap(),
        refused
    );
    let part = first_part_over(&office.folder.path().join("out"), 0);
    fs::write(&part, b"something else").unwrap();
    assert_eq!(office.run("verify DIR/out").unwrap(), refused);
}

#[test]
fn a_wrong_line_is_named_and_not_quoted() {
    let office = Office::new();
    office.write(
        "cards.csv",
        "token_hash,kid,issued,expires\nabc,00000000,2026-02-01,2027-02-01\n",
    );
    let error = format!(
        "{:#}",
        office
            .run("build --cards DIR/cards.csv --out DIR/out")
            .unwrap_err()
    );
    assert!(
        error.contains("card 1 after the heading") && error.contains("64 hexadecimal digits"),
        "{error}"
    );
    office.cards(&[]);
    office.write(
        "people.csv",
        "mpi_id,given,birth\nSN-DKR-26-9XQ7LM2A,Awa,someday\n",
    );
    let build = "build --cards DIR/cards.csv --people DIR/people.csv --out DIR/out";
    let error = format!("{:#}", office.run(build).unwrap_err());
    assert!(
        error.contains("person 1 after the heading") && !error.contains("Awa"),
        "{error}"
    );
    assert!(office.run("verify DIR/nowhere").is_err());
}
