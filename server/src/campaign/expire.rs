//! Files whose time is over.

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::audit::{self, Entry};
use crate::db::{DbError, sql};
use crate::queue::{Failure, Lease, Work};

/// Files that are removed in one transaction.
const PIECE: i64 = 200;

/// Removes the files of runs and lots whose time is over. Their rows stay, and say when.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Expire {}

impl Work for Expire {
    const KIND: &'static str = "campaign.expire";

    async fn run(self, app: App, lease: Lease) -> Result<(), Failure> {
        const OVER: &str = "SELECT a.id, a.path, a.organisation FROM artifacts a LEFT JOIN runs r ON r.id = a.run \
             LEFT JOIN lots l ON l.id = a.lot WHERE a.removed IS NULL AND COALESCE(r.expires, l.expires) < $1 \
             ORDER BY a.id LIMIT $2";
        loop {
            let at = app.clock.millis();
            let rows = sql::all(app.db.reader(), OVER, [at.into(), PIECE.into()]).await?;
            let read = |row: &sea_orm::QueryResult| {
                Ok((
                    row.try_get_by_index(0)?,
                    row.try_get_by_index(1)?,
                    row.try_get_by_index(2)?,
                ))
            };
            let over: Vec<(i64, String, i64)> = rows.iter().map(read).collect::<Result<_, DbError>>()?;
            if over.is_empty() {
                return Ok(());
            }
            // The file first: one whose row still stands is removed again.
            for (_, path, _) in &over {
                app.files.remove(path).await.map_err(Failure::again)?;
            }
            lease
                .note(move |tx| {
                    Box::pin(async move {
                        for (id, _, organisation) in &over {
                            const GONE: &str = "UPDATE artifacts SET removed = $1 WHERE id = $2";
                            sql::run(tx, GONE, [at.into(), (*id).into()]).await?;
                            let target = format!("artifact:{id}");
                            let entry =
                                Entry::new(Some(*organisation), at, "system", "artifact.expire", target);
                            audit::record(tx, &entry).await?;
                        }
                        Ok(())
                    })
                })
                .await?;
        }
    }
}
