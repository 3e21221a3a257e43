//! Making a shard: read, draw, send, and write down what became of it.
//!
//! Each try keeps its files under a name of its own. The try that completes the job names them in the database; what
//! other tries left is cleared before and after.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::order::{Order, order};
use super::press::{self, Drawn};
use super::results::{self, Sent};
use crate::app::App;
use crate::db::{DbError, Tx, Writing, sql};
use crate::files::FilesError;
use crate::queue::{self, Failure, Lease, Work};

/// Between two notes of how far a shard is.
const PAUSE: Duration = Duration::from_millis(400);

/// Makes the cards of a shard.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Shard {
    /// The run's row.
    pub run: i64,
    /// The shard's row.
    pub shard: i64,
}

impl Work for Shard {
    const KIND: &'static str = "campaign.shard";
    const TRIES: i32 = 20;

    async fn run(self, app: App, lease: Lease) -> Result<(), Failure> {
        let Some(order) = order(app.db.reader(), self.run, self.shard).await? else {
            return lease.finish(|_| Box::pin(async { Ok(()) })).await;
        };
        let order = Arc::new(order);
        let folder = format!("runs/{}/{:05}", self.run, order.number);
        let drawn = self.drawn(&app, &order, &lease).await?;
        app.files.clear(&folder, &[]).await.map_err(Failure::again)?;
        let sent = send(&app, &folder, &order, &lease, &drawn).await?;
        let (run, at) = (self.run, app.clock.millis());
        let results = results::Results {
            run,
            shard: self.shard,
            organisation: order.organisation,
            cards: drawn.cards,
            refused: drawn.refused,
            sent,
            size: order.people.len(),
        };
        lease
            .finish(move |tx| Box::pin(async move { results::write(tx, results, at).await }))
            .await?;
        queue::ring(&app);
        Ok(())
    }

    fn given_up<'tx>(self, tx: &'tx Tx, why: &'tx str) -> Writing<'tx, Result<(), DbError>> {
        Box::pin(async move { results::fail(tx, self.run, self.shard, why).await })
    }
}

impl Shard {
    /// Draws on a thread for it, and says now and then how far it is.
    async fn drawn(&self, app: &App, order: &Arc<Order>, lease: &Lease) -> Result<Drawn, Failure> {
        let progress = Arc::new(AtomicU32::new(0));
        let mut drawing = {
            let (app, order, lease) = (app.clone(), Arc::clone(order), lease.clone());
            let progress = Arc::clone(&progress);
            tokio::task::spawn_blocking(move || press::draw(&app, &order, &lease, &progress))
        };
        loop {
            tokio::select! {
                drawn = &mut drawing => {
                    let drawn = drawn.map_err(|_| Failure::again("the drawing stopped in a panic"))?;
                    return drawn.map_err(|error| Failure::again(format!("{error:#}")));
                }
                () = tokio::time::sleep(PAUSE) => self.say(lease, progress.load(Ordering::Relaxed)).await?,
            }
        }
    }

    async fn say(&self, lease: &Lease, progress: u32) -> Result<(), Failure> {
        let shard = self.shard;
        let said = lease.note(move |tx| {
            Box::pin(async move {
                const SAY: &str = "UPDATE shards SET progress = $1 WHERE id = $2 AND state = 0";
                let progress = i32::try_from(progress).unwrap_or(i32::MAX);
                sql::run(tx, SAY, [progress.into(), shard.into()]).await?;
                Ok(())
            })
        });
        match said.await {
            // A database that is away for a moment stops no drawing: completing asks it again.
            Err(Failure::Lost) => Err(Failure::Lost),
            _ => Ok(()),
        }
    }
}

async fn send(
    app: &App,
    folder: &str,
    order: &Order,
    lease: &Lease,
    drawn: &Drawn,
) -> Result<Vec<Sent>, Failure> {
    let mut sent = Vec::new();
    for name in &drawn.files {
        let path = format!("{folder}/{}/{name}", lease.holder());
        let kept = app
            .files
            .put_file(&path, &press::path(drawn.folder.path(), name))
            .await;
        let kept = kept.map_err(|error| match error {
            FilesError::Refused(_) | FilesError::Missing => Failure::never(error),
            error => Failure::again(error),
        })?;
        let (stem, ending) = name.split_once('.').unwrap_or((name, ""));
        sent.push(Sent {
            name: format!(
                "{}-{stem}-{:05}.{ending}",
                order.prefix.to_lowercase(),
                order.number
            ),
            path,
            kept,
        });
    }
    Ok(sent)
}
