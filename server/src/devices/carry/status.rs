//! The status of all cards of an organization: a list a day, and deltas between.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use teranga_core::card::key::{Kid, Purpose};
use teranga_core::card::trust::{Scope, TrustList};
use teranga_core::clock::{self, SECONDS_PER_DAY};
use teranga_core::registry::bundle::manifest::Kind;
use teranga_core::registry::delta::{Base, Delta, Prefixes};
use teranga_core::registry::filter::{Build, Filter, Key};
use teranga_core::registry::list::StatusList;

use super::DAY;
use super::store::{self, Made, Stored};
use crate::app::App;
use crate::card::store::millis;
use crate::db::{feed, sql};
use crate::devices::known::fixed;
use crate::devices::{DeviceError, signer};

/// Least milliseconds between two deltas.
const BETWEEN: i64 = 300_000;

/// Rows that are read at once.
const PAGE: u32 = 20_000;

/// The list and its deltas, built where they are missing, too old, or behind.
pub(super) async fn parts(app: &App, organisation: i64) -> Result<Vec<Stored>, DeviceError> {
    let now = app.clock.millis();
    let list = match store::newest(app, organisation, "", Kind::Status).await? {
        Some(list) if now - list.built < DAY => list,
        _ => build(app, organisation).await?,
    };
    let mut deltas = store::deltas(app, organisation, list.number).await?;
    let (seen, built) = deltas
        .last()
        .map_or((list.seen, list.built), |delta| (delta.seen, delta.built));
    if now - built >= BETWEEN && feed::newest(app.db.reader()).await?.cards > seen {
        let next = deltas.last().map_or(0, |delta| delta.part.version) + 1;
        deltas.extend(delta(app, organisation, &list, (next, seen)).await?);
    }
    deltas.insert(0, list);
    Ok(deltas)
}

/// A card, as lists see it.
struct Card {
    key: Key,
    kid: Kid,
    revoked: bool,
    issued: i64,
    revision: i64,
}

/// Every card of the organization that a key of ours signed.
async fn cards(app: &App, organisation: i64) -> Result<Vec<Card>, DeviceError> {
    let text = format!(
        "SELECT id, token_hash, kid, state, issued, revision FROM cards WHERE organisation = $1 AND id > $2 \
         AND kid IS NOT NULL ORDER BY id LIMIT {PAGE}"
    );
    let (mut cards, mut after) = (Vec::new(), 0_i64);
    loop {
        let rows = sql::all(app.db.reader(), &text, [organisation.into(), after.into()]).await?;
        for row in &rows {
            after = row.try_get_by_index(0)?;
            let kid: String = row.try_get_by_index(2)?;
            // A card whose key has no proper name is asked for online.
            let Ok(kid) = kid.parse::<Kid>() else { continue };
            cards.push(Card {
                key: Key::of(&fixed(row, 1)?),
                kid,
                revoked: row.try_get_by_index::<i16>(3)? != 0,
                issued: row.try_get_by_index(4)?,
                revision: row.try_get_by_index(5)?,
            });
        }
        if rows.is_empty() {
            return Ok(cards);
        }
    }
}

async fn build(app: &App, organisation: i64) -> Result<Stored, DeviceError> {
    // Asked before the cards are read: what changes meanwhile is in the next delta, perhaps twice, and never missed.
    let seen = feed::newest(app.db.reader()).await?.cards;
    let now = app.clock.now();
    let covers_before = clock::date_of(now);
    let mut cards = cards(app, organisation).await?;
    cards.retain(|card| card.issued < millis(covers_before));
    let filter = tokio::task::spawn_blocking(move || filter(&cards)).await;
    let filter = filter.map_err(|error| DeviceError::Failed(error.to_string()))??;
    let number = now.as_second().unsigned_abs();
    let previous = store::newest(app, organisation, "", Kind::Status).await?;
    let number = number.max(previous.map_or(0, |list| list.part.version) + 1);
    let list = StatusList {
        number,
        covers_before,
        issued: now,
        next_update: due(now),
        withdrawn: Vec::new(),
        filter,
    };
    let signed = list.sign(&*signer::publisher(app)?);
    let signed = signed.map_err(|error| DeviceError::Failed(error.to_string()))?;
    store::keep(
        app,
        organisation,
        "",
        Made::signed(Kind::Status, number, signed, seen),
    )
    .await
}

fn due(now: Timestamp) -> Timestamp {
    let day = SignedDuration::from_secs(SECONDS_PER_DAY);
    now.checked_add(day).unwrap_or(now)
}

fn filter(cards: &[Card]) -> Result<Filter, DeviceError> {
    let failed = |error: teranga_core::registry::filter::BuildError| DeviceError::Failed(error.to_string());
    let mut counts = BTreeMap::<Kid, u64>::new();
    for card in cards {
        *counts.entry(card.kid).or_default() += 1;
    }
    let revoked = cards.iter().filter(|card| card.revoked);
    let mut build = Build::new(&counts, revoked.map(|card| (card.kid, card.key))).map_err(failed)?;
    for card in cards {
        build.offer(card.kid, card.key).map_err(failed)?;
    }
    build.finish().map_err(failed)
}

/// The cards revoked since a place in the feed; none when it was something else that changed.
async fn delta(
    app: &App,
    organisation: i64,
    list: &Stored,
    (number, since): (u64, i64),
) -> Result<Option<Stored>, DeviceError> {
    let seen = feed::newest(app.db.reader()).await?.cards;
    const REVOKED: &str = "SELECT count(*) FROM cards WHERE organisation = $1 AND state = 1 AND revision > $2 AND kid IS NOT NULL";
    if sql::number(app.db.reader(), REVOKED, [organisation.into(), since.into()]).await? == 0 {
        return Ok(None);
    }
    let cards = cards(app, organisation).await?;
    let newly = cards.iter().filter(|card| card.revoked && card.revision > since);
    let revoked: Vec<Key> = newly.map(|card| card.key).collect();
    let now = app.clock.now();
    let delta = Delta {
        base: base(app, organisation, list).await?,
        number,
        issued: now,
        next_update: due(now),
        withdrawn: Vec::new(),
        cards: Prefixes::of(&revoked, cards.iter().map(|card| card.key)),
    };
    let signed = delta.sign(&*signer::publisher(app)?);
    let signed = signed.map_err(|error| DeviceError::Failed(error.to_string()))?;
    let made = Made::signed(Kind::Delta, number, signed, seen);
    Ok(Some(store::keep(app, organisation, "", made).await?))
}

/// The list that a delta adds to, read back and checked.
async fn base(app: &App, organisation: i64, list: &Stored) -> Result<Base, DeviceError> {
    let signed = store::bytes(
        app.db.reader(),
        (organisation, &list.part.hash),
        (0, list.part.size),
    )
    .await?;
    let root = app.keys.signer(Purpose::Root, &Scope::Organisation)?.public();
    let (_, trust) = signer::trust_list(app)?;
    let failed = |error: String| DeviceError::Failed(error);
    let trust = TrustList::open(&trust, &root).map_err(|error| failed(error.to_string()))?;
    let (list, hash) = StatusList::open(&trust, &signed).map_err(|error| failed(error.to_string()))?;
    Ok(Base::of(&list, hash))
}
