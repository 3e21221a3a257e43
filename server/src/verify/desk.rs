//! The desk where the public asks: everything that a verdict needs, kept current while the server runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use teranga_core::card::token::TokenHash;
use tokio::sync::watch;

use super::answer::Face;
use super::faces::Faces;
use super::judge::Decoy;
use super::pace::Pace;
use super::scans::{self, Scans};
use super::trust::{Trust, Trusted};
use super::work::Work;
use crate::app::Clock;
use crate::card::Standing;
use crate::card::live::{self, LiveCards};
use crate::config::Verification;
use crate::db::{Db, DbError};
use crate::keys::store::{DatabaseStore, StoreError};

/// Between two readings of the campaigns' names.
const NAMES: Duration = Duration::from_secs(10);

/// Everything that a verdict needs.
pub struct Desk {
    db: Db,
    cards: LiveCards,
    trust: Trust,
    trust_is_current: AtomicBool,
    pub(super) faces: Faces,
    pub(super) decoy: Decoy,
    pub(super) work: Work,
    /// How often one card may be looked at.
    pub pace: Pace,
    /// How often cards are looked at.
    pub scans: Scans,
    /// The time.
    pub clock: Clock,
    /// Settings.
    pub settings: Verification,
}

impl Desk {
    /// A desk over a database and its keys. Until [`Desk::follow`] runs, each look goes to the database.
    pub fn new(keys: DatabaseStore, clock: Clock, settings: Verification) -> anyhow::Result<Self> {
        Ok(Self {
            db: keys.db().clone(),
            cards: LiveCards::new(settings.index_cards),
            trust: Trust::new(keys),
            trust_is_current: AtomicBool::new(false),
            faces: Faces::default(),
            decoy: Decoy::make()?,
            work: Work::default(),
            pace: Pace::per_minute(settings.card_rate),
            scans: Scans::default(),
            clock,
            settings,
        })
    }

    /// Keeps cards, keys and names current and writes the counts, until `stopping` says so.
    pub async fn follow(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let stop = async {
            let _ = stopping.wait_for(|stop| *stop).await;
        };
        tokio::select! {
            () = stop => {}
            () = self.cards_and_keys() => {}
            () = self.names() => {}
            () = self.counts() => {}
        }
        // What nobody follows is not believed.
        self.cards.stop_believing();
        self.trust_is_current.store(false, Ordering::Release);
    }

    async fn cards_and_keys(&self) {
        tokio::join!(self.cards.follow(&self.db), self.keys());
        // The table may be given up; the rest goes on.
        std::future::pending::<()>().await;
    }

    /// The same bound on age as the cards' table.
    async fn keys(&self) {
        loop {
            let read = tokio::time::timeout(live::PATIENCE, self.trust.refresh()).await;
            self.trust_is_current
                .store(matches!(read, Ok(Ok(()))), Ordering::Release);
            tokio::time::sleep(live::PAUSE).await;
        }
    }

    async fn names(&self) {
        loop {
            // Names that are some seconds older are no harm.
            let _ = self.faces.load(&self.db).await;
            tokio::time::sleep(NAMES).await;
        }
    }

    async fn counts(&self) {
        loop {
            tokio::time::sleep(scans::PAUSE).await;
            self.write_counts().await;
        }
    }

    /// Writes the counts; to be called once more when the last request has been answered.
    pub async fn write_counts(&self) {
        if let Err(error) = self.scans.flush(&self.db).await {
            tracing::warn!(%error, "scans could not be counted in the database; they are kept for the next time");
        }
    }

    /// What became of a card.
    pub(super) async fn standing(&self, token_hash: &TokenHash) -> Result<Option<Standing>, DbError> {
        self.work.look_up();
        self.cards.standing(&self.db, token_hash).await
    }

    /// The keys.
    pub(super) async fn trusted(&self) -> Result<Arc<Trusted>, DbError> {
        if !self.trust_is_current.load(Ordering::Acquire) {
            self.trust.refresh().await.map_err(database)?;
        }
        Ok(self.trust.now())
    }

    /// The number of the newest trust list; 0 when none was signed yet.
    pub(super) async fn trust_list_number(&self, trusted: &Trusted) -> Result<i64, DbError> {
        match trusted.root() {
            Some(root) => self.trust.store().trust_list_number(&root).await,
            None => Ok(0),
        }
    }

    /// The face of a campaign.
    pub(super) async fn face(&self, row: u32) -> Result<Option<Arc<Face>>, DbError> {
        self.faces.of_row(&self.db, row).await
    }

    /// The table of cards, for metrics and for the changes that this server makes itself.
    pub fn cards(&self) -> &LiveCards {
        &self.cards
    }
}

/// A key that does not open is no passing failure: it is said in the log, and nothing is judged by half of the keys.
fn database(error: StoreError) -> DbError {
    match error {
        StoreError::Db(error) => error,
        other => DbError::Refused(other.to_string()),
    }
}
