//! A server's state for tests: a fresh database, keys in memory, and no limits.

use teranga_core::card::key::Purpose;
use teranga_core::card::trust::Scope;
use teranga_core::clock;
use teranga_core::ids::OsRandom;
use teranga_core::sensitive::Secret;

use super::{App, Clock, Heavy, Parts, Rates, Rooms};
use crate::config::Limits;
use crate::db::Db;
use crate::db::testing::{self, Kind, TestDb};
use crate::files::Files;
use crate::keys::store::MemoryStore;
use crate::keys::{Keyring, Vault};

/// Limits that no test meets by chance; 0 is none.
pub fn limits() -> Limits {
    Limits {
        body_limit: 1_048_576,
        header_seconds: 10,
        request_seconds: 30,
        stop_seconds: 1,
        connections: 100,
        public_rate: 0,
        session_rate: 0,
        sign_in_rate: 0,
        account_rate: 0,
    }
}

/// The folder of a test's trust list, gone with its state.
struct Folder(#[expect(dead_code, reason = "it is held, not read")] tempfile::TempDir);

/// Files of a test, in memory.
fn files() -> Files {
    Files::of(std::sync::Arc::new(object_store::memory::InMemory::new()))
}

/// A state over a fresh database.
pub async fn app(kind: Kind) -> (App, TestDb) {
    app_with(kind, limits(), Clock::system()).await
}

/// The same, with limits and a clock of the test's own.
pub async fn app_with(kind: Kind, limits: Limits, clock: Clock) -> (App, TestDb) {
    app_with_files(kind, limits, clock, files()).await
}

/// The same, with files of the test's own.
pub async fn app_with_files(kind: Kind, limits: Limits, clock: Clock, files: Files) -> (App, TestDb) {
    let test = testing::fresh(kind).await;
    (over_files(test.db.clone(), limits, clock, files), test)
}

/// A state over a database of the caller's.
pub fn over(db: Db, limits: Limits, clock: Clock) -> App {
    over_files(db, limits, clock, files())
}

#[expect(clippy::expect_used, reason = "a test stops where it cannot have its keys")]
fn over_files(db: Db, limits: Limits, clock: Clock, files: Files) -> App {
    let folder = tempfile::tempdir().expect("a folder for the trust list");
    let keys = Keyring::new(Box::new(MemoryStore::default()), folder.path());
    keys.ensure_organisation(clock::now()).expect("keys in memory");
    let session = keys
        .signer(Purpose::Session, &Scope::Organisation)
        .expect("a session key");
    let app = App::new(Parts {
        db,
        keys,
        session,
        vault: Vault::new(Secret::generate(&mut OsRandom).expect("randomness")),
        heavy: Heavy::default(),
        files,
        card_host: Some("v.example.org".into()),
        clock,
        rates: Rates::new(&limits),
        rooms: Rooms::default(),
        limits,
        proxies: vec![],
        origins: vec!["https://health.example".into()],
    });
    app.room(|_| Folder(folder));
    app
}
