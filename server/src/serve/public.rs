//! The public's desk as the server opens it and keeps it current.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;

use super::share;
use crate::app::App;
use crate::config::{Listening, Place};
use crate::keys::store::DatabaseStore;
use crate::verify::Desk;

/// A desk that nobody keeps current yet.
pub(super) struct Open {
    desk: Arc<Desk>,
    keys: DatabaseStore,
    data: PathBuf,
}

impl Open {
    /// Makes the folder's keys known to the database, and opens a desk over it.
    pub(super) fn new(place: &Place, listening: &Listening, app: &App) -> anyhow::Result<Self> {
        let master = place.master.load(&place.data)?.key;
        let keys = DatabaseStore::new(app.db.clone(), master);
        share::share(&place.data, &app.keys, &keys)?;
        let desk = Desk::new(keys.clone(), app.clock.clone(), listening.verification.clone())?;
        Ok(Self {
            desk: Arc::new(desk),
            keys,
            data: place.data.clone(),
        })
    }

    /// Keeps keys and desk current until `stopping` says so.
    pub(super) fn start(self, app: &App, stopping: &watch::Receiver<bool>) -> Arc<Desk> {
        let following = share::follow(self.data, app.clone(), self.keys, stopping.clone());
        tokio::spawn(following);
        tokio::spawn(Arc::clone(&self.desk).follow(stopping.clone()));
        self.desk
    }
}
