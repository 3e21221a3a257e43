//! An organisation with keys of its own, spoken to by the command line.

use std::path::Path;
use std::process::{Command, Output};

use teranga_core::card::key::Purpose;
use teranga_core::card::signing::SigningKey;
use teranga_core::card::trust::Scope;
use teranga_server::keys::Keyring;
use teranga_server::keys::master::MasterKeySource;

/// A holder.
pub const MPI_ID: &str = "SN-DKR-26-9XQ7LM2A";

pub struct Organisation {
    pub data: tempfile::TempDir,
}

impl Organisation {
    pub fn new() -> Self {
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

    pub fn run(&self, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_teranga"))
            .args(args)
            .env_remove("TERANGA_MASTER_KEY")
            .env_remove("TERANGA_MASTER_KEY_FILE")
            .env("TERANGA_DATA", self.data.path())
            .output()
            .unwrap()
    }

    pub fn succeed(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(
            output.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn card(&self, more: &[&str]) -> serde_json::Value {
        let dates = ["--json", "--issued", "2026-03-01", "--expires", "2027-03-01"];
        let person = ["card", "make", "--campaign", "POLIO26", "--mpi-id", MPI_ID];
        serde_json::from_str(&self.succeed(&[&person[..], &dates, more].concat())).unwrap()
    }

    pub fn text(&self, more: &[&str]) -> String {
        self.card(more)["text"].as_str().unwrap().to_owned()
    }

    pub fn verify(&self, text: &str, more: &[&str]) -> i32 {
        let args = [&["verify", text, "--at", "2026-06-15T08:00:00Z"][..], more].concat();
        self.run(&args).status.code().unwrap()
    }

    pub fn issuer(&self) -> String {
        let keys: serde_json::Value =
            serde_json::from_str(&self.succeed(&["keys", "list", "--json"])).unwrap();
        let active = |key: &&serde_json::Value| key["purpose"] == "issuer" && key["state"] == "active";
        keys.as_array().unwrap().iter().find(active).unwrap()["kid"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub fn keyring(&self) -> Keyring {
        Keyring::open(self.data(), &MasterKeySource::embedded())
            .unwrap()
            .0
    }

    pub fn publisher(&self) -> SigningKey {
        self.keyring()
            .signer(Purpose::Publisher, &Scope::Organisation)
            .unwrap()
    }

    pub fn keep(&self, name: &str, content: &[u8]) -> String {
        let path = self.data().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub fn data(&self) -> &Path {
        self.data.path()
    }
}
