//! Whoever does the slow work: the server's own process, and `teranga worker` on any number of machines.

use std::sync::Arc;

use tokio::sync::watch;

use crate::app::App;
use crate::config::Working;
use crate::dhis2;
use crate::queue::{Kinds, Settings, Workers};
use crate::{campaign, lot, publish};

/// Every kind of job that there is. A domain adds its kinds here, on a line of its own.
pub fn kinds() -> Kinds {
    let kinds = publish::register(Kinds::new());
    let kinds = campaign::register(kinds);
    let kinds = lot::register(kinds);
    dhis2::register(kinds)
}

/// Works until it is asked to stop.
pub async fn run(app: App, working: Working, stopping: watch::Receiver<bool>) {
    if working.places() == 0 {
        return;
    }
    let settings = Settings {
        places: working.places(),
        lease: working.lease(),
    };
    Workers::new(app, Arc::new(kinds()), settings, stopping)
        .run()
        .await;
}
