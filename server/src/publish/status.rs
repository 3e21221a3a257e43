//! The status list of an organization's cards, and the deltas that carry it forward.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use sea_orm::ConnectionTrait;
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::trust::Scope;
use teranga_core::clock;
use teranga_core::registry::Withdrawn;
use teranga_core::registry::delta::{Base, Delta, Prefixes};
use teranga_core::registry::filter::{Build, Filter, Key};
use teranga_core::registry::list::StatusList;

use super::cards;
use super::record::Publication;
use crate::app::App;
use crate::db::{Db, DbError, sql};
use crate::queue::Failure;

/// A list that is carried forward so often is built anew.
const MOST_DELTAS: i64 = 48;

/// Hours after which the next list or delta is due.
const NEXT: i64 = 24;

fn whole(now: Timestamp) -> Timestamp {
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}

/// The midnight before which a list may speak of cards: today's, or the earliest day of issue of a run or a lot that is
/// still being made, and never before that of the last list.
pub(super) async fn covers_before<C: ConnectionTrait>(
    connection: &C,
    organisation: i64,
    (today, last): (Date, Option<Date>),
) -> Result<Date, DbError> {
    const OPEN: &str = "SELECT request FROM runs WHERE organisation = $1 AND state IN (0, 1) \
         UNION ALL SELECT request FROM lots WHERE organisation = $1 AND state = 0";
    let mut earliest = today;
    for row in sql::all(connection, OPEN, [organisation.into()]).await? {
        let request: serde_json::Value =
            serde_json::from_str(&row.try_get_by_index::<String>(0)?).unwrap_or_default();
        let issued = request["issued"]
            .as_str()
            .and_then(|day| day.parse::<Date>().ok());
        earliest = earliest.min(issued.unwrap_or(today));
    }
    Ok(earliest.max(last.unwrap_or(Date::MIN)))
}

/// Whether a new list is due, rather than a delta on the last one.
pub(super) fn is_due(last: Option<&Publication>, covers_before: Date, deltas: i64) -> bool {
    last.is_none_or(|last| last.covers_before < Some(covers_before) || deltas >= MOST_DELTAS)
}

/// The filter over all cards of an organization, or of one campaign, that were issued before a day.
pub(super) async fn filter(db: &Db, of: (i64, Option<i64>), covers_before: Date) -> Result<Filter, Failure> {
    let (mut counts, mut revoked) = (BTreeMap::<Kid, u64>::new(), Vec::<(Kid, Key)>::new());
    cards::each(db, of, |card| {
        if card.issued < covers_before {
            *counts.entry(card.kid).or_default() += 1;
            if card.is_revoked {
                revoked.push((card.kid, card.key()));
            }
        }
        Ok(())
    })
    .await?;
    let mut build = Build::new(&counts, revoked).map_err(Failure::again)?;
    let mut failed = None;
    cards::each(db, of, |card| {
        if card.issued < covers_before && failed.is_none() {
            failed = build.offer(card.kid, card.key()).err();
        }
        Ok(())
    })
    .await?;
    match failed {
        // A card was purged or imported between the two walks.
        Some(error) => Err(Failure::again(error)),
        None => build.finish().map_err(Failure::again),
    }
}

/// The signed list of a number.
pub(super) async fn list(
    app: &App,
    organisation: i64,
    (number, covers_before): (i64, Date),
) -> Result<Vec<u8>, Failure> {
    let now = whole(app.clock.now());
    let list = StatusList {
        number: number.unsigned_abs(),
        covers_before,
        issued: now,
        next_update: now + SignedDuration::from_hours(NEXT),
        withdrawn: withdrawn(app, organisation).await?,
        filter: filter(&app.db, (organisation, None), covers_before).await?,
    };
    sign(app, move |publisher| Ok(list.sign(publisher)?)).await
}

/// Signs with the publisher's key, on a thread that may wait for it.
pub(super) async fn sign<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&teranga_core::card::signing::SigningKey) -> anyhow::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let keys = app.clone();
    let signed = tokio::task::spawn_blocking(move || {
        let publisher = keys.keys.signer(Purpose::Publisher, &Scope::Organisation)?;
        work(&publisher)
    });
    let signed = signed.await.map_err(|_| Failure::again("signing stopped"))?;
    signed.map_err(|error| Failure::again(format!("{error:#}")))
}

/// Keys of lots that were revoked as a whole.
async fn withdrawn(app: &App, organisation: i64) -> Result<Vec<Withdrawn>, Failure> {
    const REVOKED: &str = "SELECT DISTINCT l.revoked, c.kid FROM lots l JOIN cards c ON c.lot = l.id \
         WHERE l.organisation = $1 AND l.state = 3 AND c.kid IS NOT NULL";
    let rows = sql::all(app.db.reader(), REVOKED, [organisation.into()]).await?;
    let mut withdrawn = Vec::new();
    for row in rows {
        let at: Option<i64> = row.try_get_by_index(0).map_err(DbError::from)?;
        let kid: String = row.try_get_by_index(1).map_err(DbError::from)?;
        let day = at.and_then(|at| clock::date_of_day(at.div_euclid(1000 * clock::SECONDS_PER_DAY)));
        if let (Ok(kid), Some(on)) = (kid.parse(), day) {
            withdrawn.push(Withdrawn {
                kid,
                from: None,
                to: None,
                on,
            });
        }
    }
    withdrawn.sort_by_key(|one| one.kid);
    Ok(withdrawn)
}

/// The signed delta of a number on a list: what was revoked after `since` in the feed of cards, and for the first delta
/// also what was revoked of the cards that the list does not speak of. None when that is nothing.
pub(super) async fn delta(
    app: &App,
    organisation: i64,
    (base, list): (Base, &Publication),
    (number, since): (i64, i64),
) -> Result<Option<Vec<u8>>, Failure> {
    let of = (organisation, None);
    let beyond = list.covers_before.filter(|_| number == 1);
    let revoked = cards::revoked(&app.db, organisation, (since, beyond)).await?;
    let withdrawn = withdrawn(app, organisation).await?;
    let is_new = |one: &Withdrawn| {
        list.covers_before
            .is_none_or(|day| one.on >= day.yesterday().unwrap_or(day))
    };
    let withdrawn: Vec<Withdrawn> = withdrawn.into_iter().filter(is_new).collect();
    if revoked.is_empty() && (withdrawn.is_empty() || number > 1) {
        return Ok(None);
    }
    let mut all = Vec::new();
    cards::each(&app.db, of, |card| {
        all.push(card.key());
        Ok(())
    })
    .await?;
    let now = whole(app.clock.now());
    let delta = Delta {
        base,
        number: number.unsigned_abs(),
        issued: now,
        next_update: now + SignedDuration::from_hours(NEXT),
        withdrawn,
        cards: Prefixes::of(&revoked, all),
    };
    sign(app, move |publisher| Ok(delta.sign(publisher)?))
        .await
        .map(Some)
}
