//! The bell that wakes workers.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::worker::asked;
use crate::app::App;
use crate::db::Address;

/// The channel of PostgreSQL on which every enqueued job is told of.
pub(super) const CHANNEL: &str = "teranga_jobs";

/// Between two tries to hear PostgreSQL.
const PAUSE: Duration = Duration::from_secs(2);

/// The process's own bell.
#[derive(Default)]
pub(super) struct Bell(Notify);

impl Bell {
    pub(super) fn of(app: &App) -> Arc<Self> {
        app.room(|_| Self::default())
    }

    pub(super) async fn rung(&self) {
        self.0.notified().await;
    }
}

/// Wakes this process's workers. To be called after the commit of an enqueued job; forgotten, the job waits for a
/// worker's next look.
pub fn ring(app: &App) {
    Bell::of(app).0.notify_one();
}

/// Rings whenever PostgreSQL tells of a job, until `stopping`. On SQLite there is nothing to hear.
pub(super) async fn listen(app: App, mut stopping: watch::Receiver<bool>) {
    let Address::Postgres(url) = app.db.address() else {
        return;
    };
    loop {
        tokio::select! {
            // It ends with an error: the server was stopped, or the connection broke.
            _ = hear(url, &app) => {}
            () = asked(&mut stopping) => return,
        }
        tokio::select! {
            () = tokio::time::sleep(PAUSE) => {}
            () = asked(&mut stopping) => return,
        }
    }
}

async fn hear(url: &str, app: &App) -> Result<(), sqlx::Error> {
    let mut listener = sqlx::postgres::PgListener::connect(url).await?;
    listener.listen(CHANNEL).await?;
    loop {
        listener.recv().await?;
        ring(app);
    }
}
