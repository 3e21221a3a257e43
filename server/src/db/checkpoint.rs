//! Copying SQLite's log into its file beside the writer.
//!
//! Left to itself SQLite copies within some commit, which then takes a hundred times as long as the others. Here a
//! connection of its own copies while the writer goes on, and hardly anything is left when it is done; that rest the
//! writer copies between two commits, after which the log begins anew. Without it the log would grow for as long as
//! people register.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::DatabaseConnection;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::sqlite::Connect;
use super::{DbError, sql};

/// Commits after which the log is looked at.
const COMMITS: u32 = 16;

/// Pages in the log from which on it is to begin anew: 24 MB.
const LONG: i64 = 6_000;

/// Most pages that the writer copies itself.
const REST: i64 = 600;

/// The writer's side: it says when it committed, and copies the rest.
pub(super) struct Checkpoints {
    commits: u32,
    due: mpsc::Sender<()>,
    rest: Arc<AtomicBool>,
    copier: JoinHandle<()>,
}

impl Checkpoints {
    pub(super) fn start(connect: Connect) -> Self {
        let (due, notices) = mpsc::channel(1);
        let rest = Arc::new(AtomicBool::new(false));
        Self {
            commits: 0,
            due,
            rest: Arc::clone(&rest),
            copier: tokio::spawn(copy_until_closed(connect, notices, rest)),
        }
    }

    /// After each commit.
    pub(super) async fn committed(&mut self, writer: &DatabaseConnection) {
        if self.rest.swap(false, Ordering::Relaxed) {
            // What it could not copy now it copies the next time.
            let _ = copy(writer).await;
        }
        self.commits += 1;
        if self.commits >= COMMITS {
            self.commits = 0;
            // One notice waits already, or the copier is at work.
            let _ = self.due.try_send(());
        }
    }

    /// Waits until the copier's connection is closed.
    pub(super) async fn stop(self) {
        drop(self.due);
        let _ = self.copier.await;
    }
}

async fn copy_until_closed(connect: Connect, mut notices: mpsc::Receiver<()>, rest: Arc<AtomicBool>) {
    let mut connection = None;
    while notices.recv().await.is_some() {
        let open = match connection.take() {
            Some(open) => open,
            None => match connect.connect().await {
                Ok(open) => open,
                // The writer will say what is wrong with the file.
                Err(_) => continue,
            },
        };
        if let Ok(left) = copy_most(&open).await {
            rest.store(left, Ordering::Relaxed);
            connection = Some(open);
        }
    }
    if let Some(open) = connection {
        // Closing cannot lose what was committed.
        let _ = open.close().await;
    }
}

/// Copies until little is left; says whether the writer is to copy that.
async fn copy_most(connection: &DatabaseConnection) -> Result<bool, DbError> {
    // Each pass leaves what was written during it, which is less each time unless a long reading holds a page.
    for _ in 0..4 {
        let (pages, left) = copy(connection).await?;
        if left <= REST {
            return Ok(pages >= LONG);
        }
    }
    Ok(false)
}

/// Copies what no reader needs as it was; says how many pages the log has and how many are left.
async fn copy(connection: &DatabaseConnection) -> Result<(i64, i64), DbError> {
    let row = sql::one(connection, "PRAGMA wal_checkpoint(PASSIVE)", []).await?;
    let Some(row) = row else {
        return Ok((0, 0));
    };
    let number = |at| row.try_get_by_index::<i32>(at).map(i64::from);
    let (pages, copied) = (number(1)?, number(2)?);
    Ok((pages, pages - copied))
}
