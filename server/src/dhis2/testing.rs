//! Recorded servers for tests.

use serde_json::Value;

use super::client::{Base, Client, Credentials, Limits, Policy};
use super::replay::{Replay, World};

/// The versions that were recorded.
pub(crate) const VERSIONS: [&str; 3] = ["2.40.1", "2.41.5.1", "2.42.4.1"];

/// A packed recording.
pub(crate) fn packed(version: &str) -> Value {
    let file = format!(
        "{}/../tests/fixtures/dhis2/{version}.json.zst",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = zstd::decode_all(std::fs::File::open(file).unwrap()).unwrap();
    serde_json::from_slice(&text).unwrap()
}

/// A recorded server in one of its rounds, from 0.
pub(crate) fn world(version: &str, round: usize) -> World {
    World::recorded(&packed(version), round).unwrap()
}

/// Limits with which no test waits.
pub(crate) fn limits() -> Limits {
    Limits {
        wait: std::time::Duration::ZERO,
        pause: std::time::Duration::ZERO,
        ..Limits::default()
    }
}

/// A client of a replayed server.
pub(crate) fn client(replay: &Replay, limits: Limits) -> Client {
    let base = Base::parse(&replay.url(), Policy::OwnNetwork).unwrap();
    Client::new(base, sync(), limits).unwrap()
}

/// The account of the recordings that may read.
pub(crate) fn sync() -> Credentials {
    Credentials::Basic {
        username: "sync".into(),
        password: "Sync-0nly-Read".to_owned().into(),
    }
}

/// A client of HTTP that stays where it is sent.
pub(crate) fn http() -> reqwest::Client {
    // Whoever comes second finds a provider there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let stays = reqwest::redirect::Policy::none();
    reqwest::Client::builder().redirect(stays).build().unwrap()
}
