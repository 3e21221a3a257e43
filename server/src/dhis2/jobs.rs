//! Syncs as jobs: enqueued by a person, a webhook or the clock, done by whoever works.

use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::sync::{Room, Wanted, sync};
use super::{Dhis2Error, Programme, breaker, connection, programme};
use crate::access::Actor;
use crate::app::App;
use crate::db::{DbError, Tx, sql};
use crate::mpi::routes::index;
use crate::queue::{Failure, Kinds, Lease, NewJob, Work, enqueue};

/// Adds the jobs of DHIS2 to those that a process knows.
pub fn register(kinds: Kinds) -> Kinds {
    kinds
        .with::<Sync>()
        .with_every("dhis2.due", Duration::from_secs(60), &Due {})
}

/// A sync of a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sync {
    /// Whose.
    pub organisation: i64,
    /// The program's UID.
    pub uid: String,
    /// manual, schedule or webhook.
    pub cause: String,
    /// Read everyone.
    pub everything: bool,
    /// Changes since then, on the DHIS2 server's clock.
    pub since: Option<String>,
    /// Remove whoever is not listed, however many they are.
    pub confirmed: bool,
}

impl Sync {
    /// Enqueues it; of one program one waits at most.
    pub async fn enqueue(self, tx: &Tx, at: i64) -> Result<(), DbError> {
        let name = format!("dhis2.sync:{}:{}", self.organisation, self.uid);
        let topic = format!("dhis2:{}", self.organisation);
        enqueue(tx, &NewJob::new(self, at).of(topic).single(name)).await?;
        Ok(())
    }

    fn wanted(&self) -> Wanted {
        let cause = match self.cause.as_str() {
            "schedule" => "schedule",
            "webhook" => "webhook",
            _ => "manual",
        };
        Wanted {
            cause,
            everything: self.everything,
            since: self.since.clone(),
            confirmed: self.confirmed,
        }
    }
}

impl Work for Sync {
    const KIND: &'static str = "dhis2.sync";
    const TRIES: i32 = 3;

    async fn run(self, app: App, _: Lease) -> Result<(), Failure> {
        let index = index(&app);
        let room = Room::new(&app.db, &index, &app.vault, &app.clock);
        let actor = Actor::console(self.organisation, app.clock.millis());
        let done = async {
            let found: Programme = programme(app.db.reader(), self.organisation, &self.uid).await?;
            sync(room, &actor, &found, &self.wanted()).await
        };
        match done.await {
            Ok(_) | Err(Dhis2Error::UnderWay) => Ok(()),
            Err(Dhis2Error::Client(error)) if error.is_passing() => Err(Failure::again(error)),
            Err(Dhis2Error::Db(error)) => Err(error.into()),
            Err(error) => Err(Failure::never(error)),
        }
    }
}

/// Looks which programs are due.
#[derive(Debug, Serialize, Deserialize)]
pub struct Due {}

impl Work for Due {
    const KIND: &'static str = "dhis2.due";

    async fn run(self, app: App, lease: Lease) -> Result<(), Failure> {
        let due = due(&app).await.map_err(Failure::again)?;
        let now = app.clock.millis();
        lease
            .finish(move |tx| {
                Box::pin(async move {
                    for one in due {
                        one.enqueue(tx, now).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}

/// Programs whose time has come, outside of quiet hours and where the circuit is closed.
async fn due(app: &App) -> Result<Vec<Sync>, Dhis2Error> {
    const DUE: &str = "SELECT organisation, uid FROM dhis2_programmes WHERE enabled = 1 AND due <= $1 \
         AND leased_until < $1 ORDER BY due";
    let now = app.clock.now();
    let hour = TimeZone::UTC.to_datetime(now).hour();
    let mut found = Vec::new();
    for row in sql::all(app.db.reader(), DUE, [now.as_millisecond().into()]).await? {
        let (organisation, uid): (i64, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let breaker = breaker(app.db.reader(), organisation).await?;
        let is_closed = breaker
            .open()
            .is_none_or(|open| open.until <= now.as_millisecond());
        let manners = connection(app.db.reader(), &app.vault, organisation)
            .await?
            .manners;
        if is_closed && !manners.is_quiet(hour.unsigned_abs()) {
            found.push(Sync {
                organisation,
                uid,
                cause: "schedule".to_owned(),
                everything: false,
                since: None,
                confirmed: false,
            });
        }
    }
    Ok(found)
}
