//! What `teranga keys` changes in the data folder reaches the database, and with it every server, while this one runs.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use teranga_core::card::key::Purpose;
use teranga_core::card::trust::{Scope, TrustList};
use tokio::sync::watch;

use crate::app::App;
use crate::keys::Keyring;
use crate::keys::store::{self, DatabaseStore};

/// Between two looks at the folder.
const PAUSE: Duration = Duration::from_secs(1);

/// Makes the folder's keys and its newest trust list known to the database.
pub(super) fn share(data: &Path, keys: &Keyring, shared: &DatabaseStore) -> anyhow::Result<()> {
    let done = store::share(keys.store(), shared)?;
    if done != store::Shared::default() {
        tracing::info!(
            added = done.added,
            changed = done.changed,
            "keys of the data folder are known to the database"
        );
    }
    let Ok(signed) = std::fs::read(data.join("keys/trust-list.cbor")) else {
        // No list was signed yet.
        return Ok(());
    };
    let root = keys.signer(Purpose::Root, &Scope::Organisation)?.public();
    shared.keep_trust_list(&TrustList::open(&signed, &root)?, signed)?;
    Ok(())
}

/// Shares anew whenever the folder changes, until `stopping` says so.
pub(super) async fn follow(
    data: PathBuf,
    app: App,
    shared: DatabaseStore,
    mut stopping: watch::Receiver<bool>,
) {
    let mut seen = changed(&data);
    loop {
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
        let now = changed(&data);
        if now == seen {
            continue;
        }
        let (data, app, shared) = (data.clone(), app.clone(), shared.clone());
        let done = tokio::task::spawn_blocking(move || share(&data, &app.keys, &shared)).await;
        match done {
            Ok(Ok(())) => seen = now,
            // Tried again with the next look: a command may be half way through.
            Ok(Err(error)) => tracing::warn!("the data folder's keys could not be shared: {error:#}"),
            Err(_) => return,
        }
    }
}

/// When a file of the folder was last written: each is written beside and renamed.
fn changed(data: &Path) -> Option<SystemTime> {
    let about = std::fs::metadata(data.join("keys"));
    about.and_then(|about| about.modified()).ok()
}
